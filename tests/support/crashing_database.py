"""A database with places to be killed, a disk that can be full, and every write done twice."""

import asyncio
from typing import TypeVar

from storage.database import Database
from storage.writer import Work
from tests.support.perils import Crash
from tests.support.repeating_database import twice
from trading.errors import StorageUnavailable

T = TypeVar("T")


class CrashingDatabase(Database):
    """The database with a place to be killed before and after each transaction."""

    def __init__(self, inner: Database, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash
        self._refused = 0
        self._unconfirmed = 0
        self._answers = asyncio.Event()
        self._answers.set()
        self.reads_waiting = 0

    def refuse(self, *, writes: int) -> None:
        """Be as a full disk to so many writes."""
        self._refused = writes

    def confirm_nothing(self, *, writes: int) -> None:
        """Carry out so many writes as a slow disk does: whole, and too late to say so."""
        self._unconfirmed = writes

    def keep_answers(self) -> asyncio.Event:
        """Let every read wait with its answer until the event is set."""
        self._answers = asyncio.Event()
        return self._answers

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        if self._refused:
            self._refused -= 1
            raise StorageUnavailable("the disk is full; nothing was written")
        await self._crash.point("database")
        answer = await self._inner.transact(twice(work), within_seconds=within_seconds)
        await self._crash.point("database")
        if self._unconfirmed:
            self._unconfirmed -= 1
            raise StorageUnavailable("the disk did not confirm a write; it must be read back")
        return answer

    async def read(self, work: Work[T]) -> T:
        answer = await self._inner.read(work)
        self.reads_waiting += 1
        await self._answers.wait()
        self.reads_waiting -= 1
        return answer
