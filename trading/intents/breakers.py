"""Showing and resetting breakers; a reset is followed by fresh balances, with retries."""

from __future__ import annotations

import asyncio

from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import CommandError
from trading.intents.balances import RefreshOutcome, refresh_one
from trading.model.identifiers import VenueName
from trading.risk.breakers import Breakers, BreakerView

_PAUSES_SECONDS = (1.0, 3.0)
"""Between the attempts to read balances after a reset."""


class BreakerIntents:
    """What can be asked about breakers, from any door."""

    def __init__(self, *, breakers: Breakers, manager: BalanceManager, clock: Clock) -> None:
        """Take the breakers and the balances that prove a reset."""
        self._breakers = breakers
        self._manager = manager
        self._clock = clock

    async def show(self, venue: VenueName | None) -> tuple[BreakerView, ...]:
        """Return the breakers of one venue, or all."""
        self._check(venue)
        return self._breakers.show(venue)

    async def reset(self, venue: VenueName | None, by: str) -> tuple[RefreshOutcome, ...]:
        """Close the breakers, then force fresh balances and say how that went."""
        self._check(venue)
        await self._breakers.reset(venue, by)
        venues = self._manager.venues if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    refresh_one(self._manager, self._clock, name, pauses_seconds=_PAUSES_SECONDS)
                )
                for name in venues
            ]
        return tuple(task.result() for task in tasks)

    def _check(self, venue: VenueName | None) -> None:
        if venue is not None and venue not in self._manager.venues:
            known = ", ".join(self._manager.venues) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
