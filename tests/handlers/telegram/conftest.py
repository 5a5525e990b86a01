"""One local Telegram for each test, on a state of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.local_telegram import LocalTelegram, running_local_telegram


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[LocalTelegram]:
    async with running_local_telegram(tmp_path / "telegram") as running:
        yield running
        await running.child.kill()  # a clean stop takes a second, and nobody asks it anything now
