"""The order desk with everything real around it, on a database file that outlives it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.outbox import OutboxRepository
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.crashing_database import CrashingDatabase
from tests.support.order_stream import OrderStream
from tests.support.perilous_venue import PerilousVenue
from tests.support.risk_world import RiskWorld, build_risk
from tests.support.waiting import settle
from trading.model.identifiers import Asset, CorrelationId, RunId, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.model.risk import NO_LIMITS, RiskLimits
from trading.orders.desk import DeskStores, OrderDesk, open_order_desk
from trading.orders.execution import ExecutionSettings
from trading.risk.trading_state import TradingGate


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWorld:
    """One run of the bot's order desk."""

    venue: PerilousVenue
    balances: BalanceParts
    risk: RiskWorld
    orders_database: CrashingDatabase
    orders: OrderRepository
    fills: FillRepository
    outbox: OutboxRepository
    desk: OrderDesk
    stream: OrderStream
    """Closed until a test opens it."""

    @property
    def clock(self) -> FakeClock:
        return self.balances.clock

    @property
    def gate(self) -> TradingGate:
        return self.risk.gate

    @property
    def name(self) -> VenueName:
        return self.venue.name

    async def reconcile(self) -> None:
        await self.desk.reconciler.reconcile(correlation_id=CorrelationId("test"))


@asynccontextmanager
async def order_world(
    folder: Path,
    *,
    clock: FakeClock,
    venue: PerilousVenue,
    is_live: bool = False,
    settings: ExecutionSettings | None = None,
    dice: random.Random | None = None,
    limits: RiskLimits = NO_LIMITS,
) -> AsyncIterator[OrderWorld]:
    """Build the desk on the database in `folder`; nothing runs and nothing is asked yet.

    `dice` make its stream a bad one; `limits` are those on risk.
    """
    async with balance_parts(folder, clock=clock, venue=venue) as balances:
        gate = TradingGate(
            halt_file=folder / "HALT",
            settings=balances.settings,
            clock=clock,
            bus=balances.bus,
            trading_enabled=True,
            is_live=is_live,
        )
        await gate.start()
        settings = settings or ExecutionSettings()
        risk = await build_risk(balances, gate, limits=limits)
        world = await _put_together(balances, venue, risk, settings=settings, dice=dice)
        try:
            yield world
        finally:
            venue.on_change, venue.has_streams, venue.streams = None, False, ()


async def _put_together(
    balances: BalanceParts,
    venue: PerilousVenue,
    risk: RiskWorld,
    *,
    settings: ExecutionSettings,
    dice: random.Random | None,
) -> OrderWorld:
    database = CrashingDatabase(balances.database, venue.crash)
    orders, fills = OrderRepository(database=database), FillRepository(database=database)
    desk = await open_order_desk(
        venues={venue.name: venue},
        bases={venue.name: Asset("USD")},
        stores=DeskStores(orders=orders, fills=fills, settings=balances.settings),
        reservations=balances.reservations,
        balances=balances.manager,
        instruments=balances.feed,
        gate=risk.gate,
        bus=balances.bus,
        clock=balances.clock,
        settings=settings,
        risk=risk.orders,
    )
    return OrderWorld(
        venue=venue,
        balances=balances,
        risk=risk,
        orders_database=database,
        orders=orders,
        fills=fills,
        outbox=OutboxRepository(database=balances.database, clock=balances.clock),
        desk=desk,
        stream=OrderStream(
            venue=venue,
            news=desk.intake,
            balances=balances.manager.streamed(venue.name),
            clock=balances.clock,
            dice=dice,
        ),
    )


@asynccontextmanager
async def working(world: OrderWorld) -> AsyncIterator[OrderWorld]:
    """Start up and let the desk run, but for its passes; leaving kills it where it stands."""
    await world.desk.reconciler.start_up()
    async with asyncio.TaskGroup() as group:
        tasks = (
            group.create_task(world.desk.executor.run()),
            group.create_task(world.desk.resolver.run()),
            group.create_task(world.desk.intake.run()),
        )
        await settle(1)
        try:
            yield world
        finally:
            for task in tasks:
                task.cancel()


def intent(
    venue: PerilousVenue,
    symbol: Symbol,
    side: Side,
    quantity: str,
    price: str,
    *,
    time_in_force: TimeInForce = TimeInForce.IOC,
    origin: OrderOrigin = OrderOrigin.REBALANCE,
) -> OrderIntent:
    """A limit order as the planner would write it; the desk works out the reserve itself."""
    is_sell = side is Side.SELL
    return OrderIntent(
        venue=venue.name,
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        limit_price=Decimal(price),
        reserve_asset=symbol.base if is_sell else symbol.quote,
        reserve_amount=Decimal(0),
        origin=origin,
        reason="test",
        run_id=RunId("run-1"),
        correlation_id=CorrelationId("corr-1"),
    )
