"""Whether what a venue's private stream has pushed still proves anything; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Both clocks, read together."""

    now: datetime
    monotonic: float

    def earlier(self, seconds: float) -> Instant:
        """Return the moment so many seconds before."""
        return Instant(
            now=self.now - timedelta(seconds=seconds), monotonic=self.monotonic - seconds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """How long a stream is trusted, and on what; in seconds."""

    silent_seconds: float = 20.0
    """No sign of life for so long, and it is not live, whatever the adapter thinks of it."""
    referee_seconds: float = 300.0
    """A live stream proves nothing unless an answer of the venue is at most so old."""
    lag_seconds: float = 10.0
    """No live stream is further behind than this."""


STREAM_LIMITS = StreamLimits()


class StreamLife:
    """The life of one private stream, from a baseline to its loss.

    What it pushed is confirmed by any sign of life together with a referee: an answer of the
    venue's other interface that did not contradict it. A baseline that stood up to questions is
    an answer too, and proves the account for as long as any answer does.
    """

    def __init__(self, *, freshness_seconds: float, limits: StreamLimits = STREAM_LIMITS) -> None:
        """Start without a stream; an answer is fresh for `freshness_seconds`."""
        self._freshness = freshness_seconds
        self.limits = limits
        self._sign: Instant | None = None
        self._proven_until: float | None = None
        self._referee_at: float | None = None
        self.is_open = False
        """True from a believed baseline on, until the stream is lost."""

    def begin(self, at: Instant) -> None:
        """Note a baseline that stood up to questions."""
        self.is_open = True
        self._sign = at
        self._prove(at.monotonic + self._freshness)

    def sign(self, at: Instant) -> None:
        """Note a sign of life."""
        self._sign = at

    def referee(self, monotonic: float) -> None:
        """Note an answer that bears the stream out, or that the balances rest on by itself."""
        self._referee_at = monotonic
        self._prove(monotonic + self.limits.referee_seconds)

    def lose(self) -> None:
        """Note that what was pushed is confirmed no more."""
        self.is_open = False

    def is_live(self, at: Instant) -> bool:
        """True while in sequence and heard of; a connected but silent stream is not live."""
        silent = None if self._sign is None else at.monotonic - self._sign.monotonic
        return self.is_open and silent is not None and silent <= self.limits.silent_seconds

    def is_proven(self, at: Instant) -> bool:
        """True while a referee stands behind it."""
        return self._proven_until is not None and at.monotonic <= self._proven_until

    def referee_age(self, at: Instant) -> float | None:
        """Return how old the last referee is; None before the first."""
        return None if self._referee_at is None else max(0.0, at.monotonic - self._referee_at)

    def problem(self, at: Instant) -> str | None:
        """Say what a live stream lacks; None when nothing."""
        if not self.is_live(at) or self.is_proven(at):
            return None
        age = self.referee_age(at)
        last = "it never did" if age is None else f"it last did {age:.0f} s ago"
        return (
            "the stream is live, but the venue has to answer besides it at least every "
            f"{self.limits.referee_seconds:g} s, and {last}"
        )

    def confirmed(self) -> Instant | None:
        """Return when the pushed account was last known to be true."""
        if self._sign is None or self._proven_until is None:
            return None
        return self._sign.earlier(max(0.0, self._sign.monotonic - self._proven_until))

    def _prove(self, until: float) -> None:
        self._proven_until = max(until, self._proven_until or until)
