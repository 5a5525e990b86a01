"""A repair begins everything afresh, step by step, and no step that fails stops the next."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import (
    BTC_USD,
    RebalanceWorld,
    make_venue,
    rebalance_world,
)
from tests.support.repair_world import breakers, repairing
from tests.support.waiting import eventually
from trading.errors import CommandError, VenueUnavailable
from trading.intents.repair import RepairIntents, RepairLine, StepOutcome, VenueRepair
from trading.model.identifiers import CorrelationId, VenueName
from trading.model.instrument import Side
from trading.risk.breakers import Breakers, CallKind
from trading.venues.streaming import StreamStatus

CORRELATION = CorrelationId("repair")
STEPS = ["breakers", "clock and nonce", "streams", "orders", "balances", "verify"]


def stream(*, is_live: bool, reconnects: int) -> StreamStatus:
    return StreamStatus(
        name="private", is_live=is_live, since=None, reconnects=reconnects, detail="told so"
    )


class StreamedVenue(PerilousVenue):
    """Its stream comes up when it is reconnected."""

    async def reconnect_streams(self) -> None:
        await super().reconnect_streams()
        (before,) = self.streams
        self.streams = (stream(is_live=True, reconnects=before.reconnects + 1),)


class Seen:
    def __init__(self) -> None:
        self.lines: list[RepairLine] = []

    async def __call__(self, line: RepairLine) -> None:
        self.lines.append(line)


@pytest.fixture
def guards(rebalancing: RebalanceWorld) -> Breakers:
    return breakers(rebalancing)


@pytest.fixture
def repair(rebalancing: RebalanceWorld, guards: Breakers) -> RepairIntents:
    return repairing(rebalancing, guards)


@pytest.fixture
async def streamed(tmp_path: Path, instant: FakeClock) -> AsyncIterator[RebalanceWorld]:
    venue = StreamedVenue(clock=instant)
    plain = make_venue(instant)
    venue.account, venue.instruments = plain.account, plain.instruments
    venue.has_streams = True
    venue.streams = (stream(is_live=False, reconnects=0),)
    async with rebalance_world(tmp_path, venue=venue, clock=instant) as world:
        yield world


def outcomes(repaired: VenueRepair) -> dict[str, StepOutcome]:
    return {line.step: line.outcome for line in repaired.lines}


def detail(repaired: VenueRepair, step: str) -> str:
    (found,) = [line.detail for line in repaired.lines if line.step == step]
    return found


async def test_every_step_is_told_as_it_ends(repair: RepairIntents) -> None:
    seen = Seen()
    (repaired,) = await repair.repair(None, "owner", CORRELATION, seen)
    assert repaired.is_well, repaired
    assert sorted(outcomes(repaired)) == sorted(STEPS)
    assert tuple(seen.lines) == repaired.lines
    assert outcomes(repaired)["streams"] is StepOutcome.SKIPPED


async def test_open_breakers_are_closed(
    rebalancing: RebalanceWorld, guards: Breakers, repair: RepairIntents
) -> None:
    for kind in CallKind:
        for _ in range(5):
            with pytest.raises(VenueUnavailable):
                async with guards.guard(rebalancing.name, kind):
                    raise VenueUnavailable(rebalancing.name, "down")
    assert {view.state for view in guards.show()} == {"open"}
    (repaired,) = await repair.repair(rebalancing.name, "owner", CORRELATION)
    assert {view.state for view in guards.show()} == {"closed"}
    assert "orders (was open after 5 failures)" in detail(repaired, "breakers")


@pytest.mark.parametrize(
    ("method", "failing"),
    [
        ("resync", {"clock and nonce"}),
        ("fetch_open_orders", {"orders"}),
        ("fetch_balances", {"orders", "balances", "verify"}),
    ],
)
async def test_a_step_that_fails_stops_no_other(
    rebalancing: RebalanceWorld, repair: RepairIntents, method: str, failing: set[str]
) -> None:
    await rebalancing.clock.advance(120)
    rebalancing.venue.fail(method, *[VenueUnavailable("memory", "down")] * 9)
    (repaired,) = await repair.repair(None, "owner", CORRELATION)
    assert sorted(outcomes(repaired)) == sorted(STEPS)
    failed = {step for step, how in outcomes(repaired).items() if how is StepOutcome.FAILED}
    assert failed == failing, repaired
    assert not repaired.is_well


async def test_balances_are_asked_for_once(
    rebalancing: RebalanceWorld, repair: RepairIntents
) -> None:
    """Reconciling read them already: a repair makes as few round trips as it can."""
    rebalancing.venue.calls.clear()
    await repair.repair(None, "owner", CORRELATION)
    assert rebalancing.venue.calls == [
        "resync",
        "fetch_time",
        "fetch_open_orders",
        "fetch_closed_orders",
        "fetch_fills",
        "fetch_balances",
    ]


async def test_a_second_repair_joins_the_first(
    rebalancing: RebalanceWorld, repair: RepairIntents
) -> None:
    held = rebalancing.venue.hold("resync")
    first, second = Seen(), Seen()
    async with asyncio.TaskGroup() as group:
        one = group.create_task(repair.repair(None, "owner", CORRELATION, first))
        await eventually(lambda: first.lines)
        two = group.create_task(repair.repair(None, "other", CORRELATION, second))
        await eventually(lambda: second.lines)
        held.set()
    assert one.result() == two.result()
    assert first.lines == second.lines
    assert rebalancing.venue.count("resync") == 1
    await repair.repair(None, "owner", CORRELATION)
    assert rebalancing.venue.count("resync") == 2


async def test_a_second_repair_takes_over_when_the_first_is_given_up(
    rebalancing: RebalanceWorld, repair: RepairIntents
) -> None:
    held = rebalancing.venue.hold("resync")
    seen = Seen()
    async with asyncio.TaskGroup() as group:
        one = group.create_task(repair.repair(None, "owner", CORRELATION, Seen()))
        await eventually(lambda: rebalancing.venue.count("resync"))
        two = group.create_task(repair.repair(None, "other", CORRELATION, seen))
        await eventually(lambda: seen.lines)
        one.cancel()
        await eventually(lambda: rebalancing.venue.count("resync") == 2)
        held.set()
    (repaired,) = two.result()
    assert repaired.is_well
    assert tuple(seen.lines[-len(STEPS) :]) == repaired.lines


async def test_a_chat_that_fails_does_not_end_a_repair(repair: RepairIntents) -> None:
    told: list[RepairLine] = []

    async def fall(line: RepairLine) -> None:
        told.append(line)
        raise RuntimeError("no chat")

    (repaired,) = await repair.repair(None, "owner", CORRELATION, fall)
    assert repaired.is_well
    assert len(told) == 1


async def test_a_dead_stream_is_brought_back(streamed: RebalanceWorld) -> None:
    (repaired,) = await repairing(streamed, breakers(streamed)).repair(None, "o", CORRELATION)
    assert detail(repaired, "streams") == "live: private"
    assert repaired.is_well


async def test_a_live_stream_is_left_alone_while_orders_are_on_their_way(
    streamed: RebalanceWorld,
) -> None:
    """In the middle of a rebalance: its orders would be in doubt."""
    streamed.venue.streams = (stream(is_live=True, reconnects=3),)
    shown = await streamed.proposal()
    held = streamed.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        run = group.create_task(streamed.confirm(shown))
        await eventually(lambda: streamed.venue.count("submit"))
        (repaired,) = await repairing(streamed, breakers(streamed)).repair(None, "o", CORRELATION)
        assert outcomes(repaired)["streams"] is StepOutcome.SKIPPED
        assert repaired.is_well, repaired
        held.set()
    assert "problems=()" in str(run.result())
    assert streamed.venue.count("reconnect_streams") == 0
    (again,) = await repairing(streamed, breakers(streamed)).repair(None, "o", CORRELATION)
    assert detail(again, "streams") == "live: private"


async def test_nothing_is_traded_or_cancelled(
    rebalancing: RebalanceWorld, repair: RepairIntents
) -> None:
    order = rebalancing.venue.place_by_hand(BTC_USD, Side.SELL, "0.1", "90000")
    await repair.repair(None, "owner", CORRELATION)
    assert {"submit", "cancel", "cancel_all"}.isdisjoint(rebalancing.venue.calls)
    assert not rebalancing.venue.account.orders[order].closed_at


async def test_an_unknown_venue_is_refused(repair: RepairIntents) -> None:
    with pytest.raises(CommandError, match="no venue called nowhere"):
        await repair.repair(VenueName("nowhere"), "owner", CORRELATION)
