"""Beside the stream: baselines are questioned, a loss is answered, changes are written down."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.pushing import Pusher, kept
from tests.support.waiting import eventually
from trading.errors import VenueUnavailable
from trading.events import BalancesQuestioned, BalancesVerified
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset, ClientOrderId

BTC, USD = Asset("BTC"), Asset("USD")


async def judged(parts: BalanceParts, seconds: float = 1.0) -> None:
    """Let what runs beside the stream come round once."""
    await parts.clock.advance(seconds)


async def test_a_baseline_that_lost_an_asset_is_questioned(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    stream = Pusher(parts)
    parts.venue.show({"USD": "1000"})

    async with kept(parts):
        stream.push(is_baseline=True)
        parts.venue.show({"USD": "1200"})
        stream.push()
        await judged(parts)
        await eventually(lambda: bool(parts.heard.events))

        view = await parts.manager.balances(parts.name)
        assert (view.readings[BTC].total, view.readings[USD].total) == (
            Decimal("0.5"),
            Decimal(1000),
        )
        assert (view.status.verified, view.status.acceptable) == (False, True)
        assert [type(event) for event in parts.heard.events] == [BalancesQuestioned]

        # The owner says that it is right; the venue is asked again, then the baseline is judged.
        await parts.manager.accept(parts.name, "owner")
        await judged(parts, 16.0)
        stream.sign()
        await eventually(lambda: parts.manager.is_streamed(parts.name))
        view = await parts.manager.balances(parts.name)
        assert (view.readings[BTC].total, view.readings[USD].total) == (
            Decimal(0),
            Decimal(1200),
        )
        assert type(parts.heard.events[-1]) is BalancesVerified


async def test_a_baseline_is_believed_once_a_second_endpoint_explains_it(
    parts: BalanceParts,
) -> None:
    await parts.manager.sync(parts.name)
    stream = Pusher(parts)
    parts.venue.lose("BTC")
    parts.venue.shown_totals = {USD: Decimal(1000), BTC: Decimal(0)}

    async with kept(parts):
        stream.push(is_baseline=True)
        assert not parts.manager.is_streamed(parts.name)
        stream.change("USD", "5")

        await judged(parts)
        await eventually(lambda: parts.manager.is_streamed(parts.name))

    view = await parts.manager.balances(parts.name)
    assert (view.readings[BTC].total, view.readings[USD].total) == (
        Decimal(0),
        Decimal(1005),
    )
    assert parts.heard.events == []


async def test_a_baseline_that_is_lost_while_in_question_is_forgotten(
    parts: BalanceParts,
) -> None:
    await parts.manager.sync(parts.name)
    stream = Pusher(parts)
    parts.venue.lose("BTC")
    gate = parts.venue.hold("fetch_totals")

    async with kept(parts):
        stream.push(is_baseline=True)
        await judged(parts)
        await eventually(lambda: parts.venue.count("fetch_totals"))
        stream.lose()
        gate.set()
        await judged(parts)
        await eventually(lambda: parts.venue.count("fetch_balances") == 2)

    assert not parts.manager.is_streamed(parts.name)


async def test_a_new_empty_account_is_believed_once_the_owner_says_so(
    tmp_path: Path, clock: FakeClock
) -> None:
    venue = MemoryVenue(clock=clock)
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts, kept(parts):
        stream = Pusher(parts)
        stream.push(is_baseline=True)
        await judged(parts)
        await eventually(lambda: bool(parts.heard.events))
        assert parts.manager.status(parts.name).source is None

        await parts.manager.accept(parts.name, "owner")
        await judged(parts, 16.0)
        stream.sign()
        await eventually(lambda: parts.manager.is_streamed(parts.name))


async def test_a_lost_stream_has_the_venue_asked_at_once(parts: BalanceParts) -> None:
    stream = Pusher(parts)
    async with kept(parts):
        stream.push(is_baseline=True)
        await stream.pass_time(30)
        parts.venue.deposit("USD", "7")
        stream.lose()

        await judged(parts)
        await eventually(lambda: parts.venue.count("fetch_balances") == 1)

    usd = await parts.manager.balance(parts.name, USD)
    assert (usd.total, usd.source, usd.verified) == (
        Decimal(1007),
        BalanceSource.EXCHANGE,
        True,
    )


async def test_a_stream_that_flaps_does_not_hammer_the_venue(parts: BalanceParts) -> None:
    stream = Pusher(parts)
    parts.venue.fail("fetch_balances", *[VenueUnavailable("memory", "down")] * 9)
    async with kept(parts):
        for _ in range(20):
            stream.push(is_baseline=True)
            stream.lose()
            await parts.clock.advance(0.5)

    assert parts.venue.count("fetch_balances") == 1


async def test_changes_are_written_down_now_and_then(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts, kept(parts):
        stream = Pusher(parts)
        stream.push(is_baseline=True)
        await clock.advance(1)
        await eventually(lambda: is_stored(tmp_path, "1000"))
        for _ in range(100):
            stream.change("USD", "1")
        await clock.advance(3)
        assert await is_stored(tmp_path, "1000")

        await clock.advance(3)
        await eventually(lambda: is_stored(tmp_path, "1100"))

    async with balance_parts(tmp_path, clock=clock, venue=venue) as again:
        usd = await again.manager.balance(again.name, USD)
        assert (usd.total, usd.source) == (Decimal(1100), BalanceSource.FALLBACK)


async def test_a_store_that_fails_holds_up_nothing(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    async with (
        balance_parts(tmp_path, clock=clock, venue=venue) as parts,
        kept(parts),
    ):
        stream = Pusher(parts)
        stream.push(is_baseline=True)
        locked = sqlite3.connect(tmp_path / "steelyard.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        with parts.database.hurried(0.2):
            await clock.advance(6)
            stream.change("USD", "1")
            assert (await parts.manager.balance(parts.name, USD)).total == 1001
            await eventually(lambda: parts.manager.status(parts.name).problems)
        assert "could not be written down" in parts.manager.status(parts.name).problems[0]
        assert parts.manager.status(parts.name).verified
        locked.close()

        await clock.advance(6)
        await eventually(lambda: is_stored(tmp_path, "1001"))
        await eventually(lambda: parts.manager.status(parts.name).problems == ())


async def test_a_reservation_goes_once_the_stream_has_shown_the_order(
    parts: BalanceParts,
) -> None:
    stream, order = Pusher(parts), ClientOrderId("a")
    stream.push(is_baseline=True)
    parts.reservations.hold(order, parts.name, USD, Decimal(102))
    parts.reservations.settle(order, Decimal(100), filled=Decimal(1))
    stream.change("USD", "-100")
    assert parts.reservations.of(order) == 100

    stream.heard.shows_order(order, Decimal(1))
    stream.sign()
    assert parts.reservations.of(order) is None


@pytest.mark.parametrize("waited", [9.0, 12.0], ids=["too soon", "long enough"])
async def test_a_reservation_goes_in_the_end_though_the_stream_shows_no_order(
    parts: BalanceParts, waited: float
) -> None:
    stream, order = Pusher(parts), ClientOrderId("a")
    stream.push(is_baseline=True)
    await stream.pass_time(30, sign_every=1.0)
    parts.reservations.hold(order, parts.name, USD, Decimal(102))
    parts.reservations.settle(order, Decimal(100), filled=Decimal(1))

    await stream.pass_time(waited, sign_every=1.0)

    assert parts.reservations.of(order) == (100 if waited < 10 else None)


async def test_a_baseline_shows_what_was_known_before_the_stream_was_lost(
    parts: BalanceParts,
) -> None:
    stream, order = Pusher(parts), ClientOrderId("a")
    stream.push(is_baseline=True)
    parts.reservations.hold(order, parts.name, USD, Decimal(102))
    parts.reservations.settle(order, Decimal(100), filled=Decimal(1))
    stream.lose()
    assert parts.reservations.of(order) == 100

    stream.push(is_baseline=True)
    assert parts.reservations.of(order) is None


async def stored(folder: Path) -> dict[str, str]:
    def read() -> dict[str, str]:
        with sqlite3.connect(folder / "steelyard.db") as connection:
            rows = connection.execute("SELECT asset, free FROM balances").fetchall()
        connection.close()
        return dict(rows)

    return await asyncio.to_thread(read)


async def is_stored(folder: Path, usd: str) -> bool:
    return (await stored(folder)).get("USD") == usd


async def test_a_referees_answer_has_what_was_pushed_written_down(
    tmp_path: Path, parts: BalanceParts
) -> None:
    Pusher(parts).push(is_baseline=True)
    assert await stored(tmp_path) == {}
    await parts.manager.sync(parts.name)
    assert await is_stored(tmp_path, "1000")
