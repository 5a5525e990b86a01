"""The order desk on a local Kraken: real sockets, a real clock, books in another process."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from storage.balances import BalanceRepository
from storage.breakers import BreakerRepository
from storage.database import Database
from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.outbox import OutboxRepository
from storage.settings import SettingsRepository
from tests.support.local_kraken import LocalKraken
from tests.support.stores import open_database
from tests.support.waiting import eventually
from trading.balances.access_log import AccessLog
from trading.balances.manager import BalanceManager
from trading.balances.reservations import Reservations
from trading.clock import Clock, SystemClock
from trading.events import EventBus
from trading.market.feed import MarketFeed
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.orders.desk import DeskStores, OrderDesk, open_order_desk
from trading.orders.execution import ExecutionSettings
from trading.orders.live import has_live_orders
from trading.portfolio.pricing import FeedPrices
from trading.risk.breakers import Breakers
from trading.risk.trading_state import TradingGate
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.workflow.stream_intake import StreamIntake
from trading.workflow.stream_watch import StreamWatch

VENUE = VenueName("kraken")
BASES = {VENUE: Asset("USD")}


@dataclass(frozen=True, slots=True, kw_only=True)
class KrakenDesk:
    """One run of the desk; the journal and the venue's books outlive it."""

    database: Database
    adapter: KrakenAdapter
    feed: MarketFeed
    manager: BalanceManager
    reservations: Reservations
    gate: TradingGate
    orders: OrderRepository
    fills: FillRepository
    outbox: OutboxRepository
    desk: OrderDesk
    streams: StreamIntake

    @property
    def is_live(self) -> bool:
        """True while orders go over the socket and balances rest on it."""
        return has_live_orders(self.adapter) and self.manager.is_streamed(VENUE)


@asynccontextmanager
async def kraken_desk(
    folder: Path, kraken: LocalKraken, *, streamed: bool = False
) -> AsyncIterator[KrakenDesk]:
    """Build the desk on the database in `folder`; nothing runs yet."""
    clock = SystemClock()
    settings = KrakenSettings(
        key=kraken.key,
        secret=kraken.secret,
        rest_url=kraken.rest_url,
        tier=Tier.PRO,
        answer_seconds=1.0,
        nonce_buffer_microseconds=1500,
        ws_url=kraken.ws_url if streamed else None,
        ws_auth_url=kraken.ws_auth_url if streamed else None,
        reconnect_seconds=0.1,
    )
    async with (
        open_database(folder, clock=clock) as database,
        KrakenAdapter(
            name=VENUE, settings=settings, clock=clock, nonce_directory=folder / "nonce"
        ) as adapter,
    ):
        yield await _put_together(folder, adapter, database, clock)


@asynccontextmanager
async def streaming_desk(folder: Path, kraken: LocalKraken) -> AsyncIterator[KrakenDesk]:
    """Start up and let everything run, live on the sockets; leaving kills it where it stands."""
    async with kraken_desk(folder, kraken, streamed=True) as desk:
        report = await desk.desk.reconciler.start_up()
        assert report.venues[0].error is None
        async with asyncio.TaskGroup() as group:
            parts = (
                desk.desk.executor.run,
                desk.desk.reconciler.run,
                desk.desk.intake.run,
                desk.streams.run,
            )
            tasks = [group.create_task(part()) for part in parts]
            try:
                await eventually(lambda: desk.is_live, because="the streams are live")
                yield desk
            finally:
                for task in tasks:
                    task.cancel()


async def _put_together(
    folder: Path, adapter: KrakenAdapter, database: Database, clock: Clock
) -> KrakenDesk:
    bus, facts = EventBus(), SettingsRepository(database=database)
    feed = MarketFeed(adapters={VENUE: adapter}, clock=clock)
    manager = _balances(database, adapter, feed, clock, bus)
    await manager.start()
    gate = _gate(folder, facts, clock, bus)
    await gate.start()
    orders, fills = OrderRepository(database=database), FillRepository(database=database)
    desk = await open_order_desk(
        venues={VENUE: adapter},
        bases=BASES,
        stores=DeskStores(orders=orders, fills=fills, settings=facts),
        reservations=manager.reservations,
        balances=manager,
        instruments=feed,
        gate=gate,
        bus=bus,
        clock=clock,
        settings=ExecutionSettings(),
    )
    return KrakenDesk(
        database=database,
        adapter=adapter,
        feed=feed,
        manager=manager,
        reservations=manager.reservations,
        gate=gate,
        orders=orders,
        fills=fills,
        outbox=OutboxRepository(database=database, clock=clock),
        desk=desk,
        streams=_streams(database, adapter, manager, feed, desk),
    )


def _streams(
    database: Database,
    adapter: KrakenAdapter,
    manager: BalanceManager,
    feed: MarketFeed,
    desk: OrderDesk,
) -> StreamIntake:
    clock, bus = SystemClock(), EventBus()
    account = manager.streamed(VENUE)

    async def wishes(venue: VenueName) -> Collection[Symbol]:
        return [each for each in await feed.instruments(venue) if each.quote == BASES[VENUE]]

    return StreamIntake(
        venue=adapter,
        account=account,
        prices=feed,
        orders=desk.intake,
        wishes=wishes,
        watch=StreamWatch(
            venue=adapter,
            account=account,
            breakers=Breakers(
                venues=[VENUE],
                store=BreakerRepository(database=database),
                clock=clock,
                bus=bus,
                dice=lambda: 0.5,
            ),
            bus=bus,
            clock=clock,
            is_wanted=lambda _: True,
        ),
        clock=clock,
    )


def _balances(
    database: Database, adapter: KrakenAdapter, feed: MarketFeed, clock: Clock, bus: EventBus
) -> BalanceManager:
    return BalanceManager(
        adapters={VENUE: adapter},
        bases=BASES,
        store=BalanceRepository(database=database),
        settings=SettingsRepository(database=database),
        fills=FillRepository(database=database),
        prices=FeedPrices(feed=feed, clock=clock),
        reservations=Reservations(),
        clock=clock,
        access_log=AccessLog(clock=clock),
        bus=bus,
    )


def _gate(folder: Path, facts: SettingsRepository, clock: Clock, bus: EventBus) -> TradingGate:
    return TradingGate(
        halt_file=folder / "HALT",
        settings=facts,
        clock=clock,
        bus=bus,
        trading_enabled=True,
        is_live=False,
    )


async def differences(kraken: LocalKraken, desk: KrakenDesk) -> list[str]:
    """Compare the venue's book with the journal to the last digit; say what differs."""
    book = await kraken.book()
    theirs = {
        order["order_id"]: (
            order["cl_ord_id"],
            Decimal(order["filled"]),
            Decimal(order["cost"]),
            Decimal(order["fee"]),
        )
        for order in book["orders"]
    }
    rows = [row for row in await desk.orders.recent(100_000) if row.venue_order_id is not None]
    ours = {
        row.venue_order_id: (
            None if row.client_order_id.startswith("EX-") else row.client_order_id,
            row.filled_quantity,
            row.cost,
            row.fee,
        )
        for row in rows
    }
    said = [f"venue {key}: {theirs.get(key)} journal: {ours.get(key)}" for key in theirs | ours]
    wrong = [
        line
        for key, line in zip(theirs | ours, said, strict=True)
        if theirs.get(key) != ours.get(key)
    ]
    their_fills = {(fill["trade_id"], Decimal(fill["fee"])) for fill in book["fills"]}
    our_fills = {(row.fill_id, row.fee) for row in await desk.fills.all(VENUE)}
    wrong += [f"fill in one book only: {fill}" for fill in their_fills ^ our_fills]
    sent = [order["cl_ord_id"] for order in book["orders"] if order["cl_ord_id"]]
    wrong += [f"sent twice: {each}" for each in set(sent) if sent.count(each) > 1]
    return wrong
