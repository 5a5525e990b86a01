"""Where Kraken's clock stands, so that a deadline means the same moment to both of us."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.clock import Clock
from trading.errors import VenueError, VenueProtocolError
from trading.model.identifiers import VenueName
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.session import KrakenSession
from trading.venues.port import Priority

_log = logging.getLogger(__name__)

_LIFETIME_SECONDS = 600.0
_SLOWEST_SECONDS = 2.0
_PAUSE_SECONDS = 30.0
"""After a failure: the next orders must not each wait for an answer that does not come."""
_LATELY_SECONDS = 2.0
"""An answer as young as this stands for another one."""
_HALF_A_SECOND = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Kraken's time at a moment of our monotonic clock.

    Off by half a second and half a round trip at most.
    """

    at: datetime
    monotonic: float

    def now(self, monotonic: float) -> datetime:
        """Return Kraken's time now, however our own wall clock was stepped since."""
        return self.at + timedelta(seconds=monotonic - self.monotonic)


class VenueTime:
    """Asks for Kraken's time when it is needed and the last answer is old."""

    def __init__(self, *, name: VenueName, session: KrakenSession, clock: Clock) -> None:
        """Start without a reading."""
        self._name = name
        self._session = session
        self._clock = clock
        self._lock = asyncio.Lock()
        self._reading: Reading | None = None
        self._told: Reading | None = None
        """What Kraken said last, when it came: its clock stood there at least."""
        self._not_before: float | None = None

    async def ask(self) -> datetime:
        """Return Kraken's time, and remember where it stands."""
        asked = self._clock.monotonic()
        result = await self._session.public("Time", {}, priority=Priority.ORDERS)
        received = self._clock.monotonic()
        try:
            whole_second = Row.of(result, "Time").time("unixtime")
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        self._told = Reading(at=whole_second, monotonic=received)
        if received - asked <= _SLOWEST_SECONDS:
            middle = (asked + received) / 2
            self._reading = Reading(at=whole_second + _HALF_A_SECOND, monotonic=middle)
        return whole_second

    async def ask_unless_told(self) -> datetime:
        """Return Kraken's time, never a later one, from an answer of the last moments if any."""
        told, now = self._told, self._clock.monotonic()
        if told is not None and now - told.monotonic <= _LATELY_SECONDS:
            return told.now(now)
        return await self.ask()

    def heard(self, at: datetime, *, asked: float, received: float) -> None:
        """Learn Kraken's time from an answer that states it, between these moments of ours."""
        if received - asked <= _SLOWEST_SECONDS:
            self._reading = Reading(at=at, monotonic=(asked + received) / 2)

    def doubt(self) -> None:
        """Ask anew before it is next needed: the engine says that a deadline is past already.

        Our monotonic clock stands still while the machine sleeps.
        """
        self._reading = self._told = None

    async def translate(self, at: datetime) -> datetime:
        """Return the moment `at` of our wall clock as Kraken's clock will show it.

        Where Kraken's time cannot be had, our own is taken: at worst the engine refuses.
        """
        async with self._lock:
            if self._is_due():
                try:
                    async with asyncio.timeout(_SLOWEST_SECONDS):
                        await self.ask()
                except (VenueError, TimeoutError) as error:
                    self._not_before = self._clock.monotonic() + _PAUSE_SECONDS
                    _log.warning("venue time unknown venue=%s reason=%s", self._name, error)
        if self._reading is None:
            return at
        ahead = at - self._clock.now()
        return self._reading.now(self._clock.monotonic()) + ahead

    def _is_due(self) -> bool:
        now = self._clock.monotonic()
        if self._not_before is not None and now < self._not_before:
            return False
        return self._reading is None or now - self._reading.monotonic > _LIFETIME_SECONDS
