"""The worlds that the venue contract is held against; a new adapter adds its own here."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.contracts.binance_world import binance_world
from tests.contracts.guarded_world import guarded_world
from tests.contracts.kraken_world import kraken_rest_world, kraken_world
from tests.contracts.memory_world import memory_world
from tests.contracts.paper_world import paper_world
from tests.contracts.trader import Trader
from tests.contracts.venue_world import StreamWorld, VenueWorld, WireWorld

STREAM_WORLDS: dict[str, Callable[[Path], AbstractAsyncContextManager[StreamWorld]]] = {
    "kraken": kraken_world,
    "binance": binance_world,
}
WIRE_WORLDS: dict[str, Callable[[Path], AbstractAsyncContextManager[WireWorld]]] = {
    **STREAM_WORLDS,
    "kraken by REST": kraken_rest_world,
}
WORLDS: dict[str, Callable[[Path], AbstractAsyncContextManager[VenueWorld]]] = {
    "memory": lambda _folder: memory_world(),
    "guarded": guarded_world,
    "paper": paper_world,
    **STREAM_WORLDS,
}


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VenueWorld]:
    async with WORLDS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=list(WIRE_WORLDS))
async def wire(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WireWorld]:
    async with WIRE_WORLDS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=list(STREAM_WORLDS))
async def streamed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StreamWorld]:
    async with STREAM_WORLDS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def trader(world: VenueWorld) -> Trader:
    return Trader(world)


@pytest.fixture
def wire_trader(wire: WireWorld) -> Trader:
    return Trader(wire)


@pytest.fixture
def stream_trader(streamed: StreamWorld) -> Trader:
    return Trader(streamed)
