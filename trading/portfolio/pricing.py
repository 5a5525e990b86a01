"""Fresh prices of assets in any currency, found through what the venues list."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import PriceError, VenueError
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Price
from trading.model.valuation import UnitPrice
from trading.portfolio.valuation import Route, find_route, unit_price


class PriceFeed(Protocol):
    """What pricing asks of the market feed."""

    @property
    def venues(self) -> tuple[VenueName, ...]:
        """Every venue there is."""
        ...

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what the venue lists."""
        ...

    async def prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """Return a usable price or the reason for each symbol."""
        ...

    def in_memory(self, venue: VenueName) -> Mapping[Symbol, Price]:
        """Return the usable prices among what is in memory."""
        ...


class FeedPrices:
    """Satisfies what the balances ask of a price source."""

    def __init__(self, *, feed: PriceFeed, clock: Clock) -> None:
        """Take the feed."""
        self._feed = feed
        self._clock = clock

    async def unit_prices(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return what one unit of each asset is worth at this venue; each fails alone."""
        try:
            listed = await self._feed.instruments(venue)
        except VenueError as error:
            unlisted = PriceError(f"no prices: {error}")
            return {asset: self._own(asset, base) or unlisted for asset in assets}
        routes = {asset: find_route(asset, base, listed.keys()) for asset in assets}
        symbols = {leg.symbol for route in routes.values() for leg in route or ()}
        prices = await self._feed.prices(venue, sorted(symbols)) if symbols else {}
        return {
            asset: self._own(asset, base) or _priced(venue, asset, base, route, prices)
            for asset, route in routes.items()
        }

    async def priceable(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> frozenset[Asset]:
        """Return those that this venue lists a way to price; all of them while it is silent."""
        try:
            listed = await self._feed.instruments(venue)
        except VenueError:
            return frozenset(assets)
        return frozenset(
            asset for asset in assets if find_route(asset, base, listed.keys()) is not None
        )

    @property
    def remembered(self) -> RememberedPrices:
        """The fresh prices among what is in memory."""
        return RememberedPrices(feed=self._feed, clock=self._clock)

    def known(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal]:
        """Return the fresh prices among what is in memory; asks nobody."""
        prices = self.remembered.at(venue, assets, base)
        return {
            asset: price.value for asset, price in prices.items() if isinstance(price, UnitPrice)
        }

    async def rate(self, venue: VenueName, asset: Asset, base: Asset) -> UnitPrice | PriceError:
        """Return the price at this venue; where it has none, that of whichever answers first.

        A venue that hangs delays nobody who finds his price elsewhere.
        """
        found = (await self.unit_prices(venue, (asset,), base))[asset]
        if isinstance(found, UnitPrice):
            return found
        others = [other for other in self._feed.venues if other != venue]
        async with asyncio.TaskGroup() as group:
            waiting = {
                group.create_task(self.unit_prices(other, (asset,), base)) for other in others
            }
            while waiting and not isinstance(found, UnitPrice):
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                answers = [task.result()[asset] for task in done]
                found = next((each for each in answers if isinstance(each, UnitPrice)), found)
            for task in waiting:
                task.cancel()
        return found

    def _own(self, asset: Asset, base: Asset) -> UnitPrice | None:
        return _unit_of(self._clock) if asset == base else None


class RememberedPrices:
    """Satisfies the same, from what is in memory: nobody is asked or waited for."""

    def __init__(self, *, feed: PriceFeed, clock: Clock) -> None:
        """Take the feed."""
        self._feed = feed
        self._clock = clock

    async def unit_prices(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return what one unit of each asset is worth at this venue; each fails alone."""
        return self.at(venue, assets, base)

    async def rate(self, venue: VenueName, asset: Asset, base: Asset) -> UnitPrice | PriceError:
        """Return the price at this venue; where it has none, that of another one."""
        first = self.at(venue, (asset,), base)[asset]
        for other in self._feed.venues:
            if isinstance(first, UnitPrice):
                break
            found = self.at(other, (asset,), base)[asset]
            first = found if isinstance(found, UnitPrice) else first
        return first

    def at(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return the same without waiting."""
        prices = self._feed.in_memory(venue)
        found: dict[Asset, UnitPrice | PriceError] = {}
        for asset in assets:
            route = find_route(asset, base, prices.keys())
            if asset == base:
                found[asset] = _unit_of(self._clock)
            elif route is None:
                found[asset] = PriceError(f"{asset}: no fresh price in {base} in memory")
            else:
                found[asset] = _priced(venue, asset, base, route, prices)
        return found


def _priced(
    venue: VenueName,
    asset: Asset,
    base: Asset,
    route: Route | None,
    prices: Mapping[Symbol, Price | PriceError],
) -> UnitPrice | PriceError:
    price = unit_price(asset, base, route, prices)
    if isinstance(price, UnitPrice):
        return replace(price, venue=venue)
    return price or PriceError(f"{asset}: no price in {base}")


def _unit_of(clock: Clock) -> UnitPrice:
    """One unit of the base is one, without asking anybody."""
    return UnitPrice(value=Decimal(1), as_of=clock.now(), via=())
