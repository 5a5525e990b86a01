"""A backup is whole, private, checked, and never takes the place of another file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.backup import copy_database, find_damage
from storage.database import Database
from storage.errors import StorageError, StorageUnavailable
from storage.inbox import InboxRepository
from tests.support.clock import FakeClock
from tests.support.stores import inbox_row


async def test_a_copy_opens_with_everything_that_was_committed(
    database: Database, tmp_path: Path
) -> None:
    await InboxRepository(database=database).accept([inbox_row(1), inbox_row(2)])
    target = tmp_path / "kept" / "copy.db"
    await database.backup(target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in target.parent.glob("*")) == ["copy.db"]
    async with Database.open(target, clock=FakeClock()) as copy:
        assert await InboxRepository(database=copy).pending() == (inbox_row(1), inbox_row(2))


async def test_a_file_that_is_there_is_left_alone(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(StorageError, match="exists already"):
        await database.backup(target)
    assert target.read_text() == "precious"


async def test_a_place_that_cannot_be_written_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="the database itself is untouched"):
        await database.backup(tmp_path / "file" / "copy.db")
    with pytest.raises(StorageUnavailable, match="could not be copied"):
        await database.backup(Path("/proc/copy.db"))


async def test_damage_is_found_and_never_copied(database: Database, tmp_path: Path) -> None:
    rows = [inbox_row(number) for number in range(3000)]
    await InboxRepository(database=database).accept(rows)
    path = tmp_path / "steelyard.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert await database.quick_check() == ()
    torn = tmp_path / "torn.db"
    content = bytearray(path.read_bytes())
    content[8 * 4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 8 * 4096)
    torn.write_bytes(content)
    assert find_damage(torn)


def test_a_missing_file_is_damage_and_is_not_made(tmp_path: Path) -> None:
    assert find_damage(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_copy_that_is_damaged_is_thrown_away(tmp_path: Path) -> None:
    source = tmp_path / "steelyard.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE kept (value TEXT)")
        connection.execute("INSERT INTO kept VALUES (NULL)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE TABLE kept (value TEXT NOT NULL)'"
        )
    with pytest.raises(StorageError, match=r"is damaged \(NULL value in kept\.value\)"):
        copy_database(source, tmp_path / "copies" / "copy.db")
    assert list((tmp_path / "copies").iterdir()) == []
