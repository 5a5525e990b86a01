"""A key that may withdraw trades nothing unless its owner says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.memory_calls import FIT_KEY
from tests.support.waiting import eventually
from tests.trading.risk.watched_venue import MEMORY, Watched, watched_venue
from trading.errors import VenueFatal, VenueRejected, VenueUnavailable
from trading.events import TradingStateChanged
from trading.model.denial import DenialCode, Denied
from trading.model.order import OrderOrigin
from trading.model.trading_state import TradingMode
from trading.risk.key_guard import KeyGuard

WITHDRAWING = replace(FIT_KEY, can_withdraw=True)


@asynccontextmanager
async def guarded(world: Watched, *, allowed: bool = False) -> AsyncIterator[KeyGuard]:
    guard = KeyGuard(
        venues={MEMORY: world.venue},
        allowed={MEMORY: allowed},
        conditions=world.conditions,
        gate=world.gate,
        bus=world.bus,
        clock=world.clock,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(guard.run())
        try:
            yield guard
        finally:
            running.cancel()


def halts(world: Watched) -> list[str]:
    events = world.heard.events
    return [event.state.by for event in events if isinstance(event, TradingStateChanged)]


async def asked(world: Watched, times: int) -> None:
    await eventually(lambda: world.venue.count("fetch_key_report") == times)
    await eventually(lambda: world.clock.sleepers)


def refusal(world: Watched) -> Denied | None:
    return world.gate.permits(OrderOrigin.MANUAL, reduces=True, venue=MEMORY)


async def test_nothing_trades_before_the_key_was_looked_at(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world:
        held = world.venue.hold("fetch_key_report")
        async with guarded(world):
            await eventually(lambda: world.venue.count("fetch_key_report"))
            denied = refusal(world)
            assert denied is not None
            assert "is being asked" in denied.reason
            held.set()
            await eventually(lambda: refusal(world) is None)
        assert world.gate.state.mode is TradingMode.ACTIVE


async def test_a_key_that_may_withdraw_halts_and_trades_nothing_even_when_resumed(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world:
        world.venue.key_report = WITHDRAWING
        async with guarded(world):
            await eventually(lambda: world.gate.state.mode is TradingMode.HALTED)
            assert "may withdraw" in world.gate.state.reason
            await eventually(lambda: halts(world) == ["key guard"])  # which tells the owner
            assert world.notices() == []
            await world.gate.resume("owner")
            denied = refusal(world)
            assert denied is not None
            assert denied.code is DenialCode.KEY_REFUSED


async def test_where_trading_was_halted_already_the_owner_is_told_all_the_same(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world:
        await world.gate.halt("first start", "start")
        world.venue.key_report = WITHDRAWING
        async with guarded(world):
            await eventually(lambda: world.notices() != [])
        assert "may withdraw" in world.notices()[0]
        assert world.gate.state.reason == "first start"


async def test_the_owner_may_allow_it_and_a_reload_looks_again(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world:
        world.venue.key_report = WITHDRAWING
        async with guarded(world) as guard:
            await eventually(lambda: world.gate.state.mode is TradingMode.HALTED)
            guard.look_again({MEMORY: True})
            await eventually(lambda: world.conditions.refusal(MEMORY) is None)
            assert world.gate.state.mode is TradingMode.HALTED, "resuming is the owner's"
            guard.look_again({MEMORY: False})
            await eventually(lambda: world.conditions.refusal(MEMORY) is not None)


async def test_a_venue_that_never_tells_may_be_traded_at_after_some_tries_and_is_asked_on(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world:
        down = VenueUnavailable("memory", "down")
        world.venue.fail("fetch_key_report", down, down, down)
        world.venue.key_report = WITHDRAWING
        async with guarded(world):
            for tries, pause in ((1, 1.0), (2, 5.0)):
                await asked(world, tries)
                assert refusal(world) is not None
                await world.clock.advance(pause)
            await eventually(lambda: world.conditions.refusal(MEMORY) is None)
            await eventually(lambda: world.clock.sleepers)
            await world.clock.advance(60)
            await eventually(lambda: world.gate.state.mode is TradingMode.HALTED)


async def test_a_venue_without_that_question_and_a_dead_key_hold_nothing_up(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world:
        world.venue.fail(
            "fetch_key_report", VenueRejected("m", "no such"), VenueFatal("m", "bad key")
        )
        async with guarded(world) as guard:
            for times in (1, 2):
                await eventually(lambda: refusal(world) is None)
                assert world.venue.count("fetch_key_report") == times
                world.conditions.key_is_refused(MEMORY, "until the next look")
                guard.look_again({})
