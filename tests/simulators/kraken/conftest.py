"""One running local Kraken for the tests of a module that only look at its wire."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.kraken.desk import Caller, Desk, open_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    balances = {"USD": "10000", "BTC": "1", "ETH": "5"}
    async with running_local_kraken(tmp_path, balances=balances) as running:
        yield running


@pytest.fixture
async def caller(kraken: LocalKraken) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(session=session, url=kraken.rest_url)
