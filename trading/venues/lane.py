"""A line in which calls wait for their turn: by priority, then by arrival, across processes."""

from __future__ import annotations

import asyncio
import heapq
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.venues.file_lock import FileLock
from trading.venues.port import Priority

_POLL_SECONDS = 0.002
_COURTESY_SECONDS = 3 * _POLL_SECONDS
"""How long a process that had its turn leaves the lock alone when another waits for it."""


class Lane:
    """One holder at a time among all processes that use the same path.

    Within a process the most urgent goes first. Between processes there is no order, but none
    can keep the others out: who waits says so in a second file, and who leaves looks there.
    """

    def __init__(self, *, venue: str, path: Path, clock: Clock) -> None:
        """Open nothing yet."""
        self._venue = venue
        self._clock = clock
        self._lock = FileLock(path)
        self._wish = FileLock(path.with_name(f"{path.name}-wish"))
        self._files = ExitStack()
        self._busy = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._not_before = 0.0

    def __enter__(self) -> Self:
        """Open the files."""
        with ExitStack() as stack:
            stack.enter_context(self._lock)
            stack.enter_context(self._wish)
            self._files = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them, which lets go of everything."""
        self._files.close()

    def is_free(self) -> bool:
        """Tell whether nobody has it, in whatever process."""
        return not self._busy and self._lock.is_free()

    async def enter(self, priority: Priority) -> None:
        """Wait for the turn for as long as the caller bears it, and hold it."""
        if self._busy:
            await self._wait_in_line(priority)
        self._busy = True
        try:
            await self._lock_file()
        except BaseException:
            self._pass_on()
            raise

    def leave(self) -> None:
        """Give the turn to the next."""
        self._lock.release()
        if not self._wish.is_free():
            self._not_before = self._clock.monotonic() + _COURTESY_SECONDS
        self._pass_on()

    async def _wait_in_line(self, priority: Priority) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (int(priority), next(self._order), granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                granted.set_result(None)
                return
        self._busy = False

    async def _lock_file(self) -> None:
        courtesy = self._not_before - self._clock.monotonic()
        if courtesy > 0:
            await self._clock.sleep(courtesy)
        try:
            while not self._lock.take():
                if not self._lock.is_open:
                    raise VenueUnavailable(
                        self._venue, "the connection is closed; nothing was sent"
                    )
                self._wish.share()
                await self._clock.sleep(_POLL_SECONDS)
        finally:
            self._wish.release()
