"""Anything is priced through what the venue lists, or said to have no price."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import PATIENCE_SECONDS
from trading.errors import PriceError, VenueUnavailable
from trading.market.feed import MarketFeed
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.market_data import Price
from trading.model.valuation import UnitPrice
from trading.portfolio.pricing import FeedPrices
from trading.portfolio.valuation import convert, find_route, unit_price

START = datetime(2026, 1, 5, tzinfo=UTC)
BTC, ETH, EUR, USD, XYZ = (Asset(code) for code in ("BTC", "ETH", "EUR", "USD", "XYZ"))


def symbols(*names: str) -> set[Symbol]:
    return {Symbol.parse(name) for name in names}


def price(name: str, value: str | Decimal, *, age: int = 0) -> Price:
    return Price(
        venue=VenueName("v"),
        symbol=Symbol.parse(name),
        value=Decimal(value),
        as_of=START - timedelta(seconds=age),
        as_of_monotonic=0.0,
    )


@pytest.mark.parametrize(
    ("listed", "asset", "base", "expected"),
    [
        (("BTC/USD",), BTC, USD, "BTC/USD"),
        (("EUR/USD",), USD, EUR, "~EUR/USD"),
        (("BTC/USD", "EUR/USD"), BTC, EUR, "BTC/USD ~EUR/USD"),
        (("ETH/BTC", "BTC/USD"), ETH, USD, "ETH/BTC BTC/USD"),
        (("ETH/BTC", "ETH/USD", "BTC/USD"), ETH, USD, "ETH/USD"),
        ((), USD, USD, ""),
        (("BTC/USD",), XYZ, USD, None),
        (("XYZ/ABC", "ABC/USD"), XYZ, USD, None),
    ],
    ids=["own", "inverse", "hub", "hub BTC", "own before hub", "itself", "none", "no such hub"],
)
def test_routes(listed: tuple[str, ...], asset: Asset, base: Asset, expected: str | None) -> None:
    route = find_route(asset, base, symbols(*listed))

    told = (
        None
        if route is None
        else " ".join(f"{'~' if leg.inverted else ''}{leg.symbol}" for leg in route)
    )
    assert told == expected


@given(
    amount=st.decimals("0.00000001", 10**6, places=8),
    rate=st.decimals("0.0001", 10**5, places=4),
)
def test_there_and_back_is_where_it_began(amount: Decimal, rate: Decimal) -> None:
    prices = {Symbol.parse("BTC/USD"): price("BTC/USD", rate)}
    there = find_route(BTC, USD, prices.keys())
    back = find_route(USD, BTC, prices.keys())
    assert there
    assert back

    returned = convert(convert(amount, there, prices), back, prices)

    assert abs(returned - amount) <= amount * Decimal("1e-20")


def test_a_price_is_as_old_as_its_oldest_leg() -> None:
    quoted = [price("ETH/BTC", "0.05", age=9), price("BTC/USD", "100", age=1)]
    prices = {quote.symbol: quote for quote in quoted}

    found = unit_price(ETH, USD, find_route(ETH, USD, prices.keys()), prices)

    assert isinstance(found, UnitPrice)
    assert found.value == 5
    assert found.as_of == START - timedelta(seconds=9)
    assert found.via == (Symbol.parse("ETH/BTC"), Symbol.parse("BTC/USD"))


@pytest.fixture
def venue() -> MemoryVenue:
    venue = MemoryVenue(clock=FakeClock())
    venue.list_instrument("BTC/USD", "99", "101")
    venue.list_instrument("ETH/BTC", "0.049", "0.051")
    return venue


@pytest.fixture
def pricing(venue: MemoryVenue) -> FeedPrices:
    clock = FakeClock()
    feed = MarketFeed(adapters={venue.name: venue}, clock=clock)
    return FeedPrices(feed=feed, clock=clock)


async def test_all_prices_come_in_one_request_and_each_fails_alone(
    pricing: FeedPrices, venue: MemoryVenue
) -> None:
    found = await pricing.unit_prices(venue.name, [USD, BTC, ETH, XYZ], USD)

    values = {
        asset: answer.value for asset, answer in found.items() if isinstance(answer, UnitPrice)
    }
    assert values == {USD: 1, BTC: 100, ETH: 5}
    assert isinstance(found[XYZ], PriceError)
    assert venue.count("fetch_prices") == 1


async def test_without_instruments_only_the_base_is_priced(
    pricing: FeedPrices, venue: MemoryVenue
) -> None:
    venue.fail("fetch_instruments", VenueUnavailable("memory", "down"))

    found = await pricing.unit_prices(venue.name, [USD, BTC], USD)

    assert isinstance(found[USD], UnitPrice)
    assert isinstance(found[BTC], PriceError)


async def test_without_a_price_there_is_no_value(pricing: FeedPrices, venue: MemoryVenue) -> None:
    venue.fail("fetch_prices", VenueUnavailable("memory", "down"))

    found = await pricing.unit_prices(venue.name, [BTC], USD)

    assert "down" in str(found[BTC])


async def test_a_venues_own_price_comes_before_that_of_another(venue: MemoryVenue) -> None:
    """A stablecoin is worth its own market's price; 1 is nobody's assumption."""
    clock = FakeClock()
    other = MemoryVenue(clock=clock, name="other")
    venue.list_instrument("USDT/USD", "0.9989", "0.9991")
    other.list_instrument("USDT/USD", "0.9979", "0.9981")
    other.list_instrument("EUR/USD", "1.0999", "1.1001")
    adapters = {venue.name: venue, other.name: other}
    pricing = FeedPrices(feed=MarketFeed(adapters=adapters, clock=clock), clock=clock)
    rates = [
        await pricing.rate(venue.name, Asset("USDT"), USD),
        await pricing.rate(other.name, Asset("USDT"), USD),
        await pricing.rate(venue.name, Asset("EUR"), USD),
    ]
    assert [(rate.value, rate.venue) for rate in rates if isinstance(rate, UnitPrice)] == [
        (Decimal("0.999"), venue.name),
        (Decimal("0.998"), other.name),
        (Decimal("1.1"), other.name),
    ]
    remembered = await pricing.remembered.rate(venue.name, Asset("EUR"), USD)
    assert isinstance(remembered, UnitPrice)
    assert remembered.venue == other.name
    assert isinstance(await pricing.rate(venue.name, XYZ, USD), PriceError)
    assert isinstance(await pricing.remembered.rate(venue.name, XYZ, USD), PriceError)


async def test_a_venue_that_hangs_delays_no_rate_of_another(venue: MemoryVenue) -> None:
    clock = FakeClock()
    hung, other = MemoryVenue(clock=clock, name="hung"), MemoryVenue(clock=clock, name="other")
    hung.hold("fetch_instruments")
    other.list_instrument("EUR/USD", "1.0999", "1.1001")
    adapters = {each.name: each for each in (venue, hung, other)}
    pricing = FeedPrices(feed=MarketFeed(adapters=adapters, clock=clock), clock=clock)
    async with asyncio.timeout(PATIENCE_SECONDS):
        rate = await pricing.rate(venue.name, Asset("EUR"), USD)
    assert isinstance(rate, UnitPrice)
