"""One request of a key at a time, the urgent first, across processes too.

A venue judges nonces in the order in which requests arrive, so drawing in order is not enough:
who draws keeps the turn until the answer is there.
"""

from __future__ import annotations

import asyncio
import fcntl
import heapq
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.venues.port import Priority

_POLL_SECONDS = 0.002


class TurnQueue:
    """Hands out the turn by priority, then by arrival.

    A waiting emergency does not wait for ever: after its patience it goes beside the call that
    hangs. It draws a higher nonce then, so at worst the hanging call is refused when it arrives.
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
        self._path = path
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._emergency_patience_seconds = emergency_patience_seconds
        self._descriptor: int | None = None
        self._busy = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def __enter__(self) -> Self:
        """Open the lock file."""
        try:
            # mkdir gives its mode to the last folder alone, and the one above is the state's.
            self._path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageUnavailable(
                f"the lock file {self._path} cannot be used ({error.strerror}); nothing was sent. "
                "Check the owner of the state directory."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the lock file, which lets go of the lock."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Hold the turn; VenueUnavailable when it does not come in time (nothing was sent)."""
        if not await self._enter_within(priority):
            yield
            return
        try:
            yield
        finally:
            self._leave()

    async def _enter_within(self, priority: Priority) -> bool:
        """Wait for the turn; False when an emergency goes without it."""
        patience = self._patience(priority)
        try:
            async with asyncio.timeout(patience):
                await self._enter(priority)
        except TimeoutError as error:
            if priority is Priority.EMERGENCY:
                return False
            raise VenueUnavailable(
                self._venue,
                f"another request of this key took more than {patience:g} s; nothing was sent",
            ) from error
        return True

    def _patience(self, priority: Priority) -> float:
        if priority is Priority.EMERGENCY:
            return self._emergency_patience_seconds
        return self._patience_seconds

    async def _enter(self, priority: Priority) -> None:
        if self._busy:
            await self._wait_in_line(priority)
        self._busy = True
        try:
            await self._lock_file()
        except BaseException:
            self._pass_on()
            raise

    async def _wait_in_line(self, priority: Priority) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (int(priority), next(self._order), granted)
        heapq.heappush(self._waiting, entry)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._pass_on()
            raise

    def _leave(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                granted.set_result(None)
                return
        self._busy = False

    async def _lock_file(self) -> None:
        while True:
            if self._descriptor is None:
                raise VenueUnavailable(self._venue, "the connection is closed; nothing was sent")
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await self._clock.sleep(_POLL_SECONDS)
            else:
                return
