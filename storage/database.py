"""The database: one file, one connection that writes, a few that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.backup import copy_database, find_damage
from storage.connections import CUT_SECONDS, READING, WRITING, begin, make_engine
from storage.errors import StorageUnavailable
from storage.faults import DRIVER_ERRORS, explain
from storage.migrations.upgrade import bring_up_to_date
from storage.writer import Work, Writer, WriteWatch

T = TypeVar("T")

_READERS = 2
_MORE_READERS = 2
_OPENING_SECONDS = 30.0
"""For the first write at least: a thread, a connection and a cold disk come before it."""


class Clock(Protocol):
    """The wall clock, for the names of backups."""

    def now(self) -> datetime:
        """Return the wall time, timezone-aware UTC."""
        ...


class Database:
    """Opened by `Database.open`; repositories are built on it."""

    def __init__(
        self, *, path: Path, writer: Writer, readers: AsyncEngine, bound_seconds: float
    ) -> None:
        """Take the parts that `open` has made."""
        self._path = path
        self._writer = writer
        self._readers = readers
        self._bound_seconds = bound_seconds

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        backups: Path | None = None,
        bound_seconds: float = 5.0,
        watch: WriteWatch | None = None,
    ) -> AsyncIterator[Self]:
        """Migrate the file (after a backup) and serve it until the block ends.

        `backups` is the directory for the copy made before a migration, beside the file unless
        told; `bound_seconds` is how long a write or a read may take, `watch` hears how long each
        write took.
        """
        kept_in = path.parent / "backups" if backups is None else backups
        await asyncio.to_thread(bring_up_to_date, path, backups=kept_in, now=clock.now())
        async with AsyncExitStack() as stack:
            writing = make_engine(path, WRITING, pool_size=1, max_overflow=0)
            stack.push_async_callback(writing.dispose)
            writer = Writer(engine=writing, path=path, bound_seconds=bound_seconds, watch=watch)
            # The writer closes after the readers: the last one checkpoints, and only it may.
            stack.push_async_callback(writer.release)
            reading = make_engine(path, READING, pool_size=_READERS, max_overflow=_MORE_READERS)
            stack.push_async_callback(reading.dispose)
            await stack.enter_async_context(writer.serving())
            database = cls(path=path, writer=writer, readers=reading, bound_seconds=bound_seconds)
            # What keeps it from being written is said now, not at the first order.
            await database.transact(_nothing, within_seconds=max(bound_seconds, _OPENING_SECONDS))
            yield database

    @property
    def queue_length(self) -> int:
        """How many writes wait, or are under way."""
        return self._writer.queue_length

    async def sizes(self) -> tuple[int, int]:
        """Return how many bytes the file has, and its write-ahead log."""
        return await asyncio.to_thread(_sizes, self._path)

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        """Run `work` in a write transaction and commit it.

        It runs in the writer's task: cancelling the caller never half-commits. When the store is
        locked, full or read-only, StorageUnavailable is raised within the bound.
        """
        return await self._writer.transact(work, within_seconds=within_seconds)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot of what has been committed."""
        deadline = asyncio.get_running_loop().time() + self._bound_seconds
        timeout = asyncio.timeout_at(deadline + CUT_SECONDS)
        try:
            async with timeout, self._readers.connect() as connection:
                await begin(connection, "BEGIN", deadline=deadline)
                return await work(connection)
        except DRIVER_ERRORS as error:
            raise explain(error, self._path) from error
        except TimeoutError as error:
            if not timeout.expired():
                raise
            raise StorageUnavailable(
                f"{self._path.name} did not answer within {self._bound_seconds:g} s; "
                "check the disk"
            ) from error

    async def quick_check(self) -> tuple[str, ...]:
        """Return what SQLite finds wrong with the file; empty when nothing is."""
        return await asyncio.to_thread(find_damage, self._path)

    async def backup(self, target: Path) -> None:
        """Copy the database to a new file, check the copy, and only then give it its name."""
        await asyncio.to_thread(copy_database, self._path, target)


async def _nothing(connection: AsyncConnection) -> None:
    del connection


def _sizes(path: Path) -> tuple[int, int]:
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size, log.stat().st_size if log.exists() else 0
