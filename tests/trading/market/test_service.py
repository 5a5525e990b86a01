"""Prices, books and candles of many symbols in one go, each part failing alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.waiting import settle
from tests.trading.market.candle_values import BTC_USD, ETH_USD, MINUTE, NOPE
from tests.trading.market.candle_world import CandleWorld, candle_world, traded
from trading.errors import PriceError, PriceFault, VenueUnavailable
from trading.market.feed import MarketFeed
from trading.market.service import MarketData, MarketWish
from trading.model.candles import CandleSeries
from trading.model.market_data import Book, Price

ALL = MarketWish(books=True, interval=MINUTE, count=5)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[CandleWorld]:
    async with candle_world(tmp_path) as made:
        for symbol in (BTC_USD, ETH_USD):
            made.venue.list_instrument(str(symbol), "99", "101")
            traded(made, symbol, *range(-10, 1))
        yield made


def data(world: CandleWorld) -> MarketData:
    feed = MarketFeed(adapters={world.venue.name: world.venue}, clock=world.clock)
    return MarketData(feed=feed, candles=world.service)


async def test_all_of_it_comes_for_every_symbol_and_the_bad_one_fails_alone(
    world: CandleWorld,
) -> None:
    found = await data(world).gather(world.venue.name, (BTC_USD, NOPE, ETH_USD), ALL)
    assert list(found) == [BTC_USD, NOPE, ETH_USD]
    for symbol in (BTC_USD, ETH_USD):
        whole = found[symbol]
        assert whole.problem is None
        assert isinstance(whole.price, Price)
        assert isinstance(whole.book, Book)
        assert isinstance(whole.candles, CandleSeries)
    bad = found[NOPE]
    assert isinstance(bad.problem, PriceError)
    assert bad.problem.fault is PriceFault.UNLISTED
    assert world.venue.count("fetch_prices") == world.venue.count("fetch_books") == 1


async def test_a_part_that_fails_leaves_the_others(world: CandleWorld) -> None:
    world.venue.fail("fetch_books", VenueUnavailable("memory", "no books today"))
    found = (await data(world).gather(world.venue.name, (BTC_USD,), ALL))[BTC_USD]
    assert isinstance(found.price, Price)
    assert isinstance(found.candles, CandleSeries)
    assert isinstance(found.book, PriceError)
    assert found.problem is found.book


async def test_prices_books_and_candles_are_on_their_way_together(world: CandleWorld) -> None:
    methods = ("fetch_prices", "fetch_books", "fetch_candles")
    gates = [world.venue.hold(method) for method in methods]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(data(world).gather(world.venue.name, (BTC_USD,), ALL))
        while not all(world.venue.count(method) for method in methods):
            await settle()
        for gate in gates:
            gate.set()
    assert task.result()[BTC_USD].problem is None


async def test_what_was_not_asked_for_is_not_fetched(world: CandleWorld) -> None:
    found = (await data(world).gather(world.venue.name, (BTC_USD,), MarketWish()))[BTC_USD]
    assert (found.book, found.candles, found.problem) == (None, None, None)
    assert world.venue.count("fetch_books") == world.venue.count("fetch_candles") == 0


async def test_a_young_book_serves_again_and_an_old_one_does_not(world: CandleWorld) -> None:
    market = data(world)
    for pause, calls in ((0.0, 1), (2.0, 1), (0.1, 2)):
        await world.clock.advance(pause)
        await market.gather(world.venue.name, (BTC_USD,), ALL)
        assert world.venue.count("fetch_books") == calls
    await market.feed.books(world.venue.name, (BTC_USD,))
    assert world.venue.count("fetch_books") == 3, "without a limit it is asked for now"
