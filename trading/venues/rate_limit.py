"""Models a venue's call counter, so that we wait for it instead of hitting it."""

from __future__ import annotations

from dataclasses import dataclass

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.venues.port import Priority

_TURN = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBudget:
    """A counter that calls raise and time lowers; above `ceiling` the venue refuses.

    `headroom` is kept free for whoever is more urgent, one step of it for each priority below
    the highest.
    """

    ceiling: float
    decay_per_second: float
    headroom: float = 0.0

    def level_after(self, level: float, seconds: float) -> float:
        """Return where the counter stands when nobody calls for so long."""
        return max(0.0, level - self.decay_per_second * max(0.0, seconds))

    def seconds_until_allowed(self, level: float, cost: float, priority: Priority) -> float:
        """Return how long to wait before a call of this cost fits under the ceiling."""
        usable = max(cost, self.ceiling - self.headroom * priority)
        return max(0.0, level + cost - usable) / self.decay_per_second


class RateLimiter:
    """One counter of one key or address; calls that do not fit wait, the urgent ones least."""

    def __init__(self, *, venue: str, budget: CallBudget, clock: Clock) -> None:
        """Start empty: a restart forgets at most what the venue forgets in a minute."""
        self._venue = venue
        self._budget = budget
        self._clock = clock
        self._level = 0.0
        self._at = clock.monotonic()

    @property
    def level(self) -> float:
        """Where the counter stands now, by our own reckoning."""
        return self._budget.level_after(self._level, self._clock.monotonic() - self._at)

    @property
    def share_left(self) -> float:
        """How much of the limit is left now: 1 all of it, 0 nothing."""
        return max(0.0, 1.0 - self.level / self._budget.ceiling)

    async def spend(self, cost: float, priority: Priority, *, patience_seconds: float) -> None:
        """Wait until the call fits and count it; VenueUnavailable when that takes too long."""
        give_up_at = self._clock.monotonic() + patience_seconds
        while wait := self._budget.seconds_until_allowed(self.level, cost, priority):
            if self._clock.monotonic() + wait > give_up_at:
                raise VenueUnavailable(
                    self._venue,
                    "the venue's call limit is used up; nothing was sent",
                    retry_after_seconds=wait,
                )
            await self._clock.sleep(max(_TURN, wait))
        self.charge(cost)

    def charge(self, cost: float) -> None:
        """Count a call that was made whatever the limit says."""
        self._level = self.level + cost
        self._at = self._clock.monotonic()

    def exhausted(self) -> None:
        """Learn that the venue refused for its limit: it counts more than we do."""
        self._level = self._budget.ceiling
        self._at = self._clock.monotonic()
