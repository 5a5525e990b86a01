"""The venue's mode is known to the core, cheaply, and its changes are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.waiting import eventually
from tests.trading.risk.watched_venue import MEMORY, Watched, watched_venue
from trading.errors import VenueUnavailable
from trading.risk.venue_watch import VenueWatch
from trading.venues.port import VenueState
from trading.venues.streaming import StreamStatus


@asynccontextmanager
async def watching(world: Watched) -> AsyncIterator[None]:
    watch = VenueWatch(
        venues={MEMORY: world.venue},
        conditions=world.conditions,
        bus=world.bus,
        clock=world.clock,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watch.run())
        await looked(world, 1)
        yield
        running.cancel()


async def looked(world: Watched, times: int) -> None:
    await eventually(lambda: world.venue.count("fetch_state") == times)
    await eventually(lambda: world.clock.sleepers)


async def test_changes_are_told_and_being_online_at_the_start_is_none(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, watching(world):
        assert world.notices() == []
        for times, state in enumerate(
            (VenueState.CANCEL_ONLY, VenueState.CANCEL_ONLY, VenueState.ONLINE), start=2
        ):
            world.venue.state = state
            await world.clock.advance(30)
            await looked(world, times)
        assert world.notices() == [
            "memory is in cancel_only mode: no order is sent there until that is over",
            "memory is online again",
        ]
        assert world.conditions.refusal(MEMORY) is None


async def test_a_venue_that_does_not_answer_keeps_the_mode_it_last_told(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world:
        world.venue.state = VenueState.MAINTENANCE
        async with watching(world):
            world.venue.fail("fetch_state", VenueUnavailable("memory", "down"))
            await world.clock.advance(30)
            await looked(world, 2)
            assert world.conditions.refusal(MEMORY) is not None


async def test_what_a_live_stream_says_is_known_soon_and_costs_no_request(tmp_path: Path) -> None:
    async with watched_venue(tmp_path) as world, watching(world):
        world.venue.streams = (
            StreamStatus(name="public", is_live=True, since=None, reconnects=0, detail=""),
        )
        world.venue.state = VenueState.CANCEL_ONLY
        await world.clock.advance(1)
        await eventually(lambda: world.conditions.refusal(MEMORY) is not None)
        await world.clock.advance(100)
        assert world.venue.count("fetch_state") == 1
        world.venue.streams = ()
        world.venue.state = VenueState.ONLINE
        await world.clock.advance(31)
        await eventually(lambda: world.conditions.refusal(MEMORY) is None)
        assert world.venue.count("fetch_state") == 2, "without a stream it is asked for"
