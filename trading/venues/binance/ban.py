"""After "too many requests" Binance wants quiet; whoever goes on is banned, for minutes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.events import OwnerNotice
from trading.venues.port import Priority

OnTrouble = Callable[[OwnerNotice], None]

_LEAST_SECONDS = 1.0


class Ban:
    """Keeps requests back until the venue hears us again.

    While we are only asked to slow down, one emergency may try, since it may be over already;
    during a ban nothing is sent at all: each request makes it longer.
    """

    def __init__(self, *, venue: str, clock: Clock, on_trouble: OnTrouble) -> None:
        """Start outside of any; `on_trouble` is told of each that begins."""
        self._venue = venue
        self._clock = clock
        self._on_trouble = on_trouble
        self._until = 0.0
        self._is_ban = False
        self._was_tried = False
        self._reason = ""

    @property
    def remaining_seconds(self) -> float:
        """How long to keep still yet; 0 when nothing stands against asking."""
        return max(0.0, self._until - self._clock.monotonic())

    def began(self, seconds: float, *, is_ban: bool, reason: str) -> None:
        """Take note that the venue says so."""
        was_worse = self.remaining_seconds and (self._is_ban or not is_ban)
        until = self._clock.monotonic() + max(_LEAST_SECONDS, seconds)
        self._until = max(self._until, until)
        if was_worse:
            return
        self._is_ban, self._was_tried, self._reason = is_ban, False, reason
        self._tell()

    def answered(self) -> None:
        """Take note of an answer: it ends nothing unless it is that of the one that tried.

        Others were on their way when we were told to keep still.
        """
        if self._was_tried:
            self._until = 0.0

    def check(self, priority: Priority) -> None:
        """Raise VenueUnavailable, saying until when, for a request that must not be made now."""
        remaining = self.remaining_seconds
        if not remaining:
            return
        if priority is Priority.EMERGENCY and not self._is_ban and not self._was_tried:
            self._was_tried = True
            return
        raise VenueUnavailable(
            self._venue,
            f"{self._reason}: no request before {self._until_words()}, nothing was sent. "
            "Binance's website and app still work",
            retry_after_seconds=remaining,
        )

    def _until_words(self) -> str:
        until = self._clock.now() + timedelta(seconds=self.remaining_seconds)
        return f"{until:%H:%M:%S} UTC"

    def _tell(self) -> None:
        now = self._clock.now()
        what = "banned this address" if self._is_ban else "asks us to slow down"
        self._on_trouble(
            OwnerNotice(
                kind="lockout",
                text=(
                    f"{self._venue} {what} ({self._reason}). Nothing is sent there before "
                    f"{self._until_words()}; after that the bot goes on by itself. Binance's "
                    "website and app still work. If this comes again, another program asks from "
                    "the same address"
                ),
                at=now,
                key=f"ban:{self._venue}:{now.isoformat()}",
            )
        )
