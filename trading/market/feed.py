"""Prices, books and instruments of every venue: pushed or asked for once, checked, never stale."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from trading.clock import Clock
from trading.errors import PriceError, VenueError, VenueUnavailable
from trading.market.batches import SharedBatches
from trading.market.price_checks import (
    PriceLimits,
    PriceTrack,
    check_age,
    check_book,
    follow,
    jump_error,
)
from trading.market.pushed_prices import PushedPrices
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Book, Price
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    instruments: Mapping[Symbol, Instrument]
    fetched_monotonic: float


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
        self._ttl = instruments_ttl_seconds
        self._instruments_limit = instruments_limit_seconds
        self._timeout = timeout_seconds
        self._tracks: dict[tuple[VenueName, Symbol], PriceTrack] = {}
        self._pushed = {
            venue: PushedPrices(adapter=adapter, clock=clock, limits=self._limits)
            for venue, adapter in adapters.items()
        }
        self._listings: dict[VenueName, _Listing] = {}
        self._listing_locks = {venue: asyncio.Lock() for venue in adapters}
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

    async def book(self, venue: VenueName, symbol: Symbol) -> Book:
        """Return a usable book, asked for now; raises PriceError when there is none."""
        book = (await self.books(venue, (symbol,)))[symbol]
        if isinstance(book, PriceError):
            raise book
        return book

    async def books(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Book | PriceError]:
        """Return a usable book or the reason for each symbol, asked for now."""
        return await self._book_batches.get(
            venue, symbols, lambda missing: self._fetch_books(venue, missing)
        )

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what the venue lists; raises VenueError when that cannot be known.

        While the venue does not answer, yesterday's list stays in use: steps and minimums
        change rarely, and the venue checks them again on every order.
        """
        async with self._listing_locks[venue]:
            listing = self._listings.get(venue)
            age = self._age(listing)
            if listing is not None and age is not None and age <= self._ttl:
                return listing.instruments
            try:
                async with asyncio.timeout(self._timeout):
                    instruments = await self._adapters[venue].fetch_instruments()
            except (VenueError, TimeoutError) as error:
                if listing is None or age is None or age > self._instruments_limit:
                    raise _as_venue_error(venue, error) from error
                _log.warning("old instruments in use venue=%s age=%.0f", venue, age)
                return listing.instruments
            self._listings[venue] = _Listing(
                instruments=instruments, fetched_monotonic=self._clock.monotonic()
            )
            return instruments

    def instruments_age_seconds(self, venue: VenueName) -> float | None:
        """Return the age of the list in use; None before it was first fetched."""
        return self._age(self._listings.get(venue))

    def age_seconds(self, price: Price) -> float:
        """Return the age of a price on the monotonic clock."""
        return max(0.0, self._clock.monotonic() - price.as_of_monotonic)

    def book_age_seconds(self, book: Book) -> float:
        """Return the age of a book on the monotonic clock."""
        return book.age_seconds(self._clock.monotonic())

    def _age(self, listing: _Listing | None) -> float | None:
        if listing is None:
            return None
        return self._clock.monotonic() - listing.fetched_monotonic

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

    async def _fetch_prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        try:
            async with asyncio.timeout(self._timeout):
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
            async with asyncio.timeout(self._timeout):
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
        return taken if isinstance(taken, PriceError) else fetched


def _no_price(venue: VenueName, symbol: Symbol, error: Exception | None) -> PriceError:
    why = str(error) if error is not None else f"{venue}: the answer does not mention it"
    return PriceError(f"no price of {symbol}: {why or 'no answer in time'}")


def _as_venue_error(venue: VenueName, error: VenueError | TimeoutError) -> VenueError:
    if isinstance(error, VenueError):
        return error
    return VenueUnavailable(venue, "the list of instruments did not come in time; try again")
