"""One request of a key at a time, the urgent first, across processes too.

A venue judges nonces in the order in which requests arrive, so drawing in order is not enough:
who draws keeps the turn until the answer is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.venues.lane import Lane
from trading.venues.port import Priority

_POLL_SECONDS = 0.002


class TurnQueue:
    """Hands out the turn by priority, then by arrival.

    A waiting emergency does not wait for ever: after its patience it goes beside the call that
    hangs. It draws a higher nonce then, so at worst the hanging call is refused when it arrives.
    Emergencies beside it take turns among themselves, and nobody else begins meanwhile: what is
    still waited for is never overtaken by anything but an emergency.
    """

    def __init__(
        self,
        *,
        venue: str,
        path: Path,
        clock: Clock,
        patience_seconds: float,
        emergency_patience_seconds: float,
    ) -> None:
        """Open nothing yet; `path` is the lock file that other processes of the key share."""
        self._venue = venue
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._emergency_patience_seconds = emergency_patience_seconds
        self._lane = Lane(venue=venue, path=path, clock=clock)
        self._beside = Lane(venue=venue, path=path.with_suffix(".urgent"), clock=clock)
        self._files = ExitStack()

    def __enter__(self) -> Self:
        """Open the lock files."""
        with ExitStack() as stack:
            stack.enter_context(self._lane)
            stack.enter_context(self._beside)
            self._files = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the lock files, which lets go of the locks."""
        self._files.close()

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[bool]:
        """Hold the turn; VenueUnavailable when it does not come in time (nothing was sent).

        Yields False to an emergency that goes beside a call that hangs.
        """
        lane = await self._enter(priority)
        try:
            yield lane is self._lane
        finally:
            if lane is not None:
                lane.leave()

    async def _enter(self, priority: Priority) -> Lane | None:
        """Return the lane that was entered; None when an emergency goes without any."""
        if priority is Priority.EMERGENCY:
            return await self._enter_urgently()
        patience = self._patience_seconds
        if await self._enter_within(patience, priority):
            return self._lane
        raise VenueUnavailable(
            self._venue,
            f"another request of this key took more than {patience:g} s; nothing was sent",
        )

    async def _enter_urgently(self) -> Lane | None:
        patience = self._emergency_patience_seconds
        if await self._enter_within(patience, Priority.EMERGENCY):
            return self._lane
        try:
            async with asyncio.timeout(patience):
                await self._beside.enter(Priority.EMERGENCY)
        except TimeoutError:
            return None
        return self._beside

    async def _enter_within(self, seconds: float, priority: Priority) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._enter_main(priority)
        except TimeoutError:
            return False
        return True

    async def _enter_main(self, priority: Priority) -> None:
        await self._lane.enter(priority)
        try:
            while not self._beside.is_free():
                await self._clock.sleep(_POLL_SECONDS)
        except BaseException:
            self._lane.leave()
            raise
