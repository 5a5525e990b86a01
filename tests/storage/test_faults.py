"""Locked, full, read-only: each is answered within the bound, in words, with nothing written."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import StorageError, StorageUnavailable
from storage.inbox import InboxRepository
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.processes import run, running
from tests.support.stores import inbox_row, increment, open_database


async def test_two_processes_that_write_wait_for_each_other(
    database: Database, tmp_path: Path
) -> None:
    settings = SettingsRepository(database=database)
    await settings.put("counter", "0")

    path = tmp_path / "steelyard.db"
    async with running("-m", "tests.storage.worker", "take", path, "300") as other:
        async with asyncio.TaskGroup() as group:
            for _ in range(300):
                group.create_task(database.transact(increment, within_seconds=60))
        assert await other.wait() == 0
    assert await settings.get("counter") == "600"


async def test_a_lock_held_by_another_process_is_told_within_the_bound(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        inbox = InboxRepository(database=database)
        await inbox.accept([inbox_row(1)])
        path = tmp_path / "steelyard.db"
        async with running("-m", "tests.storage.worker", "hold", path) as holder:
            with (
                database.hurried(0.5),
                pytest.raises(StorageUnavailable, match="another program holds the database"),
            ):
                await inbox.accept([inbox_row(2)])
            assert [row.update_id for row in await inbox.pending()] == [1]
            await holder.kill()
        assert await inbox.accept([inbox_row(2)]) == (2,)


async def test_a_lock_that_is_given_up_in_time_is_not_noticed(
    database: Database, tmp_path: Path
) -> None:
    inbox = InboxRepository(database=database)
    path = tmp_path / "steelyard.db"
    async with running("-m", "tests.storage.worker", "hold", path) as holder:
        async with asyncio.TaskGroup() as group:
            accepting = group.create_task(inbox.accept([inbox_row(1)]))
            await asyncio.wait((accepting,), timeout=0.5)
            assert not accepting.done()
            await holder.kill()
        assert accepting.result() == (1,)


async def test_a_disk_that_refuses_is_told_and_forgiven(tmp_path: Path) -> None:
    child = await run("-m", "tests.storage.worker", "fill", tmp_path)
    assert child.returncode == 0, child.said()
    told = json.loads(child.lines[-1])
    assert told["refusal"] == "StorageUnavailable"
    assert told["kept"] == told["stored"] + 1
    assert told["damage"] == []


async def test_a_full_database_is_told_and_forgiven(database: Database) -> None:
    inbox = InboxRepository(database=database)
    await limit_pages(database, more=2)
    with pytest.raises(StorageUnavailable, match="disk is full"):
        await inbox.accept([inbox_row(number) for number in range(1000)])
    assert await inbox.pending() == ()
    await limit_pages(database, more=1000)
    stored = len(await inbox.pending())
    assert await inbox.accept([inbox_row(99_999)]) == (99_999,)
    assert len(await inbox.pending()) == stored + 1
    assert await database.quick_check() == ()


async def limit_pages(database: Database, *, more: int) -> None:
    async def work(connection: AsyncConnection) -> None:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")

    await database.transact(work)


async def test_a_read_only_database_is_told(database: Database) -> None:
    async def read_only(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("PRAGMA query_only = ON")

    await database.transact(read_only)
    with pytest.raises(StorageUnavailable, match=r"was not changed.*read-only"):
        await InboxRepository(database=database).accept([inbox_row(1)])
    assert await InboxRepository(database=database).pending() == ()


async def open_at(path: Path) -> None:
    async with Database.open(path, clock=FakeClock(), bound_seconds=0.3):
        pytest.fail("it opened")


async def test_a_path_that_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        await open_at(tmp_path)


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StorageUnavailable, match="restore a backup"):
        await open_at(path)
    assert path.read_bytes().startswith(b"not a database")


async def test_a_database_locked_at_start_is_told(tmp_path: Path) -> None:
    async with open_database(tmp_path):
        pass
    path = tmp_path / "steelyard.db"
    async with running("-m", "tests.storage.worker", "hold", path):
        with pytest.raises(StorageError, match="another program holds the database"):
            await open_at(path)
