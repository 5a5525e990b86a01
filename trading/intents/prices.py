"""The price of an asset or a symbol, at one venue or at each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.errors import CommandError, NotUnderstood, PriceError, VenueError
from trading.market.feed import MarketFeed
from trading.model.identifiers import Asset, Symbol, VenueName, asset
from trading.model.market_data import Book
from trading.portfolio.valuation import HUBS, find_route


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """A price from a venue's own book, with its spread and age."""

    venue: VenueName
    symbol: Symbol
    value: Decimal
    """Half way between bid and ask, quote per base."""
    bid: Decimal
    ask: Decimal
    spread_fraction: Decimal
    as_of: datetime
    age_seconds: float


class PriceIntents:
    """What can be asked about prices, from any door."""

    def __init__(self, *, feed: MarketFeed, bases: Mapping[VenueName, Asset]) -> None:
        """`bases` are the currencies in which an asset alone is priced."""
        self._feed = feed
        self._bases = dict(bases)

    async def price(self, text: str, venue: VenueName | None) -> tuple[PriceView, ...]:
        """Return a price from each venue that has one; raises when none has."""
        if venue is not None and venue not in self._feed.venues:
            known = ", ".join(self._feed.venues) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
        wanted = _parse(text)
        venues = self._feed.venues if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._at(name, wanted)) for name in venues]
        answers = [task.result() for task in tasks]
        views = tuple(answer for answer in answers if isinstance(answer, PriceView))
        if not views:
            raise PriceError("; ".join(str(answer) for answer in answers) or "no venue is set up")
        return views

    async def _at(self, venue: VenueName, wanted: Asset | Symbol) -> PriceView | str:
        try:
            symbol = await self._symbol(venue, wanted)
            if symbol is None:
                return f"{venue} does not list {wanted}"
            return self._view(await self._feed.book(venue, symbol))
        except (PriceError, VenueError) as error:
            return str(error)

    async def _symbol(self, venue: VenueName, wanted: Asset | Symbol) -> Symbol | None:
        """Find what the venue lists for it: as asked, the other way round, or by an asset."""
        listed = (await self._feed.instruments(venue)).keys()
        if isinstance(wanted, Symbol):
            inverse = Symbol(wanted.quote, wanted.base)
            return next((symbol for symbol in (wanted, inverse) if symbol in listed), None)
        for quote in (self._bases.get(venue), *HUBS):
            route = (
                None
                if quote is None or quote == wanted
                else find_route(wanted, quote, listed, hubs=())
            )
            if route:
                return route[0].symbol
        return next((symbol for symbol in sorted(listed) if symbol.base == wanted), None)

    def _view(self, book: Book) -> PriceView:
        bid, ask = book.bids[0].price, book.asks[0].price
        middle = (bid + ask) / 2
        return PriceView(
            venue=book.venue,
            symbol=book.symbol,
            value=middle,
            bid=bid,
            ask=ask,
            spread_fraction=(ask - bid) / middle,
            as_of=book.received_at,
            age_seconds=self._feed.book_age_seconds(book),
        )


def _parse(text: str) -> Asset | Symbol:
    try:
        return Symbol.parse(text) if "/" in text else asset(text)
    except ValueError as error:
        raise NotUnderstood(f"{error}; try BTC or BTC/USD") from error
