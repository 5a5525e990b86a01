"""Where Binance's clock stands: each signed request states the time, and is refused when wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trading.clock import Clock
from trading.errors import VenueError

_log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LIFETIME_SECONDS = 3600.0
_SLOWEST_SECONDS = 2.0
_PAUSE_SECONDS = 30.0
"""After a failure: the next requests must not each wait for an answer that does not come."""
_STEP_SECONDS = 0.5
"""So far apart, our own two clocks no longer agree: the machine slept, or its clock was set."""

AskTime = Callable[[], Awaitable[datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Binance's time, and ours by both clocks, half way through the question."""

    at: datetime
    monotonic: float
    wall: datetime

    def now(self, monotonic: float) -> datetime:
        """Return Binance's time now, however our own wall clock was set since."""
        return self.at + timedelta(seconds=monotonic - self.monotonic)


class VenueClock:
    """Asks for the time when it is needed and the last answer is old or doubted."""

    def __init__(self, *, venue: str, clock: Clock) -> None:
        """Start without a reading: our own clock stands in until there is one."""
        self._venue = venue
        self._clock = clock
        self._lock = asyncio.Lock()
        self._reading: Reading | None = None
        self._not_before: float | None = None

    def now(self) -> datetime:
        """Return Binance's time as far as it is known."""
        if self._reading is None:
            return self._clock.now()
        return self._reading.now(self._clock.monotonic())

    def milliseconds(self) -> int:
        """Return it as requests state it."""
        return (self.now() - _EPOCH) // _MILLISECOND

    def doubt(self) -> None:
        """Ask anew before it is next needed: the venue says that our time is wrong."""
        self._reading = None
        self._not_before = None

    async def read(self, ask: AskTime) -> datetime:
        """Ask, and remember where the clock stands unless the answer took too long."""
        asked, wall = self._clock.monotonic(), self._clock.now()
        at = await ask()
        taken = self._clock.monotonic() - asked
        if taken <= _SLOWEST_SECONDS:
            half = timedelta(seconds=taken / 2)
            self._reading = Reading(at=at, monotonic=asked + taken / 2, wall=wall + half)
        return at

    async def be_sure(self, ask: AskTime) -> None:
        """Have a reading that can be relied on; where none can be had, do without."""
        async with self._lock:
            if not self._is_due():
                return
            try:
                async with asyncio.timeout(_SLOWEST_SECONDS):
                    await self.read(ask)
            except (VenueError, TimeoutError) as error:
                self._not_before = self._clock.monotonic() + _PAUSE_SECONDS
                _log.warning("venue time unknown venue=%s reason=%s", self._venue, error)

    def _is_due(self) -> bool:
        now, reading = self._clock.monotonic(), self._reading
        if self._not_before is not None and now < self._not_before:
            return False
        if reading is None or now - reading.monotonic > _LIFETIME_SECONDS:
            return True
        went = (self._clock.now() - reading.wall).total_seconds()
        return abs(went - (now - reading.monotonic)) > _STEP_SECONDS
