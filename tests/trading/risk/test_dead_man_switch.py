"""The switch is armed only where it is wanted, while the bot trades, and never left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.support.waiting import eventually
from tests.trading.risk.watched_venue import MEMORY, Watched, watched_venue
from trading.errors import VenueUnavailable
from trading.model.trading_state import TradingMode
from trading.risk.dead_man_switch import DeadManSwitch

MINUTE = timedelta(seconds=60)


@asynccontextmanager
async def switched(world: Watched, *, wanted: bool = True) -> AsyncIterator[DeadManSwitch]:
    switch = DeadManSwitch(
        venues={MEMORY: world.venue},
        wanted=[MEMORY] if wanted else [],
        is_trading=lambda: world.gate.state.mode is not TradingMode.HALTED,
        facts=world.facts,
        bus=world.bus,
        clock=world.clock,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(switch.run())
        await eventually(lambda: world.clock.sleepers)
        yield switch
        running.cancel()


async def beat(world: Watched, seconds: float, times: int) -> None:
    await world.clock.advance(seconds)
    await eventually(lambda: world.venue.count("arm_dead_man_switch") == times)
    await eventually(lambda: world.clock.sleepers)


async def test_it_is_armed_again_well_before_it_strikes(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, switched(world):
        for times in (2, 3, 4):
            await beat(world, 20, times)
        assert world.venue.armed == [MINUTE] * 4
        assert world.notices() == []


async def test_who_does_not_want_it_never_has_it_touched(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, switched(world, wanted=False) as switch:
        await world.clock.advance(100)
        await world.gate.halt("a test", "owner")
        await world.clock.advance(100)
        await switch.disarm()
        assert world.venue.count("arm_dead_man_switch") == 0


async def test_switching_it_off_and_a_clean_stop_disarm(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, switched(world) as switch:
        switch.replace_wanted([])
        await eventually(lambda: world.venue.armed == [MINUTE, None])
        switch.replace_wanted([MEMORY])
        await eventually(lambda: world.venue.armed == [MINUTE, None, MINUTE])
        await switch.disarm()
        assert world.venue.armed[-1] is None
        await world.clock.advance(100)
        assert world.venue.armed[-1] is None, "nothing arms it again after that"


async def test_a_halt_disarms_and_resuming_arms(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, switched(world):
        await world.gate.halt("a test", "owner")
        await beat(world, 20, 2)
        await world.gate.resume("owner")
        await beat(world, 20, 3)
        assert world.venue.armed == [MINUTE, None, MINUTE]


async def test_a_venue_that_could_not_be_told_in_time_has_struck_and_the_owner_hears_of_it(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world, switched(world):
        world.venue.fail("arm_dead_man_switch", *[VenueUnavailable("memory", "down")] * 10)
        await beat(world, 20, 2)
        for times in range(3, 12):
            await beat(world, 5, times)
        assert world.notices() == []
        await beat(world, 5, 12)
        (told,) = world.notices()
        assert "did not hear of the bot for 70 s" in told
        assert "placed by hand" in told
        await beat(world, 20, 13)
        assert len(world.notices()) == 1


async def test_a_switch_that_struck_while_the_bot_was_down_is_told_after_the_restart(
    tmp_path: Path,
) -> None:
    async with watched_venue(tmp_path) as world:
        async with switched(world):
            pass  # it dies without disarming
        await world.clock.advance(3600)
        async with switched(world):
            (told,) = world.notices()
            assert "did not hear of the bot for 60 min" in told
            await beat(world, 20, 3)
            assert len(world.notices()) == 1


async def test_who_is_halted_after_a_restart_disarms_what_was_left_armed(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world:
        async with switched(world):
            pass
        await world.gate.halt("a test", "owner")
        async with switched(world):
            assert world.venue.armed == [MINUTE, None]
            assert world.notices() == []


async def test_nothing_is_told_of_a_switch_that_a_clean_stop_disarmed(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world:
        async with switched(world) as switch:
            await switch.disarm()
        await world.clock.advance(3600)
        async with switched(world):
            assert world.venue.armed == [MINUTE, None, MINUTE]
            assert world.notices() == []
