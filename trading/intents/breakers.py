"""Showing and resetting breakers; a reset is followed by fresh balances, with retries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import CommandError
from trading.intents.balances import RefreshOutcome, refresh_one
from trading.model.identifiers import VenueName
from trading.risk.breakers import Breakers, BreakerView
from trading.venues.streaming import StreamStatus

_PAUSES_SECONDS = (1.0, 3.0)
"""Between the attempts to read balances after a reset."""
_PATIENCE_SECONDS = 45.0
"""All attempts together: who asked is answered before he gives up."""


class Streaming(Protocol):
    """What these intents ask of a venue."""

    def stream_status(self) -> tuple[StreamStatus, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStreams:
    """The streams of one venue; a venue that has none is not mentioned."""

    venue: VenueName
    streams: tuple[StreamStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOutcome:
    """What a reset closed, and how it went with the venues."""

    closed: tuple[BreakerView, ...]
    """Those that were not closed and quiet, as they were before."""
    balances: tuple[RefreshOutcome, ...]
    duration_seconds: float


class BreakerIntents:
    """What can be asked about breakers, from any door."""

    def __init__(
        self,
        *,
        breakers: Breakers,
        manager: BalanceManager,
        clock: Clock,
        venues: Mapping[VenueName, Streaming] | None = None,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """Take the breakers, the balances that prove a reset, and the venues' streams."""
        self._breakers = breakers
        self._manager = manager
        self._clock = clock
        self._venues = dict(venues or {})
        self._patience_seconds = patience_seconds

    async def show(self, venue: VenueName | None) -> tuple[BreakerView, ...]:
        """Return the breakers of one venue, or all."""
        self._check(venue)
        return self._breakers.show(venue)

    async def streams(self, venue: VenueName | None) -> tuple[VenueStreams, ...]:
        """Return how the streams of one venue are, or of all that have any."""
        self._check(venue)
        found = (
            VenueStreams(venue=name, streams=each.stream_status())
            for name, each in self._venues.items()
            if venue in (None, name)
        )
        return tuple(each for each in found if each.streams)

    async def reset(self, venue: VenueName | None, by: str) -> tuple[RefreshOutcome, ...]:
        """Close the breakers, then force fresh balances and say how that went."""
        return (await self.reset_whole(venue, by)).balances

    async def reset_whole(self, venue: VenueName | None, by: str) -> ResetOutcome:
        """As `reset`, with what was closed."""
        self._check(venue)
        started = self._clock.monotonic()
        closed = await self._breakers.reset(venue, by)
        venues = self._manager.venues if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._prove(name)) for name in venues]
        return ResetOutcome(
            closed=closed,
            balances=tuple(task.result() for task in tasks),
            duration_seconds=self._clock.monotonic() - started,
        )

    async def _prove(self, venue: VenueName) -> RefreshOutcome:
        """Ask for balances until they come; a venue that only hangs is given up in time."""
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await refresh_one(
                    self._manager, self._clock, venue, pauses_seconds=_PAUSES_SECONDS
                )
        except TimeoutError:
            return RefreshOutcome(
                venue=venue,
                balances=None,
                error=f"{venue}: no answer within {self._patience_seconds:g} s",
                duration_seconds=self._clock.monotonic() - started,
            )

    def _check(self, venue: VenueName | None) -> None:
        if venue is not None and venue not in self._manager.venues:
            known = ", ".join(self._manager.venues) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
