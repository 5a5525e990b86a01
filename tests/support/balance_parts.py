"""The balances with everything real around them: SQLite, the market feed, a venue in memory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.balances import BalanceRepository
from storage.fills import FillRepository
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.stores import PatientDatabase, open_database
from tests.support.waiting import PATIENCE_SECONDS
from trading.balances.access_log import AccessLog
from trading.balances.manager import BalanceManager
from trading.balances.reservations import Reservations
from trading.events import Event, EventBus
from trading.market.feed import MarketFeed
from trading.model.identifiers import Asset, VenueName
from trading.portfolio.pricing import FeedPrices


class Heard:
    """Everything that was published, in order."""

    def __init__(self, bus: EventBus) -> None:
        self.events: list[Event] = []
        bus.subscribe(self._hear)

    async def _hear(self, event: Event) -> None:
        self.events.append(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceParts:
    """One run of the bot's balances on one database file."""

    clock: FakeClock
    venue: MemoryVenue
    database: PatientDatabase
    manager: BalanceManager
    reservations: Reservations
    access_log: AccessLog
    feed: MarketFeed
    settings: SettingsRepository
    bus: EventBus
    heard: Heard

    @property
    def name(self) -> VenueName:
        return self.venue.name


@asynccontextmanager
async def balance_parts(
    folder: Path,
    *,
    clock: FakeClock,
    venue: MemoryVenue,
    timeout_seconds: float = PATIENCE_SECONDS,
    others: Mapping[MemoryVenue, Asset] | None = None,
) -> AsyncIterator[BalanceParts]:
    """Start the balances as bot.py does; leaving is the end of that run.

    `others` are more venues, each with the currency in which it is valued.
    """
    async with open_database(folder, clock=clock) as database:
        parts = build_parts(
            database,
            clock=clock,
            venue=venue,
            timeout_seconds=timeout_seconds,
            others=others or {},
        )
        await parts.manager.start()
        yield parts


def build_parts(
    database: PatientDatabase,
    *,
    clock: FakeClock,
    venue: MemoryVenue,
    timeout_seconds: float,
    others: Mapping[MemoryVenue, Asset],
) -> BalanceParts:
    bus = EventBus()
    reservations = Reservations()
    access_log = AccessLog(clock=clock)
    bases = {venue: Asset("USD"), **others}
    adapters = {each.name: each for each in bases}
    feed = MarketFeed(adapters=adapters, clock=clock)
    settings = SettingsRepository(database=database)
    manager = BalanceManager(
        adapters=adapters,
        bases={each.name: base for each, base in bases.items()},
        store=BalanceRepository(database=database),
        settings=settings,
        fills=FillRepository(database=database),
        prices=FeedPrices(feed=feed, clock=clock),
        reservations=reservations,
        clock=clock,
        access_log=access_log,
        bus=bus,
        timeout_seconds=timeout_seconds,
    )
    return BalanceParts(
        clock=clock,
        venue=venue,
        database=database,
        manager=manager,
        reservations=reservations,
        access_log=access_log,
        feed=feed,
        settings=settings,
        bus=bus,
        heard=Heard(bus),
    )
