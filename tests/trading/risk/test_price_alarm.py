"""Prices that move far have risk looked at, without a request of their own."""

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.risk_world import make_venue, risk_world
from tests.support.waiting import eventually
from trading.model.identifiers import Asset, VenueName
from trading.risk.price_alarm import PriceAlarm

BTC, USD = Asset("BTC"), Asset("USD")


class Known:
    """The prices in memory, as a test wants them."""

    def __init__(self, **prices: str) -> None:
        self.prices = prices

    def known(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal]:
        del venue, assets, base
        return {Asset(code): Decimal(price) for code, price in self.prices.items()}


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({"USD": "1", "BTC": "50900"}, False),
        ({"USD": "1", "BTC": "51000"}, True),
        ({"USD": "1", "BTC": "49000"}, True),
        ({"USD": "1"}, False),
    ],
    ids=["a little", "up", "down", "not known"],
)
async def test_far_is_a_hundredth_of_the_whole(
    tmp_path: Path,
    instant: FakeClock,
    half_in_btc: MemoryVenue,
    prices: dict[str, str],
    expected: bool,
) -> None:
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        alarm = PriceAlarm(
            venues=(world.name,), watch=world.watch, prices=Known(**prices), clock=instant
        )
        assert not alarm.has_moved(world.name), "nothing was judged yet"
        await world.look()
        assert alarm.has_moved(world.name) is expected


async def test_a_shock_is_acted_on_before_the_next_round(tmp_path: Path) -> None:
    clock = FakeClock()
    async with risk_world(tmp_path, clock=clock, venue=make_venue(clock)) as world:
        await world.look(after=0)
        known = Known(USD="1", BTC="50000")
        alarm = PriceAlarm(venues=(world.name,), watch=world.watch, prices=known, clock=clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(alarm.run())
            await clock.advance(30)
            looked = world.watch.latest[world.name]
            known.prices["BTC"] = "42000"
            world.price("BTC/USD", 42_000)
            await clock.advance(2)
            await eventually(lambda: world.watch.latest[world.name] is not looked)
            running.cancel()
        (warning,) = world.told()
        assert "the loss of this day is 8.00 %" in warning
