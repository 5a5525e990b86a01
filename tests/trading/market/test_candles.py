"""Candles: one call brings what is missing, each symbol fails alone, and gaps are said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.waiting import settle
from tests.trading.market.candle_values import BTC_USD, ETH_USD, MINUTE, NOPE, at, candle
from tests.trading.market.candle_world import CandleWorld, candle_world, opened, traded
from trading.errors import PriceError, PriceFault, VenueUnavailable
from trading.market.candles import MOST_CANDLES
from trading.model.candles import CandleSource, Gap, GapReason


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CandleWorld]:
    async with candle_world(tmp_path) as made:
        traded(made, BTC_USD, *range(-20, 1))
        traded(made, ETH_USD, *range(-20, 1))
        yield made


async def test_the_last_ones_come_with_the_running_one_marked(world: CandleWorld) -> None:
    series = await world.last(BTC_USD, 5)
    assert opened(series) == [at(place) for place in range(-4, 1)]
    assert [each.is_closed for each in series.candles] == [True] * 4 + [False]
    assert series.closed == series.candles[:-1]
    assert (series.gaps, series.source) == ((), CandleSource.EXCHANGE)


async def test_only_what_is_new_is_asked_for_and_the_rest_is_remembered(
    world: CandleWorld,
) -> None:
    await world.last(BTC_USD, 5)
    assert len((await world.last(BTC_USD, 3)).candles) == 3, "from memory"
    assert world.venue.asked == [(BTC_USD, at(-4))]
    await world.clock.advance(60)
    traded(world, BTC_USD, 1)
    series = await world.last(BTC_USD, 5)
    assert opened(series) == [at(place) for place in range(-3, 2)]
    assert world.venue.asked[1:] == [(BTC_USD, at(0))]


async def test_an_answer_wears_out_and_its_age_is_told(world: CandleWorld) -> None:
    series = await world.last(BTC_USD, 5)
    await world.clock.advance(5)
    assert world.service.age_seconds(series) == 5
    assert await world.last(BTC_USD, 5) == series
    await world.clock.advance(0.1)
    assert world.service.age_seconds(await world.last(BTC_USD, 5)) == 0


async def test_what_was_written_down_outlives_the_process(world: CandleWorld) -> None:
    await world.last(BTC_USD, 10)
    again = await world.restarted().series(world.venue.name, BTC_USD, MINUTE, count=10)
    assert opened(again) == [at(place) for place in range(-9, 1)]
    assert world.venue.asked[1:] == [(BTC_USD, at(0))], "only the running one"


async def test_a_bad_symbol_fails_alone_by_name(world: CandleWorld) -> None:
    answers = await world.service.many(world.venue.name, (BTC_USD, NOPE, ETH_USD), MINUTE, count=5)
    assert [isinstance(each, PriceError) for each in answers.values()] == [False, True, False]
    problem = answers[NOPE]
    assert isinstance(problem, PriceError)
    assert problem.fault is PriceFault.UNLISTED
    assert "NOPE/USD" in str(problem)


async def test_a_venue_that_is_down_is_no_missing_symbol(world: CandleWorld) -> None:
    world.venue.fail("fetch_candles", VenueUnavailable("memory", "down"))
    with pytest.raises(PriceError, match=r"BTC/USD.*down") as caught:
        await world.last(BTC_USD, 5)
    assert caught.value.fault is PriceFault.UNAVAILABLE


async def test_the_same_question_is_asked_once(world: CandleWorld) -> None:
    gate = world.venue.hold("fetch_candles")
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(world.last(BTC_USD, 5)) for _ in range(10)]
        while not world.venue.asked:
            await settle()
        gate.set()
    assert world.venue.count("fetch_candles") == 1
    assert len({id(task.result()) for task in asking}) == 1


async def test_many_symbols_are_asked_side_by_side(world: CandleWorld) -> None:
    gate = world.venue.hold("fetch_candles")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            world.service.many(world.venue.name, (BTC_USD, ETH_USD), MINUTE, count=5)
        )
        while len(world.venue.asked) < 2:
            await settle()
        gate.set()
    assert set(task.result()) == {BTC_USD, ETH_USD}


async def test_a_gap_is_filled_with_one_question_from_its_start(world: CandleWorld) -> None:
    await world.last(BTC_USD, 5)
    await world.clock.advance(600)
    traded(world, BTC_USD, *range(1, 11))
    series = await world.last(BTC_USD, 15)
    assert opened(series) == [at(place) for place in range(-4, 11)]
    assert (series.gaps, world.venue.asked[-1]) == ((), (BTC_USD, at(0)))


async def test_where_nobody_traded_the_gap_says_so_and_is_not_asked_for_again(
    world: CandleWorld,
) -> None:
    del world.venue.history[BTC_USD][at(-3)]
    quiet = Gap(start=at(-3), end=at(-2), reason=GapReason.NO_TRADES)
    assert (await world.last(BTC_USD, 6)).gaps == (quiet,)
    again = await world.restarted().series(world.venue.name, BTC_USD, MINUTE, count=6)
    assert again.gaps == (quiet,)
    assert world.venue.asked[-1] == (BTC_USD, at(0))


async def test_what_is_older_than_the_venue_goes_back_is_said_to_be_out_of_reach(
    world: CandleWorld,
) -> None:
    world.venue.reach = 4
    series = await world.last(BTC_USD, 10)
    assert opened(series) == [at(place) for place in range(-3, 1)]
    assert series.gaps == (Gap(start=at(-9), end=at(-3), reason=GapReason.OUT_OF_REACH),)


async def test_what_may_still_come_is_neither(world: CandleWorld) -> None:
    del world.venue.history[BTC_USD][at(0)]
    del world.venue.history[BTC_USD][at(-1)]
    series = await world.last(BTC_USD, 4)
    assert series.gaps == (Gap(start=at(-1), end=at(0), reason=GapReason.NOT_YET),)


async def test_an_answer_that_cannot_be_right_replaces_nothing(world: CandleWorld) -> None:
    before = await world.last(BTC_USD, 5)
    bad = replace(candle(1), high=Decimal(1))
    world.venue.keep(bad)
    await world.clock.advance(60)
    with pytest.raises(PriceError, match=r"BTC/USD.*cannot be right") as caught:
        await world.last(BTC_USD, 5)
    assert caught.value.fault is PriceFault.MALFORMED
    kept = await world.service.stored(world.venue.name, (BTC_USD,), MINUTE, start=at(-4))
    assert kept[BTC_USD].candles == before.closed
    assert kept[BTC_USD].source is CandleSource.STORED


async def test_the_store_alone_tells_its_age_and_asks_nobody(world: CandleWorld) -> None:
    await world.last(BTC_USD, 5)
    await world.clock.advance(90)
    kept = await world.service.stored(world.venue.name, (BTC_USD, NOPE), MINUTE, start=at(-4))
    assert len(world.venue.asked) == 1
    assert world.service.age_seconds(kept[BTC_USD]) == 90, "since the last closed one ended"
    assert kept[BTC_USD].gaps == (Gap(start=at(0), end=at(1)),)
    assert kept[NOPE].candles == ()


@pytest.mark.parametrize("count", [0, MOST_CANDLES + 1])
async def test_a_count_that_makes_no_sense_is_refused(world: CandleWorld, count: int) -> None:
    with pytest.raises(ValueError, match="count was"):
        await world.last(BTC_USD, count)
