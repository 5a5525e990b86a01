"""A database with places to be killed, and a disk that can be full."""

from typing import TypeVar

from storage.database import Database
from storage.writer import Work
from tests.support.perils import Crash
from trading.errors import StorageUnavailable

T = TypeVar("T")


class CrashingDatabase(Database):
    """The database with a place to be killed before and after each transaction."""

    def __init__(self, inner: Database, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash
        self._refused = 0

    def refuse(self, *, writes: int) -> None:
        """Be as a full disk to so many writes."""
        self._refused = writes

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        if self._refused:
            self._refused -= 1
            raise StorageUnavailable("the disk is full; nothing was written")
        await self._crash.point("database")
        answer = await self._inner.transact(work, within_seconds=within_seconds)
        await self._crash.point("database")
        return answer

    async def read(self, work: Work[T]) -> T:
        return await self._inner.read(work)
