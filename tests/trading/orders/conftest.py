"""A clock on which nobody waits, a venue with money and two markets, and the desk on them."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, order_world, working
from tests.support.perilous_venue import PerilousVenue
from trading.model.identifiers import Symbol

BTC = Symbol.parse("BTC/USD")
ETH = Symbol.parse("ETH/USD")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(instant=True)


@pytest.fixture
def venue(clock: FakeClock) -> PerilousVenue:
    return open_account(clock)


def open_account(clock: FakeClock) -> PerilousVenue:
    venue = PerilousVenue(clock=clock, fee=Decimal("0.004"))
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.list_instrument("ETH/USD", "2999", "3001")
    venue.deposit("USD", "10000")
    venue.deposit("BTC", "1")
    venue.deposit("ETH", "2")
    return venue


@pytest.fixture
async def idle(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> AsyncIterator[OrderWorld]:
    """The desk before its start-up."""
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        yield world


@pytest.fixture
async def world(idle: OrderWorld) -> AsyncIterator[OrderWorld]:
    """The desk at work."""
    async with working(idle) as world:
        yield world


@pytest.fixture
async def streaming(tmp_path: Path) -> AsyncIterator[OrderWorld]:
    """The desk at work on a live stream; nobody's patience ends but by the test's word."""
    clock = FakeClock()
    venue = open_account(clock)
    async with order_world(tmp_path, clock=clock, venue=venue) as idle, working(idle) as world:
        world.stream.open()
        # The referee of the stream: pushed balances count from here on.
        await world.balances.manager.sync(world.name)
        await world.balances.feed.instruments(world.name)
        venue.calls.clear()
        yield world
