"""Keeps an eye on the mode that each venue as a whole is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from trading.clock import Clock
from trading.errors import VenueError
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState

_log = logging.getLogger(__name__)

_ASKED_SECONDS = 30.0
_PUSHED_SECONDS = 1.0
"""Looking at what a live stream said costs no request."""
_TIMEOUT_SECONDS = 20.0


class StateTelling(Protocol):
    """What this asks of a venue."""

    def pushed_state(self) -> VenueState | None:
        """Return what a live stream says that the venue allows; None where one must ask."""
        ...

    async def fetch_state(self) -> VenueState:
        """Ask what the venue as a whole allows now."""
        ...


class VenueWatch:
    """`run` is a long-lived part; a venue that does not answer keeps the mode it last told."""

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, StateTelling],
        conditions: VenueConditions,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        """Take whom to ask and where the answers go."""
        self._venues = dict(venues)
        self._conditions = conditions
        self._bus = bus
        self._clock = clock

    async def run(self) -> None:
        """Look at every venue, each at its own pace, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for venue in self._venues:
                group.create_task(self._watch(venue))
            await asyncio.get_running_loop().create_future()

    async def _watch(self, venue: VenueName) -> None:
        while True:
            state = self._venues[venue].pushed_state()
            if state is None:
                await self._ask(venue)
            else:
                await self._take(venue, state)
            await self._pause(venue)

    async def _pause(self, venue: VenueName) -> None:
        """Wait until it is time to ask, or until a stream says something else."""
        known = self._conditions.states.get(venue)
        for _ in range(int(_ASKED_SECONDS / _PUSHED_SECONDS)):
            await self._clock.sleep(_PUSHED_SECONDS)
            if self._venues[venue].pushed_state() not in (None, known):
                return

    async def _ask(self, venue: VenueName) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                state = await self._venues[venue].fetch_state()
        except (VenueError, TimeoutError) as error:
            _log.info("venue mode not known venue=%s reason=%s", venue, error)
            return
        await self._take(venue, state)

    async def _take(self, venue: VenueName, state: VenueState) -> None:
        """Take note of a mode, and tell of a change."""
        before = self._conditions.states.get(venue, VenueState.ONLINE)
        self._conditions.state_is(venue, state)
        if state is not before:
            await self._tell(venue, state)

    async def _tell(self, venue: VenueName, state: VenueState) -> None:
        _log.warning("venue mode venue=%s mode=%s", venue, state.value)
        refusal = self._conditions.refusal(venue)
        if state is VenueState.ONLINE:
            text = f"{venue} is online again"
        elif refusal is not None:
            text = f"{venue} is in {state.value} mode: no order is sent there until that is over"
        else:
            text = f"{venue} is in {state.value} mode"
        now = self._clock.now()
        key = f"venue-mode:{venue}:{now.isoformat()}"
        await self._bus.publish(OwnerNotice(kind="venue_mode", text=text, at=now, key=key))
