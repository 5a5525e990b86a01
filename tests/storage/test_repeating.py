"""Writes that shared a commit in vain are done again: a work does nothing but write.

The stores of these tests, and those of the order desk's, do every write twice. What is shown here
is that they do: a work that left anything in memory would show in the tests of whoever made it.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.settings import SettingsRepository


async def test_every_write_is_done_twice_and_written_once(database: Database) -> None:
    left_behind: list[str] = []

    async def work(connection: AsyncConnection) -> int:
        left_behind.append("in memory")
        await connection.execute(text("INSERT INTO settings (key, value) VALUES ('a', '1')"))
        return len(left_behind)

    assert await database.transact(work) == 2
    assert await SettingsRepository(database=database).get("a") == "1"
