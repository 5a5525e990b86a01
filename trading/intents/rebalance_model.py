"""What a rebalance proposes and what became of it, flat enough to be shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trading.intents.chart import ChartPainter
from trading.intents.pnl import PnlPainter
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import Asset, CorrelationId, RunId, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.order import Order
from trading.portfolio.plan import Plan, PlannedOrder, PlanRow


class RunStatus(StrEnum):
    """Where a run is; only `running` is not an end."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    """Some of it was done; the next run takes it up from there."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The process ended in the middle; never continued unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedOrder:
    """One order of a proposal; `notional` in the venue's base currency."""

    side: Side
    symbol: Symbol
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    notional: Decimal
    fraction_of_nav: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedAsset:
    """An asset that is left as it is, and why."""

    asset: Asset
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan as it is shown before the button; the owner confirms its `plan_hash`."""

    plan: Plan
    balances_source: str
    balances_age_seconds: float
    expires_at: datetime
    note: str | None = None
    """Why it is shown again, and why it could not be run now; None when all is as it should be."""

    @property
    def venue(self) -> VenueName:
        """Where it would trade."""
        return self.plan.venue

    @property
    def base(self) -> Asset:
        """The currency of every value in it."""
        return self.plan.base

    @property
    def nav(self) -> Decimal:
        """The managed value."""
        return self.plan.value

    @property
    def rows(self) -> tuple[PlanRow, ...]:
        """Each asset before and after."""
        return self.plan.rows

    @property
    def orders(self) -> tuple[ProposedOrder, ...]:
        """Sells, then buys."""
        return tuple(
            ProposedOrder(
                side=order.side,
                symbol=order.symbol,
                quantity=order.quantity,
                limit_price=order.limit_price,
                reference_price=order.reference_price,
                notional=order.value,
                fraction_of_nav=order.value / self.plan.value,
            )
            for order in self.plan.orders
        )

    @property
    def skipped(self) -> tuple[SkippedAsset, ...]:
        """What is left alone."""
        return tuple(
            SkippedAsset(asset=each.asset, reason=str(each.denial)) for each in self.plan.skipped
        )

    @property
    def turnover(self) -> Decimal:
        """What it trades by what there is."""
        return self.plan.turnover_fraction

    @property
    def estimated_cost(self) -> Decimal:
        """Fees at the reference prices."""
        return self.plan.estimated_cost

    @property
    def limited_by(self) -> str | None:
        """Which limit kept it from doing all."""
        return self.plan.limited_by

    @property
    def plan_hash(self) -> str:
        """What the owner confirms."""
        return self.plan.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """What became of one order of a run; money in the order's own quote."""

    planned: PlannedOrder
    order: Order | None
    denied: Denied | None
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended; money in the venue's base currency."""

    run_id: RunId
    venue: VenueName
    base: Asset
    status: RunStatus
    orders: tuple[RunOrder, ...]
    sold: Decimal
    bought: Decimal
    fees: Decimal
    slippage: Decimal
    """What fills were worse than the reference prices; negative where they were better."""
    rows_after: tuple[PlanRow, ...]
    """Weights by the balances read after the last fill; empty where that failed."""
    problems: tuple[str, ...]
    duration_seconds: float
    correlation_id: CorrelationId

    @property
    def cost(self) -> Decimal:
        """Fees and slippage together."""
        return self.fees + self.slippage


OnProgress = Callable[[Order], Awaitable[None]]


class RebalancePainter(Protocol):
    """What rebalancing asks of whoever draws."""

    async def rebalance(self, proposal: Proposal) -> bytes:
        """Return a PNG of the portfolio before and after."""
        ...


class Painter(RebalancePainter, PnlPainter, ChartPainter, Protocol):
    """Draws every picture, outside the loop and this process; PictureNotDrawn within a bound."""
