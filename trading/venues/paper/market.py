"""What an order on paper meets: the real venue's instruments and books, asked for sparingly."""

from __future__ import annotations

from collections.abc import Mapping

from trading.clock import Clock
from trading.errors import VenueError, VenueRejected, VenueUnavailable
from trading.model.identifiers import Symbol
from trading.model.instrument import Instrument
from trading.model.market_data import Book
from trading.venues.public_venue import PublicVenue

_BOOK_SECONDS = 2.0
"""How old the book may be that an order meets."""
_INSTRUMENT_SECONDS = 600.0


class PaperMarket:
    """Keeps the last answers for as long as they may be used."""

    def __init__(self, *, public: PublicVenue, clock: Clock) -> None:
        """Ask nothing yet."""
        self._public = public
        self._clock = clock
        self._instruments: Mapping[Symbol, Instrument] = {}
        self._asked_at: float | None = None
        self._books: dict[Symbol, Book] = {}

    async def fresh_instruments(self) -> Mapping[Symbol, Instrument]:
        """Ask the venue for every instrument."""
        self._instruments = await self._public.fetch_instruments()
        self._asked_at = self._clock.monotonic()
        return self._instruments

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the instruments of the last ten minutes."""
        asked = self._asked_at
        if asked is None or self._clock.monotonic() - asked >= _INSTRUMENT_SECONDS:
            return await self.fresh_instruments()
        return self._instruments

    async def met_by(self, symbol: Symbol) -> tuple[Instrument, Book]:
        """Return what an order meets; whatever fails here fails before anything was taken."""
        name = self._public.name
        try:
            instrument = (await self.instruments()).get(symbol)
            if instrument is None:
                raise VenueRejected(name, f"paper: {symbol} is not listed")
            if (denied := instrument.check_status()) is not None:
                raise VenueRejected(name, f"paper: {denied.reason}")
            book = await self._book(symbol)
        except (VenueRejected, VenueUnavailable):
            raise
        except VenueError as error:
            raise VenueUnavailable(name, f"nothing was taken: {error}") from error
        return instrument, book

    async def _book(self, symbol: Symbol) -> Book:
        """Return the book; orders close together meet the same one, less what they took of it."""
        kept = self._books.get(symbol)
        if kept is not None and kept.age_seconds(self._clock.monotonic()) < _BOOK_SECONDS:
            return kept
        book = (await self._public.fetch_books([symbol]))[symbol]
        if isinstance(book, VenueError):
            raise book
        self._books[symbol] = book
        return book
