"""Cancelling everything at every venue; needs no journal, and halts first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from trading.errors import VenueError
from trading.model.identifiers import VenueName

_log = logging.getLogger(__name__)
DEADLINE_SECONDS = 20.0


class AllCanceller(Protocol):
    """What this asks of a venue."""

    async def cancel_all(self) -> int:
        """Cancel every open order of the account; return how many."""
        ...


class Halting(Protocol):
    """What this asks of the trading gate."""

    async def halt(self, reason: str, by: str) -> object:
        """Stop everything new."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAllOutcome:
    """One venue: how many orders it cancelled, or why that is not known."""

    venue: VenueName
    cancelled: int | None
    error: str | None


class EmergencyIntents:
    """What must work when little else does."""

    def __init__(self, *, venues: Mapping[VenueName, AllCanceller], gate: Halting) -> None:
        """Take the venues (behind their breakers: emergency calls pass those) and the gate."""
        self._venues = dict(venues)
        self._gate = gate

    async def cancel_all(self, by: str) -> tuple[CancelAllOutcome, ...]:
        """Halt, then cancel everything at all venues at once; each fails alone."""
        await self._gate.halt("cancel all", by)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.cancel_at(name)) for name in self._venues]
        return tuple(task.result() for task in tasks)

    async def cancel_at(self, venue: VenueName) -> CancelAllOutcome:
        """Cancel everything at one venue, without halting; never raises a fault of the venue."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                cancelled = await self._venues[venue].cancel_all()
        except (VenueError, TimeoutError) as error:
            reason = str(error) or f"no answer within {DEADLINE_SECONDS:.0f} s"
            _log.warning("cancel all failed venue=%s why=%s", venue, reason)
            return CancelAllOutcome(venue=venue, cancelled=None, error=reason)
        _log.warning("cancelled all venue=%s count=%d", venue, cancelled)
        return CancelAllOutcome(venue=venue, cancelled=cancelled, error=None)
