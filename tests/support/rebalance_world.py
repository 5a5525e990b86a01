"""The rebalance intents on the real order desk, over the venue in memory on a bad day."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage.records import RunRow
from storage.runs import RunRepository
from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, order_world, working
from tests.support.perilous_venue import PerilousVenue
from trading.clock import Clock
from trading.intents.pnl import PnlView
from trading.intents.rebalance import Adviser, RebalanceIntents, RebalanceParts
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import OnProgress, Proposal, RunResult
from trading.intents.rebalance_run import Batch
from trading.intents.rebalance_runner import RebalanceRunner, VenueAllocation
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.order import OrderIntent
from trading.model.risk import NO_LIMITS, RiskLimits
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo
from trading.risk.trading_state import TradingGate

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
BTC_USD, ETH_USD = Symbol(BTC, USD), Symbol(ETH, USD)
CORRELATION = CorrelationId("corr-1")
SETTINGS = RebalanceSettings(
    band_abs=Decimal("0.02"),
    band_rel=None,
    to=TradeTo.TARGET,
    cash_buffer=Decimal(0),
    min_order=Decimal(10),
    max_turnover=Decimal(2),
    max_orders=10,
    max_slippage=Decimal("0.005"),
    order_buffer=Decimal("0.02"),
)
WEIGHTS = {BTC: Decimal("0.5"), ETH: Decimal("0.3")}


def allocation(weights: Mapping[Asset, Decimal] | None = None, **changes: Any) -> VenueAllocation:
    """Half in BTC, 30 % in ETH, the rest in USD, unless told otherwise."""
    return VenueAllocation(
        targets=Targets(base=USD, weights=dict(weights or WEIGHTS)),
        settings=replace(SETTINGS, **changes),
        cooldown=timedelta(minutes=10),
    )


class Painter:
    """Draws the hash of the plan."""

    async def pnl(self, views: Sequence[PnlView]) -> bytes:
        return f"{len(views)} panels".encode()

    async def rebalance(self, proposal: Proposal) -> bytes:
        return proposal.plan_hash.encode()


Act = Callable[[], Awaitable[object]]


class WatchedExecutor:
    """The real executor, with places to act or to fail around each batch."""

    def __init__(self, world: OrderWorld) -> None:
        self._world = world
        self.batches: list[Sequence[OrderIntent]] = []
        self.before: list[Act | None] = []
        """Used up one for each batch: called before it goes out."""
        self.failures: list[Exception | None] = []
        """Used up one for each batch: raised when the batch has been done."""

    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> Batch:
        act = self.before.pop(0) if self.before else None
        if act is not None:
            await act()
        self.batches.append(batch)
        done = await self._world.desk.executor.execute(batch, on_progress=on_progress)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceWorld:
    """One run of the bot as far as rebalancing goes."""

    orders: OrderWorld
    executor: WatchedExecutor
    intents: RebalanceIntents
    runner: RebalanceRunner
    runs: RunRepository

    @property
    def venue(self) -> PerilousVenue:
        return self.orders.venue

    @property
    def name(self) -> VenueName:
        return self.orders.name

    @property
    def clock(self) -> FakeClock:
        return self.orders.clock

    @property
    def gate(self) -> TradingGate:
        return self.orders.gate

    async def proposal(self) -> Proposal:
        """Ask for a plan that must come."""
        (shown,) = await self.intents.propose(self.name, "owner", CORRELATION)
        assert isinstance(shown, Proposal), str(shown)
        return shown

    async def confirm(
        self, shown: Proposal, on_progress: OnProgress | None = None
    ) -> RunResult | Denied | Proposal:
        return await self.intents.execute(
            self.name, shown.plan_hash, "owner", CORRELATION, on_progress
        )

    async def run(self) -> RunResult:
        """Ask for a plan, confirm it, and expect that it is run."""
        result = await self.confirm(await self.proposal())
        assert isinstance(result, RunResult), str(result)
        return result

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Take every notice that waits, and return those about runs: kind and payload."""
        outbox, about = self.orders.outbox, []
        while (row := await outbox.oldest_unsent()) is not None:
            await outbox.mark_sent(row.sequence, 1, self.clock.now())
            if row.kind.startswith("run_"):
                about.append((row.kind, json.loads(row.payload)))
        return about

    async def row(self) -> RunRow:
        """Return the newest run."""
        row = await self.runs.latest(self.name)
        assert row is not None
        return row


def build(
    world: OrderWorld,
    allocations: Mapping[VenueName, VenueAllocation],
    runs: RunRepository | None = None,
    adviser: Adviser | None = None,
) -> RebalanceWorld:
    """Wire the intents as the composition root does."""
    runs = runs or RunRepository(database=world.balances.database)
    executor = WatchedExecutor(world)
    gatherer = InputGatherer(
        balances=world.balances.manager,
        market=world.balances.feed,
        orders=world.desk.journal,
        gate=world.gate,
        clock=world.clock,
        risk=world.risk.orders,
    )
    runner = RebalanceRunner(
        gatherer=gatherer,
        executor=executor,
        orders=world.desk.journal,
        runs=runs,
        clock=world.clock,
    )
    intents = RebalanceIntents(
        allocations=allocations,
        parts=RebalanceParts(
            gatherer=gatherer,
            runner=runner,
            runs=runs,
            gate=world.gate,
            painter=Painter(),
            clock=world.clock,
            adviser=adviser,
        ),
    )
    return RebalanceWorld(
        orders=world, executor=executor, intents=intents, runner=runner, runs=runs
    )


def make_venue(clock: Clock, *, fee: str = "0.002") -> PerilousVenue:
    """20,000 USD in all: twice too much BTC, no ETH at all."""
    venue = PerilousVenue(clock=clock, fee=Decimal(fee))
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.list_instrument("ETH/USD", "2499", "2501")
    venue.deposit("BTC", "0.4")
    return venue


@asynccontextmanager
async def rebalance_world(
    folder: Path,
    *,
    venue: PerilousVenue,
    clock: FakeClock,
    limits: RiskLimits = NO_LIMITS,
    **changes: Any,
) -> AsyncIterator[RebalanceWorld]:
    """The desk at work with the intents on it; leaving kills it where it stands."""
    world = order_world(folder, clock=clock, venue=venue, limits=limits)
    async with world as orders, working(orders):
        yield build(orders, {venue.name: allocation(**changes)})
