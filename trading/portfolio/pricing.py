"""Fresh prices of assets in any currency, found through what the venues list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import PriceError, VenueError
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Price
from trading.model.valuation import UnitPrice
from trading.portfolio.valuation import find_route, unit_price


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
            asset: self._own(asset, base)
            or unit_price(asset, base, route, prices)
            or PriceError(f"{asset}: no price in {base}")
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

    def known(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal]:
        """Return the fresh prices among what is in memory; asks nobody."""
        prices = self._feed.in_memory(venue)
        found: dict[Asset, Decimal] = {}
        for asset in assets:
            price = self._own(asset, base) or unit_price(
                asset, base, find_route(asset, base, prices.keys()), prices
            )
            if isinstance(price, UnitPrice):
                found[asset] = price.value
        return found

    async def unit_price_anywhere(self, asset: Asset, base: Asset) -> UnitPrice | PriceError:
        """Return the price at the first venue that has one."""
        own = self._own(asset, base)
        if own is not None:
            return own
        last = PriceError(f"{asset}: there is no venue to price it in {base}")
        for venue in self._feed.venues:
            found = (await self.unit_prices(venue, (asset,), base))[asset]
            if isinstance(found, UnitPrice):
                return found
            last = found
        return last

    def _own(self, asset: Asset, base: Asset) -> UnitPrice | None:
        """One unit of the base is one, without asking anybody."""
        if asset != base:
            return None
        return UnitPrice(value=Decimal(1), as_of=self._clock.now(), via=())
