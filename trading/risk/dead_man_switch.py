"""Has a venue cancel everything when it does not hear of the bot any more, where that is wanted.

It cancels every open order of the account: orders placed by hand and protective stops too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from trading.clock import Clock
from trading.errors import StorageError, VenueError
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName

_log = logging.getLogger(__name__)

STRIKES_AFTER = timedelta(seconds=60)
_BEAT_SECONDS = 20.0
_RETRY_SECONDS = 5.0
_TIMEOUT_SECONDS = 10.0
_KEY = "dead_man_switch:{}"
_OFF = ""
_LONG_SECONDS = 600.0


class Facts(Protocol):
    """Small facts that outlive the process."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str) -> None: ...


class Armable(Protocol):
    """What this asks of a venue."""

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        """Have everything cancelled after so long; None takes that back."""
        ...


class DeadManSwitch:
    """Arms again and again while the bot trades; `run` is a long-lived part.

    Halting disarms: what is left open then was left open on purpose. So does a clean stop, by
    `disarm`. A bot that dies disarms nothing, which is the point.
    """

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, Armable],
        wanted: Collection[VenueName],
        is_trading: Callable[[], bool],
        facts: Facts,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        """Nothing is armed yet; `wanted` names the venues whose owner asked for it."""
        self._venues = dict(venues)
        self._wanted = frozenset(wanted)
        self._is_trading = is_trading
        self._facts = facts
        self._bus = bus
        self._clock = clock
        self._armed_at: dict[VenueName, float] = {}
        self._is_changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    @property
    def armed(self) -> frozenset[VenueName]:
        """Where it is armed, as far as we know."""
        return frozenset(self._armed_at)

    def replace_wanted(self, wanted: Collection[VenueName]) -> None:
        """Switch it on at these venues and off at all others, at once."""
        self._wanted = frozenset(wanted)
        self._is_changed.set()

    async def run(self) -> None:
        """Keep it as it should be until cancelled, one that an earlier process left armed too."""
        for venue in self._venues:
            await self._recall(venue)
        while True:
            self._is_changed.clear()
            is_well = await self._beat(self._wanted if self._is_trading() else frozenset())
            await self._pause(_BEAT_SECONDS if is_well else _RETRY_SECONDS)

    async def disarm(self) -> None:
        """Disarm everywhere, as far as the venues answer: the bot stops and leaves its orders."""
        self._wanted = frozenset()
        await self._beat(self._wanted)

    async def _recall(self, venue: VenueName) -> None:
        """Go on from what an earlier process left armed: it may strike yet, or has struck."""
        try:
            kept = await self._facts.get(_KEY.format(venue))
            armed_at = datetime.fromisoformat(kept) if kept else None
        except (StorageError, ValueError) as error:
            _log.warning("dead-man's switch of before not known venue=%s why=%s", venue, error)
            return
        if armed_at is not None:
            age = max(0.0, (self._clock.now() - armed_at).total_seconds())
            self._armed_at.setdefault(venue, self._clock.monotonic() - age)

    async def _keep(self, venue: VenueName, armed_at: datetime | None) -> None:
        """Write down when it was armed last; what fails here stops nothing."""
        value = _OFF if armed_at is None else armed_at.isoformat()
        try:
            await self._facts.put(_KEY.format(venue), value)
        except StorageError as error:
            _log.warning("dead-man's switch not written down venue=%s why=%s", venue, error)

    async def _pause(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as group:
            pause = group.create_task(self._clock.sleep(seconds))
            changed = group.create_task(self._is_changed.wait())
            await asyncio.wait((pause, changed), return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            changed.cancel()

    async def _beat(self, wanted: Collection[VenueName]) -> bool:
        """Set every venue's switch; False when one did not answer."""
        async with self._one_at_a_time, asyncio.TaskGroup() as group:
            beats = [
                group.create_task(self._set(venue, is_on=venue in wanted))
                for venue in self._venues
                if venue in wanted or venue in self._armed_at
            ]
        return all(beat.result() for beat in beats)

    async def _set(self, venue: VenueName, *, is_on: bool) -> bool:
        sent = self._clock.monotonic()
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                strikes_at = await self._venues[venue].arm_dead_man_switch(
                    STRIKES_AFTER if is_on else None
                )
        except (VenueError, TimeoutError) as error:
            _log.warning("dead-man's switch not set venue=%s on=%s why=%s", venue, is_on, error)
            return False
        before = self._armed_at.pop(venue, None)
        if before is not None and sent - before > STRIKES_AFTER.total_seconds():
            await self._tell_that_it_struck(venue, sent - before)
        if is_on:
            self._armed_at[venue] = sent
        await self._keep(venue, self._clock.now() if is_on else None)
        _log.info("dead-man's switch venue=%s on=%s strikes_at=%s", venue, is_on, strikes_at)
        return True

    async def _tell_that_it_struck(self, venue: VenueName, seconds: float) -> None:
        silence = f"{seconds:.0f} s" if seconds < _LONG_SECONDS else f"{seconds / 60:.0f} min"
        now = self._clock.now()
        await self._bus.publish(
            OwnerNotice(
                kind="dead_man_switch",
                text=(
                    f"{venue} did not hear of the bot for {silence}, so its dead-man's "
                    "switch has probably cancelled every open order of the account, those placed "
                    "by hand too. Look at /orders"
                ),
                at=now,
                key=f"dead-man:{venue}:{now.isoformat()}",
            )
        )
