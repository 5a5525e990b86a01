"""A fresh store for each test, which does every write twice: works must bear that."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.support.clock import FakeClock
from tests.support.repeating_database import RepeatingDatabase
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opening = RepeatingDatabase.open(
        tmp_path / "steelyard.db", clock=FakeClock(), bound_seconds=PATIENCE_SECONDS
    )
    async with opening as opened:
        yield opened
