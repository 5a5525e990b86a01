"""Fifty writers, cancellations and a long backup: no row is lost, nobody meets a lock."""

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.inbox import InboxRepository
from storage.records import InboxRow
from storage.settings import SettingsRepository
from tests.support.stores import NOW, inbox_row, increment, later

WRITERS = 50
ROUNDS = 12


async def test_no_increment_is_lost(database: Database) -> None:
    await SettingsRepository(database=database).put("counter", "0")
    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(database.transact(increment)) for _ in range(200)]
    assert sorted(writer.result() for writer in writers) == list(range(1, 201))


async def test_fifty_writers_with_cancellations_during_a_long_backup(
    database: Database, tmp_path: Path
) -> None:
    settings = SettingsRepository(database=database)
    await settings.put("counter", "0")
    await make_large(database, megabytes=40)
    inbox = InboxRepository(database=database)
    dice = random.Random(7)
    crowd = Crowd(database=database, inbox=inbox, dice=dice)
    async with asyncio.TaskGroup() as group:
        backup = group.create_task(database.backup(tmp_path / "copy.db"))
        for writer in range(WRITERS):
            group.create_task(crowd.write(writer))
        group.create_task(read_on(database, backup))
    assert backup.exception() is None
    assert crowd.cancelled > WRITERS, "the test must cancel some"
    # What was answered is there; what was cancelled is whole or absent, never in between.
    await database.transact(size)
    kept = {row.update_id for row in await inbox.pending()}
    assert crowd.answered <= kept <= crowd.answered | crowd.doubtful
    counted = int(await settings.get("counter") or 0)
    assert crowd.increments <= counted <= crowd.increments + crowd.cancelled
    assert await database.quick_check() == ()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class Crowd:
    """Writers that hurry, give up, and remember what they were told."""

    def __init__(self, *, database: Database, inbox: InboxRepository, dice: random.Random) -> None:
        self.database = database
        self.inbox = inbox
        self.dice = dice
        self.answered: set[int] = set()
        self.doubtful: set[int] = set()
        self.increments = 0
        self.cancelled = 0

    async def write(self, writer: int) -> None:
        for turn in range(ROUNDS):
            update_id = writer * ROUNDS + turn
            impatience = self.dice.choice((None, None, 0.0, 0.002, 0.02, 0.1))
            self.doubtful.add(update_id)
            try:
                async with asyncio.timeout(impatience):
                    await self.inbox.accept([inbox_row(update_id)])
                    self.answered.add(update_id)
                    await self.database.transact(increment)
                    self.increments += 1
            except TimeoutError:
                self.cancelled += 1


async def read_on(database: Database, backup: asyncio.Task[None]) -> None:
    while not backup.done():
        await database.read(size)


async def size(connection: AsyncConnection) -> int:
    found: int = (await connection.execute(text("SELECT count(*) FROM inbox"))).scalar_one()
    return found


async def make_large(database: Database, *, megabytes: int) -> None:
    rows = [
        InboxRow(
            update_id=-number,
            raw="x" * 1_000_000,
            received_at=NOW,
            chat_id=None,
            user_id=None,
            lane=None,
            status="done",
            claimed_at=None,
            finished_at=later(1),
            outcome=None,
            correlation_id=None,
        )
        for number in range(1, megabytes + 1)
    ]
    await InboxRepository(database=database).accept(rows)
