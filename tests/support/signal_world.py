"""Signals over the real order desk: candles that rise or fall, and bounds to move targets in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from storage.candles import CandleRepository
from storage.workflow import WorkflowRepository
from tests.support.clock import FakeClock
from tests.support.manual_world import RULES
from tests.support.order_world import OrderWorld, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import BTC, ETH, RebalanceWorld, allocation, build
from trading.intents.manual_orders import ManualOrders, ManualParts
from trading.intents.signal_reading import SignalReader, SignalRules
from trading.intents.signal_targets import SignalTargets
from trading.intents.signals import SignalIntents, SignalParts
from trading.intents.symbol_workflow import SymbolWorkflow, WorkflowParts
from trading.intents.workflow_model import Asked
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.market_data import Candle
from trading.portfolio.tilting import WeightBounds
from trading.signals.catalogue import strategies

INTERVAL = CandleInterval.FOUR_HOURS
ASKED = Asked(by="1001", correlation_id=CorrelationId("tg7"))
BOUNDS = {
    BTC: WeightBounds(lowest=Decimal("0.2"), highest=Decimal("0.6")),
    ETH: WeightBounds(lowest=Decimal("0.1"), highest=Decimal("0.4")),
}
ON = SignalRules(strategy="trend", interval=INTERVAL, bounds=BOUNDS, enabled=True)
OFF = SignalRules(strategy="trend", interval=INTERVAL, bounds=BOUNDS, enabled=False)
COUNT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWorld:
    """One run of the bot as far as signals go."""

    rebalancing: RebalanceWorld
    targets: SignalTargets
    signals: SignalIntents
    store: WorkflowRepository

    @property
    def venue(self) -> PerilousVenue:
        return self.rebalancing.venue

    @property
    def orders(self) -> OrderWorld:
        return self.rebalancing.orders


def keep_candles(venue: PerilousVenue, clock: FakeClock, symbol: str, step: str) -> None:
    """Have the venue tell finished candles whose closes are each `step` times the one before."""
    found, close = [], Decimal(100)
    end = INTERVAL.start_of(clock.now())
    for place in range(COUNT, 0, -1):
        before, close = close, (close * Decimal(step)).quantize(Decimal("0.00000001"))
        found.append(
            Candle(
                symbol=Symbol.parse(symbol),
                opened_at=end - place * INTERVAL.length,
                open=before,
                high=max(before, close),
                low=min(before, close),
                close=close,
                volume=Decimal(1),
            )
        )
    venue.candles[Symbol.parse(symbol)] = tuple(found)


@asynccontextmanager
async def signal_world(
    folder: Path, venue: PerilousVenue, clock: FakeClock, rules: SignalRules | None = ON
) -> AsyncIterator[SignalWorld]:
    """Run the desk with signals on it, wired as the composition root does."""
    async with order_world(folder, clock=clock, venue=venue) as orders, working(orders):
        yield _build(orders, rules)


def _build(orders: OrderWorld, rules: SignalRules | None) -> SignalWorld:
    parts, name = orders.balances, orders.name
    archive = CandleArchive(store=CandleRepository(database=parts.database))
    candles = CandleService(adapters={name: orders.venue}, archive=archive, clock=orders.clock)
    reader = SignalReader(candles=candles, balances=parts.manager, load=strategies)
    targets = SignalTargets(
        reader=reader, market=parts.feed, rules={} if rules is None else {name: rules}
    )
    rebalancing = build(orders, {name: allocation()}, adviser=targets)
    manual = ManualOrders(
        rules={name: RULES},
        parts=ManualParts(
            balances=parts.manager,
            market=parts.feed,
            executor=orders.desk.executor,
            clock=orders.clock,
        ),
    )
    parts_of = WorkflowParts(
        market=MarketData(feed=parts.feed, candles=candles),
        reader=reader,
        targets=targets,
        planner=rebalancing.intents,
        manual=manual,
        store=WorkflowRepository(database=parts.database),
        clock=orders.clock,
    )
    signals = intents_over(parts_of, {name: Asset("USD")})
    return SignalWorld(
        rebalancing=rebalancing, targets=targets, signals=signals, store=parts_of.store
    )


def intents_over(parts: WorkflowParts, bases: Mapping[VenueName, Asset]) -> SignalIntents:
    """Wire what chats ask over the parts of a workflow, as the composition root does."""
    return SignalIntents(
        SignalParts(
            workflow=SymbolWorkflow(parts),
            targets=parts.targets,
            planner=parts.planner,
            market=parts.market.feed,
            store=parts.store,
            bases=bases,
        )
    )
