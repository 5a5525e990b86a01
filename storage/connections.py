"""Connections prepared the same way everywhere, and transactions that end by a deadline."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.driver import connect

CUT_SECONDS = 0.1
"""What a statement gets beyond its deadline to be cut short by SQLite itself."""

_POOL_SECONDS = 60.0
"""Longer than any bound: that is what ends a wait for a connection."""
_STEPS = 100_000
"""How many steps of a statement SQLite takes between two looks at the deadline (about 1 ms)."""
_BUSY_TIMEOUT_MILLISECONDS = 50
"""One wait for a lock that another program holds; the writer asks again within its bound.

Well below `CUT_SECONDS`, so that the last wait ends by itself and says what it waited for.
"""
_COMMON = (f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MILLISECONDS}",)
WRITING = (
    *_COMMON,
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # The writer checkpoints in its pauses; a commit does it only when there are none for long.
    "PRAGMA wal_autocheckpoint = 8192",
    "PRAGMA journal_size_limit = 67108864",
)
READING = (*_COMMON, "PRAGMA query_only = ON")


@dataclass(slots=True)
class _Deadline:
    """Asked by SQLite, in the connection's thread, while a statement runs."""

    loop: asyncio.AbstractEventLoop
    at: float = float("inf")

    def is_over(self) -> bool:
        return self.loop.time() >= self.at


def make_engine(path: Path, pragmas: tuple[str, ...], **pool: int) -> AsyncEngine:
    """Make an engine in the running loop; its connections obey the deadline of `begin`."""
    loop = asyncio.get_running_loop()
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        # The driver begins no transactions of its own: where one begins is written here.
        connect_args={"isolation_level": None, "async_creator_fn": connect},
        pool_timeout=_POOL_SECONDS,
        **pool,
    )

    def prepare(connection: Any, record: Any) -> None:
        record.info["deadline"] = deadline = _Deadline(loop)

        async def watch(driver: aiosqlite.Connection) -> None:
            await driver.set_progress_handler(deadline.is_over, _STEPS)

        connection.run_async(watch)
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    return engine


async def begin(connection: AsyncConnection, statement: str, *, deadline: float) -> None:
    """Begin a transaction whose statements SQLite ends at `deadline` (on the loop's clock).

    One trip to the connection's thread: SQLAlchemy would make three of it.
    """
    if not connection.in_transaction():
        await connection.begin()
    raw = await connection.get_raw_connection()
    raw.info["deadline"].at = deadline
    driver: Any = raw.driver_connection
    await driver.execute(statement)
