"""One clock, one venue with money in it, and the balances started on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> MemoryVenue:
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.list_instrument("ETH/USD", "2999", "3001")
    venue.deposit("USD", "1000")
    venue.deposit("BTC", "0.5")
    return venue


@pytest.fixture
async def parts(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> AsyncIterator[BalanceParts]:
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        yield parts
