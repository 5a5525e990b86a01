"""A statement is one trip to the connection's thread, and tells all that a cursor tells."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.driver import Connection, WholeCursor, connect


class CountedConnection(Connection):
    """Counts the trips of its statements and of everything else alike."""

    trips = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.trips += 1
        in_thread: Callable[..., Any] = super()._execute
        return await in_thread(fn, *args, **options)


@pytest.fixture
async def connection() -> AsyncIterator[CountedConnection]:
    counted = CountedConnection(lambda: sqlite3.connect(":memory:", isolation_level=None), 64)
    async with counted:
        await counted.cursor().execute(
            "CREATE TABLE coins (number INTEGER PRIMARY KEY, name TEXT)"
        )
        counted.trips = 0
        yield counted


async def put(connection: Connection, *names: str) -> WholeCursor:
    return await connection.cursor().executemany(
        "INSERT INTO coins (name) VALUES (?)", [(name,) for name in names]
    )


async def test_a_statement_is_one_trip(connection: CountedConnection) -> None:
    await put(connection, "BTC", "ETH")
    assert connection.trips == 1
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT name FROM coins WHERE number > ?", (1,))
        assert cursor.description[0][0] == "name"
        assert await cursor.fetchall() == [("ETH",)]
        assert await cursor.fetchall() == []
        await cursor.close()
    assert connection.trips == 2


async def test_it_tells_what_was_changed(connection: CountedConnection) -> None:
    assert (await put(connection, "BTC", "ETH", "SOL")).rowcount == 3
    cursor = await connection.cursor().execute("INSERT INTO coins (name) VALUES ('ADA')")
    assert (cursor.lastrowid, cursor.rowcount, cursor.description) == (4, 1, None)
    update = "UPDATE coins SET name = 'x' WHERE number > ? RETURNING number"
    await cursor.execute(update, (2,))
    assert sorted(await cursor.fetchall()) == [(3,), (4,)]
    await cursor.execute("SELECT number FROM coins WHERE number > 9")
    assert (cursor.rowcount, await cursor.fetchall()) == (-1, [])


async def test_a_failed_statement_leaves_nothing_of_the_last_one(
    connection: CountedConnection,
) -> None:
    await put(connection, "BTC")
    cursor = await connection.cursor().execute("SELECT name FROM coins")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await cursor.execute("SELECT name FROM stamps")
    assert (cursor.description, await cursor.fetchall()) == (None, [])


async def test_its_thread_keeps_no_process_from_ending() -> None:
    connection = connect(":memory:")
    assert connection._thread.daemon  # noqa: SLF001 - nothing else tells of it
    async with connection as opened:
        assert isinstance(opened, Connection)


async def test_the_database_works_with_such_connections(database: Database) -> None:
    async def driver(connection: AsyncConnection) -> object:
        return (await connection.get_raw_connection()).driver_connection

    assert isinstance(await database.transact(driver), Connection)
    assert isinstance(await database.read(driver), Connection)
