"""Balances are believed when proven, kept when not, and never turned into a zero."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import settle
from trading.errors import (
    BalanceUnknown,
    BalanceUnverified,
    VenueProtocolError,
    VenueUnavailable,
)
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset, ClientOrderId, VenueName
from trading.venues.port import Priority

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")


async def test_nothing_is_known_before_the_first_read(parts: BalanceParts) -> None:
    view = await parts.manager.balances(parts.name)

    assert not view.readings
    assert view.status.source is None
    assert not view.status.verified
    with pytest.raises(BalanceUnknown):
        await parts.manager.balance(parts.name, BTC)
    with pytest.raises(BalanceUnknown):
        await parts.manager.free_to_spend(parts.name, BTC)
    with pytest.raises(BalanceUnknown):
        await parts.manager.nav(parts.name)


async def test_a_read_verifies_every_figure_with_source_and_age(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    await parts.clock.advance(7)

    reading = await parts.manager.balance(parts.name, BTC)
    status = parts.manager.status(parts.name)

    assert (reading.total, reading.source, reading.verified) == (
        Decimal("0.5"),
        BalanceSource.EXCHANGE,
        True,
    )
    assert status.verified
    assert status.age_seconds == pytest.approx(7)
    assert status.problems == ()


async def test_never_held_is_a_proven_zero(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)

    reading = await parts.manager.balance(parts.name, ETH)

    assert (reading.total, reading.verified) == (Decimal(0), True)
    assert await parts.manager.has_position(parts.name, ETH) is False
    assert await parts.manager.has_position(parts.name, BTC) is True


@pytest.mark.parametrize(
    ("elapsed", "verified", "source"),
    [(60.0, True, BalanceSource.EXCHANGE), (60.1, False, BalanceSource.CACHE)],
    ids=["at the limit", "past the limit"],
)
async def test_freshness_ends_at_the_limit(
    parts: BalanceParts, elapsed: float, source: BalanceSource, *, verified: bool
) -> None:
    await parts.manager.sync(parts.name)
    await parts.clock.advance(elapsed)

    reading = await parts.manager.balance(parts.name, BTC)

    assert (reading.verified, reading.source) == (verified, source)
    assert parts.manager.status(parts.name).verified is verified


async def test_a_stepped_wall_clock_does_not_age_anything(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.clock.step_wall(-3600)
    await parts.clock.advance(61)

    assert not parts.manager.status(parts.name).verified


async def test_stale_money_is_not_spent(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    await parts.clock.advance(61)

    with pytest.raises(BalanceUnverified):
        await parts.manager.free_to_spend(parts.name, USD)
    with pytest.raises(BalanceUnverified):
        await parts.manager.has_position(parts.name, ETH)
    assert await parts.manager.has_position(parts.name, BTC) is True


@pytest.mark.parametrize(
    "error",
    [
        VenueUnavailable("memory", "no route"),
        VenueProtocolError("memory", "half an answer"),
    ],
    ids=["unavailable", "malformed"],
)
async def test_a_failed_read_touches_nothing(parts: BalanceParts, error: Exception) -> None:
    await parts.manager.sync(parts.name)
    parts.venue.fail("fetch_balances", error)

    with pytest.raises(type(error)):
        await parts.manager.sync(parts.name)

    assert (await parts.manager.balance(parts.name, BTC)).verified
    assert str(error) in parts.manager.status(parts.name).problems[0]

    await parts.clock.advance(61)
    reading = await parts.manager.balance(parts.name, BTC)
    assert (reading.total, reading.source) == (Decimal("0.5"), BalanceSource.FALLBACK)
    assert parts.manager.status(parts.name).fallback_in_use


async def test_a_read_that_hangs_ends_at_its_deadline(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    venue.hold("fetch_balances")
    async with balance_parts(tmp_path, clock=clock, venue=venue, timeout_seconds=0.05) as parts:
        with pytest.raises(VenueUnavailable):
            await parts.manager.sync(parts.name)


async def test_callers_at_the_same_time_share_one_request(parts: BalanceParts) -> None:
    views = await asyncio.gather(*(parts.manager.sync(parts.name) for _ in range(20)))

    assert parts.venue.count("fetch_balances") == 1
    assert all(view.status.verified for view in views)


async def test_an_answer_is_never_older_than_the_question(parts: BalanceParts) -> None:
    gate = parts.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        group.create_task(parts.manager.sync(parts.name))
        await settle()
        late = [group.create_task(parts.manager.sync(parts.name)) for _ in range(5)]
        joining = group.create_task(parts.manager.fresh(parts.name))
        await settle()
        gate.set()

    assert parts.venue.count("fetch_balances") == 2
    assert all(task.result().status.verified for task in [*late, joining])


async def test_a_cancelled_caller_does_not_take_the_others_along(parts: BalanceParts) -> None:
    gate = parts.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        first = group.create_task(parts.manager.sync(parts.name))
        second = group.create_task(parts.manager.sync(parts.name))
        await settle()
        first.cancel()
        await settle()
        gate.set()

    assert first.cancelled()
    assert second.result().status.verified


async def test_fresh_serves_memory_and_asks_only_when_it_must(parts: BalanceParts) -> None:
    for elapsed in (0, 30, 60):
        await parts.clock.advance(elapsed)
        assert (await parts.manager.fresh(parts.name)).status.verified

    assert parts.venue.count("fetch_balances") == 2


async def test_an_emergency_read_keeps_its_priority(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name, priority=Priority.EMERGENCY)

    assert parts.venue.priorities == [Priority.EMERGENCY]


async def test_reserved_money_is_not_free(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    parts.reservations.hold(ClientOrderId("a"), parts.name, USD, Decimal(300))

    assert await parts.manager.free_to_spend(parts.name, USD) == 700
    view = await parts.manager.balances(parts.name)
    assert view.free_to_spend(USD) == 700

    parts.reservations.settle(ClientOrderId("a"), Decimal(250), filled=Decimal(250))
    assert await parts.manager.free_to_spend(parts.name, USD) == 750
    await parts.manager.sync(parts.name)
    assert await parts.manager.free_to_spend(parts.name, USD) == 1000


async def test_nav_prices_everything_or_says_what_it_cannot(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)
    assert (await parts.manager.nav(parts.name)).nav == 1000 + Decimal("0.5") * 50000

    parts.venue.deposit("XYZ", "3")
    await parts.manager.sync(parts.name)
    valuation = await parts.manager.nav(parts.name)
    total = await parts.manager.total_value(USD)

    assert valuation.nav is None
    assert valuation.priced_value == 26000
    assert "XYZ" in valuation.unpriced[0]
    assert (total.value, total.known_value) == (None, Decimal(26000))
    assert "XYZ" in total.missing[0]


async def test_total_value_converts_between_currencies(parts: BalanceParts) -> None:
    await parts.manager.sync(parts.name)

    total = await parts.manager.total_value(BTC)

    assert total.value == Decimal(26000) / 50000


async def test_an_answer_that_was_overtaken_changes_nothing(parts: BalanceParts) -> None:
    slow_gate = parts.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(parts.manager.sync(parts.name))
        await settle()
        parts.venue.hold("fetch_balances").set()
        await parts.manager.sync(parts.name, priority=Priority.EMERGENCY)
        parts.venue.show({"USD": "5", "BTC": "0.5"})
        slow_gate.set()

    assert slow.result().readings[USD].total == 1000


async def test_an_unknown_venue_is_named_with_those_there_are(parts: BalanceParts) -> None:
    with pytest.raises(BalanceUnknown, match="memory"):
        await parts.manager.balances(VenueName("elsewhere"))
