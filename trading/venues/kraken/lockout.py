"""After a temporary lockout Kraken wants quiet: each call in it makes it longer."""

from __future__ import annotations

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.venues.kraken.errors import TEMPORARY_LOCKOUT
from trading.venues.port import Priority


class Lockout:
    """Keeps private calls back; one emergency may try, since it may be over already."""

    def __init__(self, *, venue: str, clock: Clock, seconds: float) -> None:
        """Start outside of any."""
        self._venue = venue
        self._clock = clock
        self._seconds = seconds
        self._until = 0.0
        self._was_tried = False

    @property
    def seconds(self) -> float:
        """How long one is taken to last."""
        return self._seconds

    @property
    def remaining_seconds(self) -> float:
        """How long to keep still yet; 0 when there is no lockout."""
        return max(0.0, self._until - self._clock.monotonic())

    def began(self) -> None:
        """Take note that Kraken says so."""
        if not self.remaining_seconds:
            self._was_tried = False
        self._until = self._clock.monotonic() + self._seconds

    def ended(self) -> None:
        """Take note that a private call passed."""
        self._until = 0.0

    def check(self, priority: Priority) -> None:
        """Raise VenueUnavailable for a call that must wait; an emergency passes once."""
        remaining = self.remaining_seconds
        if not remaining:
            return
        if priority is Priority.EMERGENCY and not self._was_tried:
            self._was_tried = True
            return
        raise VenueUnavailable(
            self._venue,
            f"{TEMPORARY_LOCKOUT}: keeping still for {remaining:.0f} s more, nothing was sent. "
            "Kraken's website and app still work",
            retry_after_seconds=remaining,
        )
