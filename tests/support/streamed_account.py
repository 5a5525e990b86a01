"""The core's listener on real parts, and a venue in memory that is asked only as a referee."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.balances import BalanceRepository
from storage.breakers import BreakerRepository
from storage.database import Database
from storage.fills import FillRepository
from storage.settings import SettingsRepository
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.balances.access_log import AccessLog
from trading.balances.manager import BalanceManager
from trading.balances.reservations import Reservations
from trading.balances.streamed import StreamedAccount
from trading.clock import Clock
from trading.events import EventBus
from trading.market.feed import MarketFeed
from trading.model.fill import Fill
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.order import VenueOrder
from trading.portfolio.pricing import FeedPrices
from trading.risk.breakers import Breakers
from trading.venues.streaming import StreamListener
from trading.workflow.stream_intake import StreamIntake
from trading.workflow.stream_watch import StreamWatch


class _NoOrders:
    """Satisfies `OrderNews` where no orders are told of."""

    def order(self, order: VenueOrder) -> None:
        raise AssertionError(f"an order was told of: {order}")

    def fill(self, fill: Fill) -> None:
        raise AssertionError(f"a fill was told of: {fill}")

    def reset(self, venue: VenueName) -> None:
        """Nothing can have been missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedParts:
    """One account that is pushed."""

    listener: StreamListener
    manager: BalanceManager
    venue: MemoryVenue
    clock: Clock


@asynccontextmanager
async def streamed_account(
    database_file: Path, *, clock: Clock, venue: MemoryVenue
) -> AsyncIterator[StreamedParts]:
    """Run the part that listens, for as long as the block lasts."""
    async with Database.open(
        database_file, clock=clock, bound_seconds=PATIENCE_SECONDS
    ) as database:
        bus, feed = EventBus(), MarketFeed(adapters={venue.name: venue}, clock=clock)
        manager = _manager(database, clock, venue, feed, bus)
        await manager.start()
        account = manager.streamed(venue.name)
        intake = StreamIntake(
            venue=venue,
            account=account,
            prices=feed,
            orders=_NoOrders(),
            wishes=_nothing,
            watch=_watch(database, clock, venue, account, bus),
            clock=clock,
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(intake.run())
            listener = await eventually(lambda: venue.listener)
            assert listener is not None
            try:
                yield StreamedParts(listener=listener, manager=manager, venue=venue, clock=clock)
            finally:
                running.cancel()


def _manager(
    database: Database, clock: Clock, venue: MemoryVenue, feed: MarketFeed, bus: EventBus
) -> BalanceManager:
    return BalanceManager(
        adapters={venue.name: venue},
        bases={venue.name: Asset("USD")},
        store=BalanceRepository(database=database),
        settings=SettingsRepository(database=database),
        fills=FillRepository(database=database),
        prices=FeedPrices(feed=feed, clock=clock),
        reservations=Reservations(),
        clock=clock,
        access_log=AccessLog(clock=clock),
        bus=bus,
    )


def _watch(
    database: Database, clock: Clock, venue: MemoryVenue, account: StreamedAccount, bus: EventBus
) -> StreamWatch:
    breakers = Breakers(
        venues=[venue.name],
        store=BreakerRepository(database=database),
        clock=clock,
        bus=bus,
        dice=lambda: 0.5,
    )
    return StreamWatch(
        venue=venue,
        account=account,
        breakers=breakers,
        bus=bus,
        clock=clock,
        is_wanted=lambda _: True,
    )


async def _nothing(venue: VenueName) -> Collection[Symbol]:
    assert venue
    return ()
