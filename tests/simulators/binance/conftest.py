"""A venue in this process, and one running process, for the tests that only look at it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.binance.desk import Caller, Desk, open_desk
from tests.support.local_binance import LocalBinance, running_local_binance
from trading.clock import SystemClock


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def binance(tmp_path: Path) -> AsyncIterator[LocalBinance]:
    balances = {"USDT": "10000", "BTC": "1", "ETH": "5"}
    async with running_local_binance(tmp_path, balances=balances) as running:
        yield running


@pytest.fixture
async def caller(binance: LocalBinance) -> AsyncIterator[Caller]:
    clock = SystemClock()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(
            session=session,
            url=binance.rest_url,
            now=lambda: round(clock.now().timestamp() * 1000),
        )
