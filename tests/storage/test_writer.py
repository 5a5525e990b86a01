"""The writer moves the log into the file in its pauses, not inside somebody's commit."""

from pathlib import Path

from storage.settings import SettingsRepository
from tests.support.stores import open_database
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
