"""Prices, books and instruments of every venue: pushed or asked for once, checked, never stale."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from trading.clock import Clock
from trading.errors import PriceError, VenueError
from trading.market.batches import SharedBatches
from trading.market.listings import Listings
from trading.market.price_checks import (
    PriceLimits,
    PriceTrack,
    check_age,
    check_book,
    fault_of,
    follow,
    jump_error,
)
from trading.market.pushed_prices import PushedPrices
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Book, Price
from trading.venues.port import VenueAdapter

_SYMBOLS_A_TIMEOUT = 45
"""So many more symbols, so much more time: the call limit may have to spread a batch out."""


class MarketFeed:
    """The one place that asks venues for market data."""

    def __init__(
        self,
        *,
        adapters: Mapping[VenueName, VenueAdapter],
        clock: Clock,
        limits: PriceLimits | None = None,
        instruments_ttl_seconds: float = 3600.0,
        instruments_limit_seconds: float = 86_400.0,
        timeout_seconds: float = 45.0,
    ) -> None:
        """Instruments are asked for anew after the ttl; past the limit old ones are refused."""
        self._adapters = dict(adapters)
        self._clock = clock
        self._limits = limits or PriceLimits()
        self._timeout = timeout_seconds
        self._tracks: dict[tuple[VenueName, Symbol], PriceTrack] = {}
        self._pushed = {
            venue: PushedPrices(adapter=adapter, clock=clock, limits=self._limits)
            for venue, adapter in adapters.items()
        }
        self._listings = Listings(
            adapters=adapters,
            clock=clock,
            ttl_seconds=instruments_ttl_seconds,
            limit_seconds=instruments_limit_seconds,
            timeout_seconds=timeout_seconds,
        )
        self._books: dict[tuple[VenueName, Symbol], Book] = {}
        self._price_batches: SharedBatches[VenueName, Symbol, Price | PriceError] = SharedBatches()
        self._book_batches: SharedBatches[VenueName, Symbol, Book | PriceError] = SharedBatches()

    @property
    def venues(self) -> tuple[VenueName, ...]:
        """Every venue there is."""
        return tuple(self._adapters)

    async def price(self, venue: VenueName, symbol: Symbol) -> Price:
        """Return a usable price; raises PriceError when there is none."""
        price = (await self.prices(venue, (symbol,)))[symbol]
        if isinstance(price, PriceError):
            raise price
        return price

    async def prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """Return a usable price or the reason for each symbol; one bad symbol fails alone.

        Prices younger than the limit come from memory, and so does what a live stream pushed: a
        quiet price is not a stale one. Whoever asks for the same symbol while it is being fetched
        shares the answer.
        """
        answers: dict[Symbol, Price | PriceError] = {}
        wanted: list[Symbol] = []
        for symbol in dict.fromkeys(symbols):
            track = self._tracks.get((venue, symbol))
            if track is None or track.good is None or self._is_worn(venue, track):
                wanted.append(symbol)
            else:
                answers[symbol] = track.good
        if wanted:
            answers |= await self._price_batches.get(
                venue, wanted, lambda missing: self._fetch_prices(venue, missing)
            )
        return answers

    async def fresh_prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """As `prices`, but new: pushed within the limit, or asked for now.

        What is about to be traded rests on these.
        """
        answers: dict[Symbol, Price | PriceError] = {}
        wanted: list[Symbol] = []
        for symbol in dict.fromkeys(symbols):
            price = self._pushed_now(venue, symbol)
            if price is None:
                wanted.append(symbol)
            else:
                answers[symbol] = price
        if wanted:
            answers |= await self._price_batches.get(
                venue, wanted, lambda missing: self._fetch_prices(venue, missing)
            )
        return answers

    def in_memory(self, venue: VenueName) -> Mapping[Symbol, Price]:
        """Return the usable prices of a venue that are in memory; asks nobody."""
        return {
            symbol: track.good
            for (name, symbol), track in self._tracks.items()
            if name == venue and track.good is not None and not self._is_worn(venue, track)
        }

    def watch(self, venue: VenueName, symbols: Collection[Symbol]) -> None:
        """Have exactly these prices pushed."""
        self._pushed[venue].watch(symbols)

    def watched(self, venue: VenueName) -> frozenset[Symbol]:
        """Return whose prices are to be pushed."""
        return self._pushed[venue].watched

    def price_pushed(self, price: Price) -> None:
        """Hear of a price from the venue's stream; it is held to the same rules as any other."""
        if isinstance(self._take_price(price.venue, price.symbol, price), Price):
            self._pushed[price.venue].take(price)

    def was_pushed(self, price: Price) -> bool:
        """Tell whether a price came from the venue's stream rather than by a question."""
        return self._pushed[price.venue].was_pushed(price)

    async def book(self, venue: VenueName, symbol: Symbol) -> Book:
        """Return a usable book, asked for now; raises PriceError when there is none."""
        book = (await self.books(venue, (symbol,)))[symbol]
        if isinstance(book, PriceError):
            raise book
        return book

    async def books(
        self, venue: VenueName, symbols: Collection[Symbol], *, max_age_seconds: float = 0.0
    ) -> Mapping[Symbol, Book | PriceError]:
        """Return a usable book or the reason for each symbol, asked for now.

        With `max_age_seconds`, one that is no older serves again.
        """
        answers: dict[Symbol, Book | PriceError] = {}
        wanted: list[Symbol] = []
        for symbol in dict.fromkeys(symbols):
            book = self._books.get((venue, symbol)) if max_age_seconds else None
            if book is None or self.book_age_seconds(book) > max_age_seconds:
                wanted.append(symbol)
            else:
                answers[symbol] = book
        if wanted:
            answers |= await self._book_batches.get(
                venue, wanted, lambda missing: self._fetch_books(venue, missing)
            )
        return answers

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what the venue lists; raises VenueError when that cannot be known."""
        return await self._listings.instruments(venue)

    def instruments_age_seconds(self, venue: VenueName) -> float | None:
        """Return the age of the list in use; None before it was first fetched."""
        return self._listings.age_seconds(venue)

    def age_seconds(self, price: Price) -> float:
        """Return the age of a price on the monotonic clock."""
        return max(0.0, self._clock.monotonic() - price.as_of_monotonic)

    def book_age_seconds(self, book: Book) -> float:
        """Return the age of a book on the monotonic clock."""
        return book.age_seconds(self._clock.monotonic())

    def _is_worn(self, venue: VenueName, track: PriceTrack) -> bool:
        """A price is not good enough while old, or while a newer one that jumped waits."""
        if track.good is None or track.jumped is not None:
            return True
        if check_age(track.good, self._clock.monotonic(), self._limits) is None:
            return False
        return not self._pushed[venue].still_stands(track.good)

    def _pushed_now(self, venue: VenueName, symbol: Symbol) -> Price | None:
        """Return a price that a live stream pushed within the limit; None when there is none."""
        track = self._tracks.get((venue, symbol))
        if track is None or track.good is None or track.jumped is not None:
            return None
        return track.good if self._pushed[venue].is_fresh(track.good) else None

    def _patience(self, symbols: Collection[Symbol]) -> float:
        return self._timeout * (1 + len(symbols) / _SYMBOLS_A_TIMEOUT)

    async def _fetch_prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        try:
            async with asyncio.timeout(self._patience(symbols)):
                fetched = await self._adapters[venue].fetch_prices(symbols)
        except (VenueError, TimeoutError) as error:
            return {symbol: _no_price(venue, symbol, error) for symbol in symbols}
        taken = {
            symbol: self._take_price(venue, symbol, fetched.get(symbol)) for symbol in symbols
        }
        for price in taken.values():
            if isinstance(price, Price):
                self._pushed[venue].replace(price)
        return taken

    def _take_price(
        self, venue: VenueName, symbol: Symbol, fetched: Price | VenueError | None
    ) -> Price | PriceError:
        if not isinstance(fetched, Price):
            return _no_price(venue, symbol, fetched)
        stale = check_age(fetched, self._clock.monotonic(), self._limits)
        if stale is not None:
            return stale
        track = follow(self._tracks.get((venue, symbol), PriceTrack()), fetched, self._limits)
        self._tracks[venue, symbol] = track
        return fetched if track.good is fetched else jump_error(track)

    async def _fetch_books(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Book | PriceError]:
        try:
            async with asyncio.timeout(self._patience(symbols)):
                fetched = await self._adapters[venue].fetch_books(symbols)
        except (VenueError, TimeoutError) as error:
            return {symbol: _no_price(venue, symbol, error) for symbol in symbols}
        return {symbol: self._take_book(venue, symbol, fetched.get(symbol)) for symbol in symbols}

    def _take_book(
        self, venue: VenueName, symbol: Symbol, fetched: Book | VenueError | None
    ) -> Book | PriceError:
        if not isinstance(fetched, Book):
            return _no_price(venue, symbol, fetched)
        problem = check_book(fetched, self._clock.monotonic(), self._limits)
        if problem is not None or fetched.mid is None:
            return problem or _no_price(venue, symbol, None)
        price = Price(
            venue=venue,
            symbol=symbol,
            value=fetched.mid,
            as_of=fetched.received_at,
            as_of_monotonic=fetched.received_monotonic,
            bid=fetched.bids[0].price,
            ask=fetched.asks[0].price,
        )
        taken = self._take_price(venue, symbol, price)
        if isinstance(taken, PriceError):
            return taken
        self._books[venue, symbol] = fetched
        return fetched


def _no_price(venue: VenueName, symbol: Symbol, error: Exception | None) -> PriceError:
    why = str(error) if error is not None else f"{venue}: the answer does not mention it"
    fault = fault_of(error)
    words = f"no price of {symbol}: {why or f'{venue} did not answer in time'}"
    return PriceError(words, fault=fault)
