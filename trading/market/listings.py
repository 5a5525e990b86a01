"""What each venue lists, asked for once an hour; an old list serves while the venue is silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from trading.clock import Clock
from trading.errors import VenueError, VenueUnavailable
from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    instruments: Mapping[Symbol, Instrument]
    fetched_monotonic: float


class Listings:
    """The instruments of every venue."""

    def __init__(
        self,
        *,
        adapters: Mapping[VenueName, VenueAdapter],
        clock: Clock,
        ttl_seconds: float,
        limit_seconds: float,
        timeout_seconds: float,
    ) -> None:
        """Asked for anew after the ttl; past the limit an old list is refused."""
        self._adapters = dict(adapters)
        self._clock = clock
        self._ttl = ttl_seconds
        self._limit = limit_seconds
        self._timeout = timeout_seconds
        self._listings: dict[VenueName, _Listing] = {}
        self._locks = {venue: asyncio.Lock() for venue in adapters}

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what the venue lists; raises VenueError when that cannot be known.

        While the venue does not answer, yesterday's list stays in use: steps and minimums
        change rarely, and the venue checks them again on every order.
        """
        async with self._locks[venue]:
            listing, age = self._listings.get(venue), self.age_seconds(venue)
            if listing is not None and age is not None and age <= self._ttl:
                return listing.instruments
            try:
                async with asyncio.timeout(self._timeout):
                    instruments = await self._adapters[venue].fetch_instruments()
            except (VenueError, TimeoutError) as error:
                if listing is None or age is None or age > self._limit:
                    raise _as_venue_error(venue, error) from error
                _log.warning("old instruments in use venue=%s age=%.0f", venue, age)
                return listing.instruments
            self._listings[venue] = _Listing(
                instruments=instruments, fetched_monotonic=self._clock.monotonic()
            )
            return instruments

    def age_seconds(self, venue: VenueName) -> float | None:
        """Return the age of the list in use; None before it was first fetched."""
        listing = self._listings.get(venue)
        return None if listing is None else self._clock.monotonic() - listing.fetched_monotonic


def _as_venue_error(venue: VenueName, error: VenueError | TimeoutError) -> VenueError:
    if isinstance(error, VenueError):
        return error
    return VenueUnavailable(venue, "the list of instruments did not come in time; try again")
