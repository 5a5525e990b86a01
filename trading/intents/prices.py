"""The prices of assets or symbols, at one venue or at each, many in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.errors import CommandError, PriceError, StorageError, VenueError
from trading.intents.symbol_names import find_listed, parse_name
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.market_data import Book, Price

_DAY = timedelta(hours=24)
_HOUR = CandleInterval.HOUR
_PATIENCE_SECONDS = 8.0
"""For one venue, beside which others have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """A price from a venue's own book, with its spread, its age and where it came from."""

    venue: VenueName
    symbol: Symbol
    value: Decimal
    """Half way between bid and ask, quote per base."""
    bid: Decimal | None
    ask: Decimal | None
    spread_fraction: Decimal | None
    day_change_fraction: Decimal | None
    """In 24 hours; None where neither the venue nor our own candles tell."""
    is_pushed: bool
    """By the venue's stream; otherwise it was asked for."""
    as_of: datetime
    age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesView:
    """The prices there are, in the order asked for, and a line for each that there is not."""

    prices: tuple[PriceView, ...]
    problems: tuple[str, ...]


class PriceIntents:
    """What can be asked about prices, from any door."""

    def __init__(
        self,
        *,
        market: MarketData,
        bases: Mapping[VenueName, Asset],
        clock: Clock,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """`bases` are the currencies in which an asset alone is priced."""
        self._patience_seconds = patience_seconds
        self._market = market
        self._bases = dict(bases)
        self._clock = clock

    async def prices(self, names: Sequence[str], venue: VenueName | None) -> PricesView:
        """Return the price of each name from each venue that has one; raises when none has any."""
        feed = self._market.feed
        if venue is not None and venue not in feed.venues:
            known = ", ".join(feed.venues) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
        wanted = {name: parse_name(name) for name in names}
        venues = feed.venues if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = {each: group.create_task(self._in_time(each, wanted)) for each in venues}
        answers = [answer for task in tasks.values() if (answer := task.result()) is not None]
        views, problems = (
            [],
            [
                f"{each}: no answer within {self._patience_seconds:g} s"
                for each, task in tasks.items()
                if task.result() is None
            ],
        )
        for name in wanted:
            given = [answer[name] for answer in answers]
            found = [each for each in given if isinstance(each, PriceView)]
            views += found
            if not found and (given or not tasks):
                problems.append("; ".join(str(each) for each in given) or "no venue is set up")
        if not views:
            raise PriceError("; ".join(problems))
        return PricesView(prices=tuple(views), problems=tuple(problems))

    async def _in_time(
        self, venue: VenueName, wanted: Mapping[str, Asset | Symbol]
    ) -> Mapping[str, PriceView | str] | None:
        """Return what one venue says; None when it keeps the others' prices waiting."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._at(venue, wanted)
        except TimeoutError:
            return None

    async def _at(
        self, venue: VenueName, wanted: Mapping[str, Asset | Symbol]
    ) -> Mapping[str, PriceView | str]:
        """Return a price or the reason for each name, with one question for all of them."""
        try:
            listed = (await self._market.feed.instruments(venue)).keys()
        except VenueError as error:
            return dict.fromkeys(wanted, str(error))
        base = self._bases.get(venue)
        symbols = {name: find_listed(each, listed, base) for name, each in wanted.items()}
        asked = [symbol for symbol in symbols.values() if symbol is not None]
        views = await self._views(venue, asked) if asked else {}
        return {
            name: f"{venue} does not list {wanted[name]}" if symbol is None else views[symbol]
            for name, symbol in symbols.items()
        }

    async def _views(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, PriceView | str]:
        prices = await self._market.feed.fresh_prices(venue, symbols)
        usable = {symbol: each for symbol, each in prices.items() if isinstance(each, Price)}
        bare = [symbol for symbol, each in usable.items() if each.spread_fraction is None]
        books = await self._market.feed.books(venue, bare) if bare else {}
        silent = [symbol for symbol, each in usable.items() if each.day_change_fraction is None]
        before = await self._a_day_ago(venue, silent)
        return {
            symbol: self._view(each, books.get(symbol), before.get(symbol))
            if isinstance(each, Price)
            else str(each)
            for symbol, each in prices.items()
        }

    async def _a_day_ago(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Decimal]:
        """Return what our own candles say of then; no venue is asked for it."""
        then = self._clock.now() - _DAY
        opened = _HOUR.start_of(then)
        try:
            kept = await self._market.candles.stored(venue, symbols, _HOUR, start=opened)
        except StorageError:
            return {}
        is_late = then - opened > _HOUR.length / 2
        return {
            symbol: candle.close if is_late else candle.open
            for symbol, series in kept.items()
            for candle in series.candles[:1]
            if candle.opened_at == opened
        }

    def _view(
        self, price: Price, book: Book | PriceError | None, before: Decimal | None
    ) -> PriceView:
        bid, ask = price.bid, price.ask
        if isinstance(book, Book):
            bid, ask = book.bids[0].price, book.asks[0].price
        change = price.day_change_fraction
        if change is None and before is not None:
            change = price.value / before - 1
        return PriceView(
            venue=price.venue,
            symbol=price.symbol,
            value=price.value,
            bid=bid,
            ask=ask,
            spread_fraction=None if bid is None or ask is None else (ask - bid) / price.value,
            day_change_fraction=change,
            is_pushed=self._market.feed.was_pushed(price),
            as_of=price.as_of,
            age_seconds=self._market.feed.age_seconds(price),
        )
