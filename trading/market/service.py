"""Everything about the market that a decision needs, for many symbols in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from trading.errors import PriceError
from trading.market.candles import Answers, CandleService
from trading.market.feed import MarketFeed
from trading.model.candles import CandleInterval, CandleSeries
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketWish:
    """What is wanted besides prices."""

    books: bool = False
    book_max_age_seconds: float = 2.0
    """A book no older than this serves again."""
    interval: CandleInterval | None = None
    """None: no candles."""
    count: int = 200
    """How many candles, the running one among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolMarket:
    """One symbol; each part is there, or the reason why not, or None when it was not asked for."""

    symbol: Symbol
    price: Price | PriceError
    book: Book | PriceError | None = None
    candles: CandleSeries | PriceError | None = None

    @property
    def problem(self) -> PriceError | None:
        """Return the first part that failed; None when all that was asked for is there."""
        for part in (self.price, self.book, self.candles):
            if isinstance(part, PriceError):
                return part
        return None


class MarketData:
    """Prices, books and candles side by side; N symbols cost what one costs, where calls batch."""

    def __init__(self, *, feed: MarketFeed, candles: CandleService) -> None:
        """Join the two that ask."""
        self.feed = feed
        self.candles = candles

    async def gather(
        self, venue: VenueName, symbols: Collection[Symbol], wish: MarketWish
    ) -> Mapping[Symbol, SymbolMarket]:
        """Ask for all of it at once; a symbol fails alone, and so does each part of it."""
        async with asyncio.TaskGroup() as group:
            prices = group.create_task(self.feed.fresh_prices(venue, symbols))
            books = group.create_task(self._books(venue, symbols, wish))
            candles = group.create_task(self._candles(venue, symbols, wish))
        return {
            symbol: SymbolMarket(
                symbol=symbol,
                price=prices.result()[symbol],
                book=books.result().get(symbol),
                candles=candles.result().get(symbol),
            )
            for symbol in dict.fromkeys(symbols)
        }

    async def _books(
        self, venue: VenueName, symbols: Collection[Symbol], wish: MarketWish
    ) -> Mapping[Symbol, Book | PriceError]:
        if not wish.books:
            return {}
        return await self.feed.books(venue, symbols, max_age_seconds=wish.book_max_age_seconds)

    async def _candles(
        self, venue: VenueName, symbols: Collection[Symbol], wish: MarketWish
    ) -> Answers:
        if wish.interval is None:
            return {}
        return await self.candles.many(venue, symbols, wish.interval, count=wish.count)
