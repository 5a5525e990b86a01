"""Keeps an eye on the mode that each venue as a whole is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from trading.clock import Clock
from trading.errors import VenueError
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState
from trading.venues.streaming import StreamStatus

_log = logging.getLogger(__name__)

_ASKED_SECONDS = 30.0
_PUSHED_SECONDS = 2.0
"""Where a live stream tells the mode, looking costs no request."""
_TIMEOUT_SECONDS = 20.0


class StateTelling(Protocol):
    """What this asks of a venue."""

    async def fetch_state(self) -> VenueState:
        """Return what the venue as a whole allows now."""
        ...

    def stream_status(self) -> Sequence[StreamStatus]:
        """Return how each connection is."""
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
            await self.look(venue)
            is_pushed = any(each.is_live for each in self._venues[venue].stream_status())
            await self._clock.sleep(_PUSHED_SECONDS if is_pushed else _ASKED_SECONDS)

    async def look(self, venue: VenueName) -> None:
        """Ask one venue now, and tell of a change."""
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                state = await self._venues[venue].fetch_state()
        except (VenueError, TimeoutError) as error:
            _log.info("venue mode not known venue=%s reason=%s", venue, error)
            return
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
