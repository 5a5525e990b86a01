"""One view of all venues: in one currency, complete or said not to be, and never kept waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from composition.market import build_market_data
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import PATIENCE_SECONDS
from trading.errors import VenueUnavailable
from trading.intents.portfolio import PortfolioIntents
from trading.intents.prices import PriceIntents
from trading.model.identifiers import Asset

USD, USDT, EUR = Asset("USD"), Asset("USDT"), Asset("EUR")


def _venue(clock: FakeClock, name: str, **held: str) -> MemoryVenue:
    venue = MemoryVenue(clock=clock, name=name)
    for asset, amount in held.items():
        venue.deposit(asset, amount)
    return venue


@asynccontextmanager
async def two(
    folder: Path, base: Asset = USDT, *, patience_seconds: float = PATIENCE_SECONDS
) -> AsyncIterator[tuple[BalanceParts, MemoryVenue, PortfolioIntents]]:
    """One venue in dollars, one in `base`; 1,000 and half a coin on each, read once."""
    clock = FakeClock()
    first = _venue(clock, "first", USD="1000", BTC="0.5")
    first.list_instrument("BTC/USD", "49999", "50001")
    second = _venue(clock, "second", **{base: "1000"}, BTC="0.5")
    second.list_instrument(f"BTC/{base}", "50999", "51001")
    async with balance_parts(folder, clock=clock, venue=first, others={second: base}) as parts:
        for venue in parts.manager.venues:
            await parts.manager.sync(venue)
        intents = PortfolioIntents(
            manager=parts.manager,
            allocations={},
            base=USD,
            clock=parts.clock,
            patience_seconds=patience_seconds,
        )
        yield parts, second, intents


async def test_a_stablecoin_counts_at_its_market_price(tmp_path: Path) -> None:
    async with two(tmp_path) as (_, second, intents):
        second.list_instrument("USDT/USD", "0.9979", "0.9981")
        seen = await intents.whole()
    assert seen.total.value == 26_000 + 26_500 * Decimal("0.998")
    rates = [share.rate.venue for share in seen.total.shares if share.rate is not None]
    assert rates == [None, second.name]
    assert [view.nav for view in seen.views] == [26_000, 26_500], "each in its own currency"


async def test_without_a_pair_of_its_own_another_venues_price_converts(tmp_path: Path) -> None:
    async with two(tmp_path, base=EUR) as (parts, _, intents):
        parts.venue.list_instrument("EUR/USD", "1.0999", "1.1001")
        seen = await intents.whole()
    assert seen.total.value == 26_000 + 26_500 * Decimal("1.1")
    assert seen.total.shares[1].rate is not None
    assert seen.total.shares[1].rate.venue == parts.name


async def test_a_currency_that_nobody_prices_is_named_and_not_counted(tmp_path: Path) -> None:
    async with two(tmp_path) as (_, _, intents):
        seen = await intents.whole()
    assert seen.total.value is None
    assert seen.total.known_value == 26_000, "a stablecoin is not taken for a dollar"
    assert any("second" in line and "USDT" in line for line in seen.total.missing)


async def test_a_venue_without_balances_makes_the_total_incomplete(tmp_path: Path) -> None:
    clock = FakeClock()
    first, second = _venue(clock, "first", USD="1000"), _venue(clock, "second", USD="5")
    second.fail("fetch_balances", VenueUnavailable("second", "down"))
    async with balance_parts(tmp_path, clock=clock, venue=first, others={second: USD}) as parts:
        await parts.manager.sync(first.name)
        intents = PortfolioIntents(manager=parts.manager, allocations={}, base=USD, clock=clock)
        seen = await intents.whole()
    assert seen.total.value is None
    assert seen.total.known_value == 1000
    assert "second" in seen.total.missing[0]
    assert seen.views[1].nav is None


async def test_a_venue_whose_prices_hang_is_unknown_and_the_others_are_shown(
    tmp_path: Path,
) -> None:
    async with two(tmp_path, patience_seconds=0.5) as (_, second, intents):
        held = second.hold("fetch_prices")
        try:
            seen = await intents.whole()
        finally:
            held.set()
    assert seen.total.known_value == 26_000
    assert seen.total.missing == ("second: no prices within 0.5 s",)
    assert [view.nav for view in seen.views] == [26_000, None]


async def test_a_venue_that_hangs_keeps_no_price_of_another_waiting(tmp_path: Path) -> None:
    async with two(tmp_path) as (parts, second, _):
        await parts.feed.instruments(second.name)
        held = second.hold("fetch_prices")
        market = build_market_data(
            parts.feed,
            venues={each.name: each for each in (parts.venue, second)},
            database=parts.database,
            clock=parts.clock,
        )
        bases = {parts.name: USD, second.name: USDT}
        prices = PriceIntents(market=market, bases=bases, clock=parts.clock, patience_seconds=0.5)
        try:
            seen = await prices.prices(["BTC"], None)
        finally:
            held.set()
    assert [each.venue for each in seen.prices] == [parts.name]
    assert seen.problems == ("second: no answer within 0.5 s",)


async def test_the_total_from_memory_asks_nobody(tmp_path: Path) -> None:
    async with two(tmp_path) as (parts, second, intents):
        second.list_instrument("USDT/USD", "0.9979", "0.9981")
        before = await intents.total()
        whole = await intents.whole()
        venues = (parts.venue, second)
        asked = [len(venue.calls) for venue in venues]
        for venue in venues:
            venue.hold("fetch_prices")
        async with asyncio.TaskGroup() as group:
            known = group.create_task(intents.total())
        assert [len(venue.calls) for venue in venues] == asked
    assert before.value is None, "no price had been asked for"
    assert before.known_value == 1000, "only what needs no price"
    assert known.result().value == whole.total.value
