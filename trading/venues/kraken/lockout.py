"""After a temporary lockout Kraken wants quiet: each call in it makes it longer."""

from __future__ import annotations

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.events import OwnerNotice
from trading.venues.kraken.errors import TEMPORARY_LOCKOUT
from trading.venues.nonce_recovery import OnTrouble
from trading.venues.port import Priority


class Lockout:
    """Keeps private calls back; one emergency may try, since it may be over already."""

    def __init__(self, *, venue: str, clock: Clock, seconds: float, on_trouble: OnTrouble) -> None:
        """Start outside of any; `on_trouble` is told of each that begins."""
        self._venue = venue
        self._clock = clock
        self._seconds = seconds
        self._on_trouble = on_trouble
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
        is_news = not self.remaining_seconds
        self._until = self._clock.monotonic() + self._seconds
        if is_news:
            self._was_tried = False
            self._tell()

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

    def _tell(self) -> None:
        now = self._clock.now()
        self._on_trouble(
            OwnerNotice(
                kind="lockout",
                text=(
                    f"{self._venue} answered {TEMPORARY_LOCKOUT}. For "
                    f"{self._seconds / 60:.0f} minutes nothing but an emergency is sent there, "
                    "since each try would make it longer; after that the bot goes on by itself. "
                    "Kraken's website and app still work"
                ),
                at=now,
                key=f"lockout:{self._venue}:{now.isoformat()}",
            )
        )
