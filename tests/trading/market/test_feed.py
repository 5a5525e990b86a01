"""A price is used only while it is young, uncrossed and not jumped; one bad symbol fails alone."""

import asyncio
from decimal import Decimal

import pytest

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import PATIENCE_SECONDS, settle
from trading.errors import PriceError, VenueUnavailable
from trading.market.feed import MarketFeed
from trading.model.identifiers import Symbol, VenueName

BTC_USD, ETH_USD, NOPE = (Symbol.parse(text) for text in ("BTC/USD", "ETH/USD", "NOPE/USD"))
DOWN = VenueUnavailable("memory", "down")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> MemoryVenue:
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    venue.list_instrument("ETH/USD", "9", "11")
    return venue


@pytest.fixture
def feed(clock: FakeClock, venue: MemoryVenue) -> MarketFeed:
    return MarketFeed(adapters={venue.name: venue}, clock=clock, timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
def hurried(clock: FakeClock, venue: MemoryVenue) -> MarketFeed:
    """For what is not to answer."""
    return MarketFeed(adapters={venue.name: venue}, clock=clock, timeout_seconds=0.2)


async def test_a_young_price_comes_from_memory(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    first = await feed.price(venue.name, BTC_USD)
    venue.list_instrument("BTC/USD", "100", "102")
    await clock.advance(5)
    assert await feed.price(venue.name, BTC_USD) is first

    await clock.advance(0.1)
    assert (await feed.price(venue.name, BTC_USD)).value == 101
    assert venue.count("fetch_prices") == 2


async def test_what_trades_rest_on_is_asked_for_however_young(
    feed: MarketFeed, venue: MemoryVenue
) -> None:
    first = await feed.price(venue.name, BTC_USD)
    venue.list_instrument("BTC/USD", "100", "102")
    fresh = await feed.fresh_prices(venue.name, (BTC_USD, BTC_USD))
    assert fresh[BTC_USD] is not first
    assert await feed.price(venue.name, BTC_USD) is fresh[BTC_USD]
    assert venue.count("fetch_prices") == 2


async def test_one_bad_symbol_fails_alone_by_name(feed: MarketFeed, venue: MemoryVenue) -> None:
    answers = await feed.prices(venue.name, [BTC_USD, NOPE, ETH_USD])

    assert isinstance(answers[NOPE], PriceError)
    assert "NOPE/USD" in str(answers[NOPE])
    assert not isinstance(answers[BTC_USD], PriceError)
    assert not isinstance(answers[ETH_USD], PriceError)
    assert venue.count("fetch_prices") == 1


async def test_callers_share_what_is_on_its_way(feed: MarketFeed, venue: MemoryVenue) -> None:
    gate = venue.hold("fetch_prices")
    async with asyncio.TaskGroup() as group:
        one = group.create_task(feed.prices(venue.name, [BTC_USD]))
        await settle()
        two = group.create_task(feed.prices(venue.name, [BTC_USD, ETH_USD]))
        await settle()
        gate.set()

    assert venue.count("fetch_prices") == 2
    assert two.result()[BTC_USD] is one.result()[BTC_USD]
    assert two.result().keys() == {BTC_USD, ETH_USD}


async def test_a_cancelled_caller_leaves_the_others_their_prices(
    feed: MarketFeed, venue: MemoryVenue
) -> None:
    gate = venue.hold("fetch_prices")
    async with asyncio.TaskGroup() as group:
        first = group.create_task(feed.price(venue.name, BTC_USD))
        await settle()
        second = group.create_task(feed.price(venue.name, BTC_USD))
        await settle()
        first.cancel()
        await settle()
        gate.set()

    assert second.result().value == 100


async def test_an_old_price_is_not_used_when_the_venue_is_down(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    await feed.price(venue.name, BTC_USD)
    await clock.advance(6)
    venue.fail("fetch_prices", DOWN)

    with pytest.raises(PriceError, match="down"):
        await feed.price(venue.name, BTC_USD)


async def test_a_venue_that_hangs_gives_no_price(hurried: MarketFeed, venue: MemoryVenue) -> None:
    venue.hold("fetch_prices")

    with pytest.raises(PriceError, match="in time"):
        await hurried.price(venue.name, BTC_USD)


async def test_a_jump_needs_a_second_look_that_agrees(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    await feed.price(venue.name, BTC_USD)
    venue.list_instrument("BTC/USD", "49", "51")
    await clock.advance(6)
    with pytest.raises(PriceError, match="jumped"):
        await feed.price(venue.name, BTC_USD)

    await clock.advance(1)
    assert (await feed.price(venue.name, BTC_USD)).value == 50


async def test_a_spike_that_goes_away_is_never_used(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    await feed.price(venue.name, BTC_USD)
    await clock.advance(6)
    venue.list_instrument("BTC/USD", "9", "11")
    with pytest.raises(PriceError, match="jumped"):
        await feed.price(venue.name, BTC_USD)

    venue.list_instrument("BTC/USD", "99", "101")
    await clock.advance(1)
    assert (await feed.price(venue.name, BTC_USD)).value == 100


async def test_after_a_long_silence_any_price_is_a_first_one(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    await feed.price(venue.name, BTC_USD)
    await clock.advance(301)
    venue.list_instrument("BTC/USD", "49", "51")

    assert (await feed.price(venue.name, BTC_USD)).value == 50


@pytest.mark.parametrize(
    ("bid", "ask", "why"), [("101", "99", "crossed"), ("100", "100", "crossed"), ("0", "1", "bid")]
)
async def test_a_book_that_makes_no_sense_gives_no_price(
    feed: MarketFeed, venue: MemoryVenue, bid: str, ask: str, why: str
) -> None:
    venue.list_instrument("BTC/USD", bid, ask)

    with pytest.raises(PriceError, match=why):
        await feed.book(venue.name, BTC_USD)


async def test_books_jump_too(feed: MarketFeed, venue: MemoryVenue, clock: FakeClock) -> None:
    assert (await feed.book(venue.name, BTC_USD)).mid == 100
    await clock.advance(1)
    venue.list_instrument("BTC/USD", "49", "51")

    answers = await feed.books(venue.name, [BTC_USD, ETH_USD, NOPE])

    assert "jumped" in str(answers[BTC_USD])
    assert not isinstance(answers[ETH_USD], PriceError)
    assert isinstance(answers[NOPE], PriceError)


async def test_books_of_a_venue_that_is_down(feed: MarketFeed, venue: MemoryVenue) -> None:
    venue.fail("fetch_books", DOWN)

    with pytest.raises(PriceError, match="down"):
        await feed.book(venue.name, BTC_USD)


async def test_instruments_are_asked_for_once_and_again_when_old(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    assert feed.instruments_age_seconds(venue.name) is None
    await asyncio.gather(*(feed.instruments(venue.name) for _ in range(5)))
    await clock.advance(3600)
    await feed.instruments(venue.name)
    assert venue.count("fetch_instruments") == 1
    assert feed.instruments_age_seconds(venue.name) == pytest.approx(3600)

    await clock.advance(1)
    await feed.instruments(venue.name)
    assert venue.count("fetch_instruments") == 2


async def test_an_old_list_serves_while_the_venue_is_down_but_not_for_ever(
    feed: MarketFeed, venue: MemoryVenue, clock: FakeClock
) -> None:
    venue.fail("fetch_instruments", DOWN)
    with pytest.raises(VenueUnavailable):
        await feed.instruments(venue.name)

    await feed.instruments(venue.name)
    venue.fail("fetch_instruments", DOWN, DOWN)
    await clock.advance(4000)
    assert BTC_USD in await feed.instruments(venue.name)
    await clock.advance(90_000)
    with pytest.raises(VenueUnavailable):
        await feed.instruments(venue.name)


async def test_a_list_that_does_not_come_names_the_venue(
    hurried: MarketFeed, venue: MemoryVenue
) -> None:
    venue.hold("fetch_instruments")

    with pytest.raises(VenueUnavailable, match="memory"):
        await hurried.instruments(venue.name)


async def test_ages_are_monotonic(feed: MarketFeed, venue: MemoryVenue, clock: FakeClock) -> None:
    price = await feed.price(venue.name, BTC_USD)
    book = await feed.book(venue.name, BTC_USD)
    clock.step_wall(-100)
    await clock.advance(2)

    assert feed.age_seconds(price) == pytest.approx(2)
    assert feed.book_age_seconds(book) == pytest.approx(2)
    assert feed.venues == (VenueName("memory"),)
    assert price.value == Decimal(100)
