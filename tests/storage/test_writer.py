"""Transactions that wait together share a commit, and none is hurt by another's failure.

The writer moves the log into the file in its pauses, not inside somebody's commit.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import StorageUnavailable
from storage.settings import SettingsRepository
from storage.writer import Work
from tests.support.stores import increment, open_database
from tests.support.waiting import eventually


async def test_a_pause_after_many_commits_is_used_to_checkpoint(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        settings = SettingsRepository(database=database)
        file = tmp_path / "steelyard.db"
        before = file.stat().st_size
        for number in range(120):
            await settings.put(f"key {number}", "x" * 3000)
        assert file.stat().st_size == before, "no commit may have waited for a checkpoint"
        await eventually(lambda: file.stat().st_size > before)
        assert await settings.get("key 119") == "x" * 3000
        await settings.put("after", "still writes")
        assert await settings.get("after") == "still writes"


@contextmanager
def counted_commits() -> Iterator[list[object]]:
    """Count what is committed while the block runs."""
    made: list[object] = []

    def note(connection: object) -> None:
        made.append(connection)

    event.listen(Engine, "commit", note)
    try:
        yield made
    finally:
        event.remove(Engine, "commit", note)


def put(key: str) -> Work[None]:
    async def work(connection: AsyncConnection) -> None:
        words = "INSERT INTO settings (key, value) VALUES (:key, '1')"
        await connection.execute(text(words), {"key": key})

    return work


def fail_after_writing(key: str) -> Work[None]:
    async def work(connection: AsyncConnection) -> None:
        await put(key)(connection)
        raise LookupError(key)

    return work


async def keys(database: Database) -> set[str]:
    async def work(connection: AsyncConnection) -> set[str]:
        return set((await connection.execute(text("SELECT key FROM settings"))).scalars())

    return await database.read(work)


async def together(database: Database, *works: Work[None]) -> list[BaseException | None]:
    """Have them all wait for the writer at once."""
    return await asyncio.gather(
        *(database.transact(work) for work in works), return_exceptions=True
    )


async def test_those_that_wait_together_share_one_commit(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        with counted_commits() as made:
            outcomes = await together(database, *(put(f"key {n}") for n in range(20)))
        assert outcomes == [None] * 20
        assert len(made) <= 2
        assert await keys(database) == {f"key {n}" for n in range(20)}


async def test_one_that_fails_costs_the_others_nothing(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        outcomes = await together(
            database, put("a"), fail_after_writing("b"), put("c"), put("c"), put("d")
        )
        assert [type(each).__name__ for each in outcomes] == [
            "NoneType",
            "LookupError",
            "NoneType",
            "ConflictingWrite",
            "NoneType",
        ]
        assert await keys(database) == {"a", "c", "d"}


async def test_a_slow_one_is_cut_off_and_the_others_are_written(tmp_path: Path) -> None:
    async def slow(connection: AsyncConnection) -> None:
        await put("slow")(connection)
        await connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) "
            "SELECT sum(i) FROM n"
        )

    async with open_database(tmp_path) as database:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(database.transact(put("a")))
            hurried = group.create_task(_unavailable(database, slow, within_seconds=0.2))
            last = group.create_task(database.transact(put("b")))
        assert (first.result(), last.result()) == (None, None)
        assert "took too long" in hurried.result()
        assert await keys(database) == {"a", "b"}


async def _unavailable(database: Database, work: Work[None], *, within_seconds: float) -> str:
    with pytest.raises(StorageUnavailable) as refused:
        await database.transact(work, within_seconds=within_seconds)
    return str(refused.value)


async def test_who_is_told_that_nothing_was_written_is_told_the_truth(tmp_path: Path) -> None:
    """One with little time shares with one that dawdles: it must not be written afterwards."""
    opened = asyncio.Event()

    async def dawdle(connection: AsyncConnection) -> None:
        await put("dawdled")(connection)
        await opened.wait()

    async with open_database(tmp_path) as database:
        async with asyncio.TaskGroup() as group:
            hurried = group.create_task(_unavailable(database, put("a"), within_seconds=0.1))
            group.create_task(database.transact(dawdle))
            await hurried
            opened.set()
        assert "nothing was written" in hurried.result()
        assert await keys(database) == {"dawdled"}


@settings(max_examples=15, deadline=None)
@given(wishes=st.lists(st.sampled_from(["increment", "fail", "cancel"]), min_size=1, max_size=60))
async def test_whatever_shares_a_commit_what_was_answered_is_there(wishes: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder)) as database:
            await SettingsRepository(database=database).put("counter", "0")
            tasks = []
            async with asyncio.TaskGroup() as group:
                for number, wish in enumerate(wishes):
                    work = fail_after_writing(f"{number}") if wish == "fail" else increment
                    tasks.append(group.create_task(_outcome(database, work)))
                    if wish == "cancel":
                        tasks[-1].cancel()
            answered = [task.result() for task in tasks if not task.cancelled()]
            counted = await SettingsRepository(database=database).get("counter")
            assert sorted(each for each in answered if each is not None) == list(
                range(1, 1 + wishes.count("increment"))
            )
            # Cancelled before it began: taken back.
            assert counted == str(wishes.count("increment"))
            assert await keys(database) == {"counter"}


async def _outcome(database: Database, work: Work[int] | Work[None]) -> int | None:
    try:
        return await database.transact(work)
    except LookupError:
        return None
