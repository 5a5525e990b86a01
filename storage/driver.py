"""A connection whose statements make one trip each to the thread that SQLite runs in.

The usual cursor makes four of one statement: to be made, to execute, to fetch and to be closed.
Each is a wait for two threads to be woken, and an order's way has dozens of statements.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiosqlite

_ROWS_AT_ONCE = 64
"""What the driver asks for when one iterates over its own cursors; nobody here does."""


@dataclass(frozen=True, slots=True)
class _Done:
    """All that can be known of a statement once it has been carried out."""

    rows: Sequence[Any] = ()
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class WholeCursor:
    """What SQLAlchemy asks of a cursor; it has no cursor of SQLite's between two statements."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        """Nothing is asked of the connection yet."""
        self._connection = connection
        self._done = _Done()
        self._rows: deque[Any] = deque()

    async def __aenter__(self) -> Self:
        """There is nothing to open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to close."""

    @property
    def description(self) -> Any:
        """The columns of the last statement; None where it returns no rows."""
        return self._done.description

    @property
    def rowcount(self) -> int:
        """How many rows it changed; -1 where it changes none."""
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The row inserted last."""
        return self._done.lastrowid

    async def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Carry it out and fetch all of its rows."""
        return await self._do(lambda cursor: cursor.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
        """Carry it out with each of these."""
        return await self._do(lambda cursor: cursor.executemany(sql, parameters))

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left; they are here already."""
        rows, self._rows = list(self._rows), deque()
        return rows

    async def close(self) -> None:
        """What SQLite held for the statement was given back with its last row."""

    async def _do(self, work: Callable[[sqlite3.Cursor], object]) -> Self:
        self._done = _Done()
        self._rows.clear()
        self._done = await self._connection.carry_out(work)
        self._rows.extend(self._done.rows)
        return self


class Connection(aiosqlite.Connection):
    """The driver's connection with `WholeCursor` for its cursors."""

    def cursor(self) -> WholeCursor:  # type: ignore[override]  # asks the thread for nothing
        """Return a cursor."""
        return WholeCursor(self)

    async def carry_out(self, work: Callable[[sqlite3.Cursor], object]) -> _Done:
        """Run a statement and fetch what it returns, in one trip."""
        in_thread: Callable[..., Awaitable[_Done]] = self._execute
        return await in_thread(_carry_out, self._conn, work)


def connect(database: str, **options: Any) -> Connection:
    """Return a connection to be awaited; its thread keeps no process from ending."""
    connection = Connection(lambda: sqlite3.connect(database, **options), _ROWS_AT_ONCE)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does; there is no other way
    return connection


def _carry_out(connection: sqlite3.Connection, work: Callable[[sqlite3.Cursor], object]) -> _Done:
    cursor = connection.cursor()
    try:
        work(cursor)
        rows = () if cursor.description is None else cursor.fetchall()
        return _Done(
            rows=rows,
            description=cursor.description,
            rowcount=cursor.rowcount,
            lastrowid=cursor.lastrowid,
        )
    finally:
        cursor.close()
