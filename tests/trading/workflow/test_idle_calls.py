"""A bot that idles on a live stream asks its venue for a referee's answers and little else."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.perilous_venue import PerilousVenue
from tests.support.pushing import Pusher
from tests.support.waiting import eventually
from tests.trading.workflow.chore_parts import RUN, ChoreWorld, chore_world
from trading.model.identifiers import Symbol
from trading.model.market_data import Price
from trading.venues.streaming import StreamStatus

BTC_USD = Symbol.parse("BTC/USD")
STEP_SECONDS = 10
HOUR = 3600


def live(clock: FakeClock) -> tuple[StreamStatus, ...]:
    return tuple(
        StreamStatus(name=name, is_live=True, since=clock.now(), reconnects=0, detail="")
        for name in ("private", "public")
    )


def push_price(world: ChoreWorld) -> None:
    (bid, ask) = world.venue.account.quotes[BTC_USD]
    price = Price(
        venue=world.venue.name,
        symbol=BTC_USD,
        value=(bid + ask) / 2,
        as_of=world.clock.now(),
        as_of_monotonic=world.clock.monotonic(),
    )
    world.world.balances.feed.price_pushed(price)


async def idle(world: ChoreWorld, stream: Pusher, seconds: int) -> Counter[str]:
    """Let the jobs run at their default pace; return what the venue was asked."""
    before = Counter(world.venue.calls)
    for second in range(STEP_SECONDS, seconds + 1, STEP_SECONDS):
        await world.clock.advance(STEP_SECONDS)
        stream.sign()
        if second % 20 == 0:
            await world.at_venue.balance_sync(RUN)
        if second % 60 == 0:
            await world.at_venue.trading_loop(RUN)
            await world.at_venue.price_scan(RUN)
            await world.chores.heartbeat(RUN)
    return Counter(world.venue.calls) - before


async def test_an_hour_of_idling_costs_the_referees_calls(tmp_path: Path) -> None:
    async with chore_world(tmp_path, clock=FakeClock()) as world:
        venue, stream = world.venue, Pusher(world.world.balances)
        venue.deposit("BTC", "0.1")
        venue.has_streams, venue.streams = True, live(world.clock)
        stream.push(is_baseline=True)
        push_price(world)
        await world.at_venue.balance_sync(RUN)
        await world.at_venue.trading_loop(RUN)
        async with asyncio.TaskGroup() as group:
            reconciling = group.create_task(world.world.desk.reconciler.run())
            await eventually(lambda: world.clock.sleepers)

            asked = await idle(world, stream, HOUR)

            reconciling.cancel()

    passes = HOUR // (5 * 300)  # the desk of the tests reconciles every five minutes
    referees = HOUR // 240
    assert asked["fetch_balances"] <= referees + passes
    assert asked["fetch_prices"] <= HOUR // 300, "a quiet price is asked for every five minutes"
    assert asked["fetch_open_orders"] <= passes
    assert asked["fetch_instruments"] <= 1
    assert sum(asked.values()) <= 60, asked


async def test_without_a_stream_the_jobs_ask(tmp_path: Path) -> None:
    async with chore_world(tmp_path, clock=FakeClock()) as world:
        stream = Pusher(world.world.balances)
        await world.at_venue.balance_sync(RUN)

        asked = await idle(world, stream, 300)

        assert asked["fetch_balances"] == 15
        assert await world.at_venue.balance_sync(RUN) == "read and verified"
        stream.push(is_baseline=True)
        assert await world.at_venue.balance_sync(RUN) == "streamed"


async def test_a_venue_that_pushes_orders_is_compared_less_often(tmp_path: Path) -> None:
    async with chore_world(tmp_path, clock=FakeClock()) as world:
        venue: PerilousVenue = world.venue
        async with asyncio.TaskGroup() as group:
            reconciling = group.create_task(world.world.desk.reconciler.run())
            await eventually(lambda: world.clock.sleepers)
            resting = world.clock.sleepers
            looks = venue.count("fetch_open_orders")
            await world.clock.advance(301)
            await eventually(lambda: venue.count("fetch_open_orders") == looks + 1)
            await eventually(lambda: world.clock.sleepers == resting)

            venue.streams = live(world.clock)  # the pause that has begun stays as it is
            await world.clock.advance(301)
            await eventually(lambda: venue.count("fetch_open_orders") == looks + 2)
            await eventually(lambda: world.clock.sleepers == resting)
            await world.clock.advance(4 * 300)
            assert venue.count("fetch_open_orders") == looks + 2
            await world.clock.advance(400)
            await eventually(lambda: venue.count("fetch_open_orders") == looks + 3)
            reconciling.cancel()
