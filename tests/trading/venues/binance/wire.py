"""One local Binance for many tests, an adapter for each, and both books compared after it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from tests.contracts.binance_world import BinanceWorld
from tests.contracts.trader import Trader
from tests.support.local_binance import LocalBinance
from tests.support.waiting import PATIENCE_SECONDS
from trading.clock import Clock, SystemClock
from trading.events import OwnerNotice
from trading.model.identifiers import VenueName
from trading.venues.binance.adapter import BinanceAdapter
from trading.venues.binance.settings import BinanceSettings

LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)


class SkewedClock(SystemClock):
    """A machine whose clock is wrong, and is stepped while the bot runs."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.off = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self.off


@dataclass(slots=True, kw_only=True)
class Wire:
    """One venue for all tests, and one adapter for each: none waits for another's ban."""

    binance: LocalBinance
    told: list[OwnerNotice] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def trader(self, world: BinanceWorld) -> Trader:
        """Return one whose orders carry names that no other test used."""
        return Trader(world, self.numbers)

    @asynccontextmanager
    async def opened(self, clock: Clock) -> AsyncIterator[BinanceWorld]:
        async with self.alone(clock) as world:
            yield world
        await self.binance.clear_faults()
        async with self.alone(clock) as world:
            await agree(world)

    @asynccontextmanager
    async def alone(self, clock: Clock) -> AsyncIterator[BinanceWorld]:
        settings = BinanceSettings(
            key=self.binance.key,
            secret=self.binance.secret,
            rest_url=self.binance.rest_url,
            timeout_seconds=PATIENCE_SECONDS,
            answer_seconds=PATIENCE_SECONDS,
        )
        adapter = BinanceAdapter(
            name=VenueName("binance"), settings=settings, clock=clock, on_trouble=self.told.append
        )
        async with adapter:
            world = BinanceWorld(binance=self.binance, adapter=adapter, settings=settings)
            world.clock = clock
            yield world


async def agree(world: BinanceWorld) -> None:
    """Compare what the adapter tells with the venue's own book, digit for digit."""
    snapshot = await world.adapter.fetch_balances()
    told = {asset: (each.free, each.locked) for asset, each in snapshot.balances.items()}
    kept = {asset: (each.free, each.locked) for asset, each in (await world.holdings()).items()}
    assert told == kept
    fills = await world.adapter.fetch_fills(since=LONG_AGO)
    book = await world.binance.book()
    assert {(fill.fill_id, fill.quantity, fill.cost, fill.fee) for fill in fills} == {
        (
            f"{row['pair'].replace('/', '')}-{row['trade_id']}",
            Decimal(row["volume"]),
            Decimal(row["cost"]),
            Decimal(row["fee"]),
        )
        for row in book["fills"]
    }
    assert await world.binance.audit() == []
