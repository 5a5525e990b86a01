"""Small facts: the last word counts, and a value that is made is made once."""

import asyncio
from itertools import count

from storage.database import Database
from storage.settings import SettingsRepository


async def test_the_last_word_counts(database: Database) -> None:
    settings = SettingsRepository(database=database)
    assert await settings.get("state") is None
    await settings.put("state", "halted")
    await settings.put("state", "active")
    await settings.put("other", "")
    assert [await settings.get(key) for key in ("state", "other")] == ["active", ""]


async def test_of_many_makers_one_makes_it(database: Database) -> None:
    settings = SettingsRepository(database=database)
    tags = count()
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(settings.get_or_create("tag", lambda: f"tag{next(tags)}"))
            for _ in range(20)
        ]
    answers = {each.result() for each in asked}
    assert answers == {await settings.get("tag")}
    assert next(tags) == 2, "only the first was asked to make one, if in two tries"
