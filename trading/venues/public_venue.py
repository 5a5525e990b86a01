"""The half of a venue that needs no account: what anybody may ask of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from trading.errors import VenueError
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Book, Candle, Price
from trading.venues.port import VenueState, VenueTraits
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.traffic import Traffic


class PublicVenue(Protocol):
    """The questions of `trading.venues.port.VenueAdapter` that carry no key."""

    @property
    def name(self) -> VenueName:
        """The owner's name for it."""
        ...

    @property
    def traits(self) -> VenueTraits:
        """Its fixed properties; those of an account do not count here."""
        ...

    async def __aenter__(self) -> Self:
        """Open sessions; makes no request."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        ...

    def pushed_state(self) -> VenueState | None:
        """Return what a live stream says that the venue allows."""
        ...

    async def fetch_state(self) -> VenueState:
        """Ask what the venue as a whole allows now."""
        ...

    async def fetch_time(self) -> datetime:
        """Return the venue's clock."""
        ...

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        """Return every spot instrument."""
        ...

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        """Return mid prices; one bad symbol fails alone."""
        ...

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        """Return the top of each book; one bad symbol fails alone."""
        ...

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        """Return the candles that opened since, oldest first, the running one last."""
        ...

    async def run_streams(self, listener: StreamListener) -> None:
        """Push prices until cancelled."""
        ...

    async def reconnect_streams(self) -> None:
        """Start the connections again now."""
        ...

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        """Have exactly these prices pushed from now on."""
        ...

    def stream_status(self) -> tuple[StreamStatus, ...]:
        """Return how each connection is."""
        ...

    def traffic(self) -> Traffic:
        """Return what is left of the call limits; asks nothing."""
        ...
