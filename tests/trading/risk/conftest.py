"""A watch over a venue with 10,000 USD, half of it in BTC."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.risk_world import RiskWorld, make_venue, risk_world


@pytest.fixture
def instant() -> FakeClock:
    return FakeClock(instant=True)


@pytest.fixture
def half_in_btc(instant: FakeClock) -> MemoryVenue:
    return make_venue(instant)


@pytest.fixture
async def watched(
    tmp_path: Path, instant: FakeClock, half_in_btc: MemoryVenue
) -> AsyncIterator[RiskWorld]:
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        await world.look()
        yield world
