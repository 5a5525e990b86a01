"""A transaction is whole or absent, whoever is cancelled and whatever is slow."""

import asyncio
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import StorageError, StorageUnavailable
from storage.records import ConflictingWrite
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.stores import open_database
from tests.support.waiting import eventually


async def put(connection: AsyncConnection, key: str) -> None:
    await connection.execute(text("INSERT INTO settings VALUES (:key, 'x')"), {"key": key})


async def count(connection: AsyncConnection) -> int:
    found: int = (await connection.execute(text("SELECT count(*) FROM settings"))).scalar_one()
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Gate:
    """A transaction that stops in the middle until it is let on."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def work(self, connection: AsyncConnection) -> str:
        await put(connection, self.key)
        self.reached.set()
        await self.open.wait()
        return self.key


async def test_it_is_set_up_to_lose_nothing(database: Database) -> None:
    async def pragmas(connection: AsyncConnection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        found = [await connection.exec_driver_sql(f"PRAGMA {name}") for name in names]
        return tuple(result.scalar_one() for result in found)

    assert await database.transact(pragmas) == ("wal", 2, 1, 0)
    assert (await database.read(pragmas))[3] == 1
    assert await database.quick_check() == ()


async def test_a_failing_transaction_leaves_nothing(database: Database) -> None:
    async def fails(connection: AsyncConnection) -> None:
        await put(connection, "half")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await database.transact(fails)
    assert await database.read(count) == 0
    await database.transact(lambda connection: put(connection, "after"))
    assert await database.read(count) == 1


async def test_a_caller_cancelled_in_the_middle_does_not_stop_the_commit(
    database: Database,
) -> None:
    gate = Gate("kept")
    async with asyncio.TaskGroup() as group:
        caller = group.create_task(database.transact(gate.work))
        await gate.reached.wait()
        caller.cancel()
        await eventually(caller.done)
        assert caller.cancelled()
        gate.open.set()
    await database.transact(count)
    assert await database.read(count) == 1


async def test_a_caller_cancelled_while_waiting_takes_the_write_back(database: Database) -> None:
    gate = Gate("first")
    async with asyncio.TaskGroup() as group:
        group.create_task(database.transact(gate.work))
        await gate.reached.wait()
        waiting = group.create_task(database.transact(lambda c: put(c, "second")))
        last = group.create_task(database.transact(count))
        await asyncio.wait((waiting,), timeout=0.01)
        waiting.cancel()
        gate.open.set()
    assert last.result() == 1


async def test_a_write_that_hangs_is_ended_within_the_bound(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        gate = Gate("hangs")
        with (
            database.hurried(0.3),
            pytest.raises(StorageUnavailable, match="nothing was written"),
        ):
            await database.transact(gate.work)
        await database.transact(lambda connection: put(connection, "after"))
        assert await database.read(count) == 1


async def test_a_statement_that_hangs_is_cut_short_at_the_bound(tmp_path: Path) -> None:
    async def slow_write(connection: AsyncConnection) -> None:
        await put(connection, "half")
        await slow_read(connection)

    async with open_database(tmp_path) as database:
        with database.hurried(0.2):
            with pytest.raises(StorageUnavailable, match="took too long"):
                await database.transact(slow_write)
            with pytest.raises(StorageUnavailable, match="took too long"):
                await database.read(slow_read)
        await database.transact(lambda connection: put(connection, "after"))
        assert await database.read(count) == 1


async def slow_read(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) "
        "SELECT sum(i) FROM n"
    )


async def test_who_waits_behind_a_slow_write_is_answered_within_its_own_bound(
    database: Database,
) -> None:
    gate = Gate("slow")
    async with asyncio.TaskGroup() as group:
        group.create_task(database.transact(gate.work))
        await gate.reached.wait()
        with pytest.raises(StorageUnavailable, match=r"within 0\.05 s; nothing was written"):
            await database.transact(lambda c: put(c, "late"), within_seconds=0.05)
        gate.open.set()
    assert await database.read(count) == 1


async def test_a_read_sees_one_moment(database: Database) -> None:
    async def twice(connection: AsyncConnection) -> tuple[int, int]:
        before = await count(connection)
        await database.transact(lambda writer: put(writer, "meanwhile"))
        return before, await count(connection)

    assert await database.read(twice) == (0, 0)
    assert await database.read(count) == 1


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable, match="read-only"):
        await database.read(lambda connection: put(connection, "no"))


async def test_more_readers_than_connections_wait_their_turn(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(database.read(count)) for _ in range(40)]
    assert {read.result() for read in reads} == {0}


async def test_a_cancelled_read_does_no_harm(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        async with asyncio.TaskGroup() as group:
            reads = [group.create_task(database.read(slow_read)) for _ in range(6)]
            await asyncio.wait(reads, timeout=0.05)
            for read in reads:
                read.cancel()
        assert all(read.cancelled() for read in reads)
        assert await database.read(count) == 0


async def test_a_connection_that_is_lost_is_made_anew(database: Database) -> None:
    async def lose(connection: AsyncConnection) -> None:
        await put(connection, "half")
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, aiosqlite.Connection)
        await driver.close()
        await put(connection, "more")

    with pytest.raises(StorageError):
        await database.transact(lose)
    await database.transact(lambda connection: put(connection, "after"))
    assert await database.read(count) == 1


async def test_a_taken_key_is_a_conflict(database: Database) -> None:
    await database.transact(lambda connection: put(connection, "one"))
    with pytest.raises(ConflictingWrite, match="UNIQUE"):
        await database.transact(lambda connection: put(connection, "one"))


async def test_a_mistake_in_a_statement_is_told_as_such(database: Database) -> None:
    async def wrong(connection: AsyncConnection) -> None:
        await connection.execute(text("SELECT 1 FROM nowhere"))

    for use in (database.transact, database.read):
        with pytest.raises(StorageError, match="no such table") as refused:
            await use(wrong)
        assert type(refused.value) is StorageError


async def test_what_the_block_raises_passes_unwrapped(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of the caller"):
        async with open_database(tmp_path):
            raise ValueError("of the caller")


async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(tmp_path: Path) -> None:
    gate = Gate("accepted")
    async with asyncio.TaskGroup() as group:
        async with open_database(tmp_path) as database:
            accepted = group.create_task(database.transact(gate.work))
            await gate.reached.wait()
            gate.open.set()
        assert accepted.result() == "accepted"
    with pytest.raises(StorageUnavailable, match="closed"):
        await database.transact(count)
    assert names(tmp_path) == ["steelyard.db"]
    async with open_database(tmp_path) as again:
        assert await again.read(count) == 1


async def test_a_path_may_hold_anything(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c%20#é"
    path = folder / "50%.db"
    for _ in range(2):
        async with Database.open(path, clock=FakeClock()) as database:
            await SettingsRepository(database=database).put("key", "value")
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
