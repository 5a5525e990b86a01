"""The intents that commands call; bot.py hands over the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from handlers.rendering import views
from handlers.rendering.signals import PastView
from trading.intents.breakers import ResetOutcome, VenueStreams
from trading.intents.chart import CandleFile, CandleWish, ChartView
from trading.intents.closing import ClosingPreview, VenueClosing
from trading.intents.closing_parts import ClosingRequest
from trading.intents.emergency import CancelAllOutcome
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult
from trading.intents.orders import (
    CancelOutcome,
    OrderDetail,
    OrdersView,
    ResolveOutcome,
    TradesView,
)
from trading.intents.pnl import PnlView
from trading.intents.prices import PricesView
from trading.intents.rebalance_model import OnProgress, Proposal, RunResult
from trading.intents.repair import OnStep, RepairLine, VenueRepair
from trading.intents.risk import PerformanceView, RiskView
from trading.intents.signals import NamedWish, SignalsView
from trading.intents.workflow_model import Asked
from trading.model.balance import VenueBalances
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId, VenueName
from trading.model.order import Order
from trading.model.trading_state import TradingState
from trading.model.valuation import TotalValue


class Balances(Protocol):
    """The intents of trading.intents.balances."""

    async def show(self, venue: VenueName | None) -> Sequence[VenueBalances]: ...
    async def refresh(self, venue: VenueName | None) -> Sequence[views.RefreshView]: ...
    async def accept(self, venue: VenueName, by: str) -> object: ...
    async def verify(
        self, venue: VenueName, asset: Asset, amount: Decimal, *, now: bool = False
    ) -> views.VerifyView: ...
    def accesses(self, limit: int) -> Sequence[views.AccessView]: ...


class Portfolio(Protocol):
    """The intents of trading.intents.portfolio."""

    async def show(self, venue: VenueName | None = None) -> Sequence[views.PortfolioView]: ...
    async def whole(self) -> views.WholeView: ...
    async def total(self) -> TotalValue: ...


class Prices(Protocol):
    """The intents of trading.intents.prices."""

    async def prices(self, names: Sequence[str], venue: VenueName | None) -> PricesView: ...


class Charts(Protocol):
    """The intents of trading.intents.chart."""

    async def show(self, wish: CandleWish) -> ChartView: ...
    async def picture(self, view: ChartView) -> bytes: ...
    async def export(self, wish: CandleWish) -> CandleFile: ...


class Halt(Protocol):
    """The intents of trading.intents.halt."""

    async def halt(self, by: str, reason: str) -> object: ...
    async def resume(self, by: str) -> Denied | object: ...
    def state(self) -> TradingState: ...
    @property
    def standing(self) -> Sequence[str]: ...


class Risk(Protocol):
    """The intents of trading.intents.risk."""

    def state(self) -> TradingState: ...
    async def show(self) -> Sequence[RiskView]: ...
    async def performance(self) -> Sequence[PerformanceView]: ...


class Breakers(Protocol):
    """The intents of trading.intents.breakers."""

    async def show(self, venue: VenueName | None) -> Sequence[views.BreakerView]: ...
    async def streams(self, venue: VenueName | None) -> Sequence[VenueStreams]: ...
    async def reset_whole(self, venue: VenueName | None, by: str) -> ResetOutcome: ...


class Jobs(Protocol):
    """The intents of trading.intents.jobs; names that do not exist raise CommandError."""

    async def show(self) -> Sequence[views.JobView]: ...
    async def pause(self, name: str | None, by: str) -> Sequence[str]: ...
    async def resume(self, name: str | None, by: str) -> Sequence[str]: ...


class Machine(Protocol):
    """The intents of trading.intents.status: what the bot knows of itself."""

    async def status(self) -> Sequence[views.ComponentView]: ...
    async def health(self) -> Sequence[views.ComponentView]: ...
    def configuration(self) -> views.ConfigurationView: ...
    def version(self) -> views.ConfigurationView: ...
    def logs(self, lines: int) -> Sequence[str]: ...


class Orders(Protocol):
    """The intents of trading.intents.orders."""

    async def working(self, venue: VenueName | None = None) -> OrdersView: ...
    async def trades(self, limit: int) -> TradesView: ...
    async def find(self, text: str) -> Order: ...
    async def detail(self, text: str) -> OrderDetail: ...
    async def cancel(self, text: str, *, by: str) -> CancelOutcome: ...
    async def resolve(self, text: str, *, placed: bool, by: str) -> ResolveOutcome: ...
    async def reconcile(
        self, venue: VenueName | None = None, *, correlation_id: CorrelationId
    ) -> views.ReconciliationView: ...


class Profits(Protocol):
    """The intents of trading.intents.pnl."""

    async def show(self, venue: VenueName | None = None) -> Sequence[PnlView]: ...
    async def picture(self, views: Sequence[PnlView]) -> bytes: ...


class Emergency(Protocol):
    """The intents of trading.intents.emergency."""

    async def cancel_all(self, by: str) -> Sequence[CancelAllOutcome]: ...


class Closing(Protocol):
    """The intents of trading.intents.close_all."""

    async def propose(self, venue: VenueName | None) -> Sequence[ClosingPreview]: ...
    async def execute(self, request: ClosingRequest) -> Sequence[VenueClosing]: ...


class Repair(Protocol):
    """The intents of trading.intents.repair."""

    async def repair(
        self,
        venue: VenueName | None,
        by: str,
        correlation_id: CorrelationId,
        on_step: OnStep | None = None,
    ) -> Sequence[VenueRepair]: ...
    async def verify(self, venue: VenueName | None) -> Sequence[RepairLine]: ...


class Rebalance(Protocol):
    """The intents of trading.intents.rebalance; None stands for every venue with targets."""

    async def propose(
        self, venue: VenueName | None, by: str, correlation_id: CorrelationId
    ) -> Sequence[Proposal | Denied]: ...
    async def execute(
        self,
        venue: VenueName,
        plan_hash: str,
        by: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress,
    ) -> RunResult | Denied | Proposal: ...
    async def picture(self, proposal: Proposal) -> bytes: ...


class Trade(Protocol):
    """The intents of trading.intents.manual_orders."""

    async def preview(
        self, request: ManualRequest, by: str, correlation_id: CorrelationId
    ) -> ManualPreview | Denied: ...
    async def execute(
        self,
        request: ManualRequest,
        plan_hash: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress,
    ) -> ManualResult | Denied | ManualPreview: ...


class Signals(Protocol):
    """The intents of trading.intents.signals."""

    async def show(
        self, wishes: Sequence[NamedWish], venue: VenueName | None, asked: Asked
    ) -> SignalsView: ...
    async def order(
        self,
        run_id: str,
        request: ManualRequest,
        plan_hash: str,
        asked: Asked,
        on_progress: OnProgress,
    ) -> ManualResult | Denied | ManualPreview: ...
    async def recent(self, limit: int) -> Sequence[PastView]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that commands may call."""

    venues: tuple[VenueName, ...]
    balances: Balances
    portfolio: Portfolio
    prices: Prices
    charts: Charts
    halt: Halt
    risk: Risk
    breakers: Breakers
    jobs: Jobs
    machine: Machine
    orders: Orders
    emergency: Emergency
    closing: Closing
    repair: Repair
    pnl: Profits
    rebalance: Rebalance
    trade: Trade
    signals: Signals
