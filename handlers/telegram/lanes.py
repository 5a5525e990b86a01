"""Lanes: commands of one chat keep their order within a lane, and lanes do not wait for others."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.telegram.incoming import Message, Press
from trading.model.identifiers import CorrelationId

_log = logging.getLogger(__name__)

QueueKey = tuple[int, "Lane", int | None]
"""Chat and lane; in the lane without an order, the update itself."""


class Lane(StrEnum):
    """Which queue of its chat a command stands in."""

    EMERGENCY = "emergency"
    RESCUE = "rescue"
    """What may take its time in an emergency: it waits for nothing, and nothing waits for it."""
    TRADE = "trade"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One update to be handled once."""

    incoming: Message | Press
    lane: Lane
    received_at: datetime
    correlation_id: CorrelationId
    is_committed: bool = True
    """False: the inbox could not commit; halting commands run, of others it is said they wait."""
    is_claimed: bool = False
    """True: claimed as it was stored, or by a process that died, if it may be repeated."""
    is_settled: bool = False
    """True: it ran uncommitted, and the inbox now only has to learn of it."""

    @property
    def key(self) -> QueueKey:
        """The queue it belongs to."""
        alone = self.incoming.update_id if self.lane is Lane.RESCUE else None
        return self.incoming.origin.chat_id, self.lane, alone


class Lanes:
    """One worker for each chat and lane that has work; workers end when their queue is empty."""

    def __init__(self, *, handle: Callable[[Work], Awaitable[None]]) -> None:
        """Take the function that handles one piece of work."""
        self._handle = handle
        self._queues: dict[QueueKey, deque[Work]] = {}
        self._busy: set[QueueKey] = set()
        self._group: asyncio.TaskGroup | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, work: Work) -> None:
        """Put work at the end of its queue; what comes before `run` waits for it."""
        self._queues.setdefault(work.key, deque()).append(work)
        self._idle.clear()
        self._start(work.key)

    def is_free(self, key: QueueKey) -> bool:
        """True when what is put into this queue now begins at once."""
        return self._group is not None and key not in self._queues

    async def run(self) -> None:
        """Own the workers until cancelled; their failures never reach one another."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for key in tuple(self._queues):
                    self._start(key)
                await asyncio.Event().wait()
        finally:
            self._group = None
            self._busy.clear()

    async def idle(self) -> None:
        """Wait until nothing is queued or running."""
        await self._idle.wait()

    def _start(self, key: QueueKey) -> None:
        if self._group is None or key in self._busy:
            return
        self._busy.add(key)
        self._group.create_task(self._work_off(key), name=f"lane-{key[1]}-{key[0]}")

    async def _work_off(self, key: QueueKey) -> None:
        queue = self._queues[key]
        while queue:
            work = queue.popleft()
            try:
                await self._handle(work)
            except Exception:  # noqa: BLE001 - one update must not end its lane
                _log.exception("update not handled update_id=%d", work.incoming.update_id)
        # No await from here on: nothing can be submitted between the check and the end.
        self._busy.discard(key)
        del self._queues[key]
        if not self._queues:
            self._idle.set()
