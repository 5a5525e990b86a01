"""The matching engine's counters: each pair has one, and cancelling a young order costs most."""

from __future__ import annotations

from trading.clock import Clock
from trading.model.identifiers import Symbol
from trading.venues.port import Priority
from trading.venues.rate_limit import CallBudget, RateLimiter

_CANCEL_COSTS = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""Younger than so many seconds, so many points."""


def cancel_cost(age_seconds: float) -> int:
    """Return what cancelling an order of this age costs."""
    return next((cost for age, cost in _CANCEL_COSTS if age_seconds < age), 0)


class OrderCounters:
    """Reckons them for every pair that was traded, whichever way the orders went."""

    def __init__(self, *, venue: str, budget: CallBudget, clock: Clock) -> None:
        """Start empty."""
        self._venue = venue
        self._budget = budget
        self._clock = clock
        self._pairs: dict[Symbol, RateLimiter] = {}

    async def admit(self, symbol: Symbol, *, patience_seconds: float) -> None:
        """Wait until an order fits; VenueUnavailable when its deadline comes before that."""
        await self._of(symbol).spend(1, Priority.EMERGENCY, patience_seconds=patience_seconds)

    def batched(self, symbol: Symbol, count: int) -> None:
        """Give back what orders that were admitted one by one save by leaving in one request.

        A batch counts half as much as its orders, rounded up:
        https://docs.kraken.com/exchange/guides/general/ratelimits (2026-11-21).
        """
        self._of(symbol).charge(-(count // 2))

    def cancelled(self, symbol: Symbol, *, age_seconds: float) -> None:
        """Count a cancellation: it is never refused, but what follows waits for it."""
        self._of(symbol).charge(cancel_cost(age_seconds))

    def _of(self, symbol: Symbol) -> RateLimiter:
        if symbol not in self._pairs:
            self._pairs[symbol] = RateLimiter(
                venue=self._venue, budget=self._budget, clock=self._clock
            )
        return self._pairs[symbol]
