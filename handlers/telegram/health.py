"""Whether Telegram can be heard, since when it could not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.clock import Clock


class Reach(StrEnum):
    """How the connection to Telegram stands."""

    STARTING = "starting"
    POLLING = "polling"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The token is not accepted; a person must act."""
    CONFLICT = "conflict"
    """Another program polls with the same token."""
    DEAF = "deaf"
    """No error, and no good poll either; noticed by the watchdog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time without Telegram that is over; its length is monotonic, its times are for people."""

    began: datetime
    ended: datetime
    seconds: float
    reason: str


class TelegramHealth:
    """Written by the connection, the poller and the watchdog; read by /health and HTTP."""

    def __init__(self, *, clock: Clock) -> None:
        """Start as not connected yet, which counts as down since now."""
        self._clock = clock
        self.reach = Reach.STARTING
        self.reason = "not connected yet"
        self.last_good_poll_at: datetime | None = None
        self._last_good_monotonic = clock.monotonic()
        self._last_sign_monotonic = clock.monotonic()
        self._down_since: datetime | None = clock.now()
        self._down_monotonic = clock.monotonic()

    @property
    def is_healthy(self) -> bool:
        """True while polls succeed."""
        return self.reach is Reach.POLLING

    @property
    def down_since(self) -> datetime | None:
        """Since when nothing was heard; None while polls succeed."""
        return self._down_since

    @property
    def silence_seconds(self) -> float:
        """Seconds since the last good poll (since the start before the first)."""
        return self._clock.monotonic() - self._last_good_monotonic

    @property
    def quiet_seconds(self) -> float:
        """Seconds since a poll last ended, well or badly."""
        return self._clock.monotonic() - self._last_sign_monotonic

    def failed(self, reach: Reach, reason: str) -> None:
        """Note a failure; the first of a row is when the outage began."""
        self.reach = reach
        self.reason = reason
        self._last_sign_monotonic = self._clock.monotonic()
        if self._down_since is None:
            self._down_since = self._clock.now()
            self._down_monotonic = self._clock.monotonic()

    def good_poll(self) -> Outage | None:
        """Note a good poll; returns the outage that it ended, if it ended one."""
        ended = None
        now = self._clock.now()
        monotonic = self._clock.monotonic()
        if self._down_since is not None:
            ended = Outage(
                began=self._down_since,
                ended=now,
                seconds=monotonic - self._down_monotonic,
                reason=self.reason,
            )
        self.reach = Reach.POLLING
        self.reason = ""
        self.last_good_poll_at = now
        self._last_good_monotonic = monotonic
        self._last_sign_monotonic = monotonic
        self._down_since = None
        return ended
