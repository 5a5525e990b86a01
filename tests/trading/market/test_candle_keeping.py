"""Gaps are found and filled in the background, a few at a time; what cannot be filled is said."""

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from tests.trading.market.candle_values import BTC_USD, ETH_USD, MINUTE, NOPE, at
from tests.trading.market.candle_world import CandleWorld, candle_world, opened, traded
from trading.errors import VenueUnavailable
from trading.market.candle_keeping import CandleKeeper
from trading.model.candles import CandleInterval
from trading.model.identifiers import Symbol, VenueName

HOUR = CandleInterval.HOUR


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CandleWorld]:
    async with candle_world(tmp_path) as made:
        traded(made, BTC_USD, *range(-30, 1))
        traded(made, ETH_USD, *(place * 60 for place in range(-30, 1)))
        yield made


def keeper(world: CandleWorld, *wished: Symbol, depth: int = 20) -> CandleKeeper:
    async def wishes(venue: VenueName) -> Collection[Symbol]:
        assert venue == world.venue.name
        return wished

    return CandleKeeper(
        service=world.service,
        venues=[world.venue.name],
        wishes=wishes,
        clock=world.clock,
        depth=depth,
    )


async def test_what_was_looked_at_is_made_whole_and_then_left_alone(world: CandleWorld) -> None:
    await world.last(BTC_USD, 3)
    made = keeper(world)
    report = await made.run()
    assert (report.asked, report.whole, report.missing, report.problems) == (1, 1, 0, ())
    kept = await world.service.stored(world.venue.name, (BTC_USD,), MINUTE, start=at(-19))
    assert opened(kept[BTC_USD]) == [at(place) for place in range(-19, 0)]
    calls = world.venue.count("fetch_candles")
    assert (await made.run()).asked == 0
    assert world.venue.count("fetch_candles") == calls, "nothing is missing, nobody is asked"


async def test_a_gap_in_the_middle_is_filled(world: CandleWorld) -> None:
    await world.last(BTC_USD, 20)
    await world.clock.advance(600)
    traded(world, BTC_USD, *range(1, 11))
    await world.last(BTC_USD, 2)
    await keeper(world).run()
    kept = await world.service.stored(world.venue.name, (BTC_USD,), MINUTE, start=at(-9))
    assert opened(kept[BTC_USD]) == [at(place) for place in range(-9, 10)]


async def test_hourly_candles_of_what_is_wished_for_are_kept_unasked(world: CandleWorld) -> None:
    report = await keeper(world, ETH_USD).run()
    assert (report.asked, report.whole) == (1, 1)
    kept = await world.service.stored(world.venue.name, (ETH_USD,), HOUR, start=at(-60 * 19))
    assert len(kept[ETH_USD].candles) == 19


async def test_what_was_not_looked_at_for_a_day_is_kept_no_more(world: CandleWorld) -> None:
    await world.last(BTC_USD, 3)
    await world.clock.advance(86_401)
    assert (await keeper(world).run()).asked == 0


async def test_what_nobody_can_fill_is_said_and_not_asked_for_again(world: CandleWorld) -> None:
    del world.venue.history[BTC_USD][at(-5)]
    world.venue.reach = 10
    await world.last(BTC_USD, 3)
    made = keeper(world)
    report = await made.run()
    assert (report.whole, report.unfillable) == (1, 10)
    assert "10 that no venue has" in str(report)
    assert (await made.run()).asked == 0


async def test_a_symbol_that_fails_is_named_and_does_not_keep_the_others(
    world: CandleWorld,
) -> None:
    made = keeper(world, NOPE, ETH_USD)
    report = await made.run()
    assert report.whole == 1
    assert "NOPE/USD" in str(report)
    assert "NOPE/USD" not in str(await made.run()), "what is not listed is left alone for a day"
    await world.clock.advance(86_401)
    assert "NOPE/USD" in str(await made.run())


async def test_a_venue_that_is_down_is_asked_again_at_the_next_run(world: CandleWorld) -> None:
    made = keeper(world, ETH_USD)
    world.venue.fail("fetch_candles", VenueUnavailable("memory", "down"))
    assert "down" in str(await made.run())
    assert (await made.run()).whole == 1


async def test_a_run_asks_for_a_few_series_and_the_next_for_the_others(
    world: CandleWorld,
) -> None:
    many = [Symbol.parse(f"COIN{number}/USD") for number in range(40)]
    for symbol in many:
        traded(world, symbol, *(place * 60 for place in range(-5, 1)))
    made = keeper(world, *many, depth=3)
    assert (await made.run()).whole == 30
    await made.run()
    assert {symbol for symbol, _ in world.venue.asked} == set(many)


async def test_what_keeps_failing_does_not_keep_others_from_their_turn(
    world: CandleWorld,
) -> None:
    many = [Symbol.parse(f"COIN{number:02}/USD") for number in range(40)]
    for symbol in many:
        traded(world, symbol, *(place * 60 for place in range(-5, 1)))
    made = keeper(world, *many, depth=3)
    world.venue.fail("fetch_candles", *[VenueUnavailable("memory", "down")] * 30)
    assert (await made.run()).asked == 0
    failed = {symbol for symbol, _ in world.venue.asked}
    await world.clock.advance(300)
    world.venue.asked.clear()
    await made.run()
    assert set(many) - failed <= {symbol for symbol, _ in world.venue.asked}
