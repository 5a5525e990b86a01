"""What a venue leaves out is questioned, explained or accepted, and never taken for zero."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storage.fills import FillRepository
from storage.records import FillRow
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import START, FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import eventually
from trading.errors import (
    BalanceUnknown,
    BalanceUnverified,
    VenueUnavailable,
)
from trading.events import BalancesQuestioned, BalancesVerified
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")


FILL = FillRow(
    venue="memory",
    fill_id="F1",
    venue_order_id="M1",
    client_order_id=None,
    base="BTC",
    quote="USD",
    side="sell",
    quantity=Decimal("0.5"),
    price=Decimal(50000),
    cost=Decimal(25000),
    fee=Decimal(0),
    fee_asset="USD",
    executed_at=START + timedelta(seconds=5),
    booked_at=START + timedelta(seconds=5),
)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program holds the database for writing."""
    connection = sqlite3.connect(folder / "steelyard.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def test_a_booked_fill_explains(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    await parts.clock.advance(10)
    await FillRepository(database=parts.database).book([FILL], parts.clock.now(), lambda _new: ())
    parts.venue.lose("BTC")
    parts.venue.fail("fetch_totals", VenueUnavailable("memory", "down"))

    view = await parts.manager.sync(parts.name)

    assert view.readings[BTC].total == 0
    assert view.readings[BTC].verified
    assert parts.venue.count("fetch_ledger") == 0


async def test_what_could_not_be_looked_up_is_said(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.lose("BTC")
    parts.venue.fail("fetch_totals", VenueUnavailable("memory", "no totals"))
    parts.venue.fail("fetch_ledger", VenueUnavailable("memory", "no ledger"))

    with pytest.raises(BalanceUnverified, match=r"no totals.*no ledger"):
        await parts.manager.sync(parts.name)


async def test_balances_are_true_even_while_they_cannot_be_written_down(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        with locked(tmp_path), parts.database.hurried(0.2):
            view = await parts.manager.sync(parts.name)
        assert view.status.verified
        assert view.readings[BTC].total == Decimal("0.5")
        assert "could not be written down" in view.status.problems[0]

        assert (await parts.manager.sync(parts.name)).status.problems == ()
    async with balance_parts(tmp_path, clock=clock, venue=venue) as again:
        assert (await again.manager.balance(again.name, BTC)).total == Decimal("0.5")


async def test_a_lost_asset_is_kept_questioned_and_told_once(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.show({"USD": "1000"})

    for _ in range(2):
        with pytest.raises(BalanceUnverified, match="BTC"):
            await parts.manager.sync(parts.name)

    reading = await parts.manager.balance(parts.name, BTC)
    status = parts.manager.status(parts.name)
    assert (reading.total, reading.verified) == (Decimal("0.5"), False)
    assert reading.suspect
    assert (status.verified, status.acceptable) == (False, True)
    with pytest.raises(BalanceUnverified):
        await parts.manager.free_to_spend(parts.name, USD)
    assert [type(event) for event in parts.heard.events] == [BalancesQuestioned]

    parts.venue.show(None)
    await parts.manager.sync(parts.name)
    assert parts.manager.status(parts.name).verified
    assert [type(event) for event in parts.heard.events] == [BalancesQuestioned, BalancesVerified]


@pytest.mark.parametrize(
    "answer", [{}, {"USD": "0", "BTC": "0"}], ids=["mentions nothing", "mentions zeros"]
)
async def test_an_account_that_was_seen_is_never_empty_on_one_word(
    parts: BalanceParts, answer: dict[str, str]
) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.show(answer)
    parts.venue.shown_totals = {}

    with pytest.raises(BalanceUnverified):
        await parts.manager.sync(parts.name)

    assert (await parts.manager.balance(parts.name, USD)).total == 1000


async def test_a_withdrawal_explains_itself_by_the_ledger(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.fail("fetch_totals", VenueUnavailable("memory", "down"))
    await parts.clock.advance(5)
    parts.venue.deposit("BTC", "-0.5")

    await parts.manager.sync(parts.name)

    reading = await parts.manager.balance(parts.name, BTC)
    assert (reading.total, reading.verified) == (Decimal(0), True)
    assert parts.venue.count("fetch_ledger") == 1


async def test_a_second_endpoint_explains(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.lose("BTC")
    parts.venue.shown_totals = {USD: Decimal(1000), BTC: Decimal(0)}

    await parts.manager.sync(parts.name)

    assert (await parts.manager.balance(parts.name, BTC)).total == 0
    assert parts.venue.count("fetch_ledger") == 0


async def test_the_owner_may_accept_what_he_was_told_and_no_more(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.show({"USD": "1000"})
    parts.venue.shown_totals = {USD: Decimal(1000), BTC: Decimal("0.5")}
    with pytest.raises(BalanceUnverified):
        await parts.manager.sync(parts.name)

    parts.venue.show({"EUR": "5"})
    with pytest.raises(BalanceUnverified, match="USD"):
        await parts.manager.accept(parts.name, "42")
    assert (await parts.manager.balance(parts.name, USD)).total == 1000

    parts.venue.show({"USD": "900"})
    view = await parts.manager.accept(parts.name, "42")
    assert view.status.verified
    assert view.readings[USD].total == 900
    assert view.readings[BTC].total == 0


async def test_a_new_empty_account_is_believed_once_the_owner_says_so(
    tmp_path: Path, clock: FakeClock
) -> None:
    venue = MemoryVenue(clock=clock)
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        with pytest.raises(BalanceUnknown, match="empty"):
            await parts.manager.sync(parts.name)
        assert parts.manager.status(parts.name).acceptable
        with pytest.raises(BalanceUnknown):
            await parts.manager.balance(parts.name, USD)

        view = await parts.manager.accept(parts.name, "42")

        assert view.status.verified
        assert (await parts.manager.balance(parts.name, USD)).total == 0
    async with balance_parts(tmp_path, clock=clock, venue=venue) as again:
        assert (await again.manager.sync(again.name)).status.verified


async def test_after_a_restart_the_last_balances_are_fallback_until_confirmed(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    async with balance_parts(tmp_path, clock=clock, venue=venue) as before:
        await before.manager.sync(before.name)
    await clock.advance(5)

    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        reading = await parts.manager.balance(parts.name, BTC)
        assert (reading.total, reading.source, reading.verified) == (
            Decimal("0.5"),
            BalanceSource.FALLBACK,
            False,
        )
        assert parts.manager.status(parts.name).fallback_in_use
        with pytest.raises(BalanceUnverified):
            await parts.manager.free_to_spend(parts.name, BTC)
        with pytest.raises(BalanceUnknown):
            await parts.manager.balance(parts.name, ETH)

        venue.show({"USD": "1000"})
        venue.shown_totals = {}
        with pytest.raises(BalanceUnverified):
            await parts.manager.sync(parts.name)
        venue.show(None)
        assert (await parts.manager.sync(parts.name)).status.verified


async def test_balances_whose_writing_was_called_off_are_written_the_next_time(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    """Else the next run does not know of an asset bought since, and believes its loss."""
    async with balance_parts(tmp_path, clock=clock, venue=venue) as first:
        await first.manager.sync(first.name)
        venue.deposit("ETH", "2")
        async with asyncio.TaskGroup() as group:
            with locked(tmp_path):
                group.create_task(first.settings.put("stands", "in the way"))
                reading = group.create_task(first.manager.sync(first.name))
                await eventually(lambda: holds(first, ETH))
                reading.cancel()
                await asyncio.wait([reading])
        await first.manager.sync(first.name)
    async with balance_parts(tmp_path, clock=clock, venue=venue) as second:
        assert (await second.manager.balance(second.name, ETH)).total == 2


async def holds(parts: BalanceParts, asset: Asset) -> bool:
    return (await parts.manager.balance(parts.name, asset)).total > 0
