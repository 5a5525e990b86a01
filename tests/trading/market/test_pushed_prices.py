"""Pushed prices keep to the rules of all prices; a quiet one of a live stream is not stale."""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.errors import PriceError
from trading.market.feed import MarketFeed
from trading.model.identifiers import Symbol
from trading.model.market_data import Price
from trading.venues.streaming import StreamStatus

BTC_USD = Symbol.parse("BTC/USD")


def public(*, is_live: bool, since: datetime) -> tuple[StreamStatus, ...]:
    status = StreamStatus(name="public", is_live=is_live, since=since, reconnects=0, detail="")
    return (status,)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> MemoryVenue:
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    venue.streams = public(is_live=True, since=clock.now())
    return venue


@pytest.fixture
def feed(clock: FakeClock, venue: MemoryVenue) -> MarketFeed:
    return MarketFeed(adapters={venue.name: venue}, clock=clock)


def push(feed: MarketFeed, venue: MemoryVenue, clock: FakeClock, value: str) -> None:
    price = Price(
        venue=venue.name,
        symbol=BTC_USD,
        value=Decimal(value),
        as_of=clock.now(),
        as_of_monotonic=clock.monotonic(),
    )
    feed.price_pushed(price)


async def fresh(feed: MarketFeed, venue: MemoryVenue) -> Decimal:
    price = (await feed.fresh_prices(venue.name, (BTC_USD,)))[BTC_USD]
    assert isinstance(price, Price), price
    return price.value


async def test_trades_rest_on_a_price_pushed_within_the_limit(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    push(feed, venue, clock, "102")
    await clock.advance(5)
    assert await fresh(feed, venue) == 102
    assert venue.count("fetch_prices") == 0

    await clock.advance(0.1)
    assert await fresh(feed, venue) == 100
    assert venue.count("fetch_prices") == 1


async def test_nothing_rests_on_what_was_pushed_before_the_stream_went_down(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    push(feed, venue, clock, "102")
    venue.streams = public(is_live=False, since=clock.now())

    assert await fresh(feed, venue) == 100

    push(feed, venue, clock, "102")
    await clock.advance(30)
    venue.streams = public(is_live=True, since=clock.now())
    assert (await feed.price(venue.name, BTC_USD)).value == 100
    assert venue.count("fetch_prices") == 2


async def test_a_quiet_price_of_a_live_stream_is_asked_for_now_and_then(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    push(feed, venue, clock, "102")
    for _ in range(10):
        await clock.advance(30)
        assert (await feed.price(venue.name, BTC_USD)).value == 102
    assert venue.count("fetch_prices") == 0

    for _ in range(10):
        await clock.advance(30)
        assert (await feed.price(venue.name, BTC_USD)).value == 100
    assert venue.count("fetch_prices") == 1


async def test_a_pushed_price_that_jumped_waits_for_one_that_agrees(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    push(feed, venue, clock, "102")
    await clock.advance(1)
    push(feed, venue, clock, "150")
    # Neither the old one nor the jumped one is used: the venue is asked, and agrees with the old.
    assert await fresh(feed, venue) == 100

    await clock.advance(1)
    push(feed, venue, clock, "150")
    venue.list_instrument("BTC/USD", "149", "151")
    await clock.advance(1)
    push(feed, venue, clock, "151")
    assert await fresh(feed, venue) == 151
    assert venue.count("fetch_prices") == 1


async def test_an_old_price_is_not_taken_from_the_stream_either(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    old = Price(
        venue=venue.name,
        symbol=BTC_USD,
        value=Decimal(102),
        as_of=clock.now(),
        as_of_monotonic=clock.monotonic() - 6,
    )
    feed.price_pushed(old)
    venue.account.quotes.clear()

    answer = (await feed.prices(venue.name, (BTC_USD,)))[BTC_USD]

    assert isinstance(answer, PriceError)
