"""A venue with twice too much BTC and no ETH, and the rebalance intents at work on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import RebalanceWorld, make_venue, rebalance_world


@pytest.fixture
def unbalanced(instant: FakeClock) -> PerilousVenue:
    return make_venue(instant)


@pytest.fixture
def instant() -> FakeClock:
    return FakeClock(instant=True)


@pytest.fixture
async def rebalancing(
    tmp_path: Path, instant: FakeClock, unbalanced: PerilousVenue
) -> AsyncIterator[RebalanceWorld]:
    async with rebalance_world(tmp_path, venue=unbalanced, clock=instant) as world:
        yield world
