"""Orders, portfolio, jobs and breakers as the chat sees them: one of each, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.support.telegram_services import KRAKEN, verified_status
from trading.errors import CommandError
from trading.intents.balances import RefreshOutcome
from trading.intents.breakers import ResetOutcome, VenueStreams
from trading.intents.emergency import CancelAllOutcome
from trading.intents.orders import (
    CancelOutcome,
    OrderDetail,
    OrdersView,
    ResolveOutcome,
    TradesView,
)
from trading.intents.pnl import PnlView
from trading.intents.portfolio import PortfolioRow, PortfolioView, WholeView
from trading.model.fill import Fill
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    CorrelationId,
    FillId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order import Order, OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.model.order_status import OrderStatus
from trading.model.valuation import TotalValue
from trading.orders.journal_rows import Moved
from trading.orders.reconciler import ReconcileReport, VenueReconciliation
from trading.risk.breaker_history import Fault
from trading.risk.breakers import BreakerView
from trading.venues.streaming import StreamStatus
from trading.workflow.jobs import JobState

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
BTC, USD = Asset("BTC"), Asset("USD")


def order(status: OrderStatus = OrderStatus.OPEN, client_order_id: str = "sy-one") -> Order:
    return Order(
        client_order_id=ClientOrderId(client_order_id),
        intent=OrderIntent(
            venue=KRAKEN,
            symbol=Symbol(BTC, USD),
            side=Side.BUY,
            quantity=Decimal("0.5"),
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            limit_price=Decimal("40000.1"),
            reserve_asset=USD,
            reserve_amount=Decimal(20_100),
            origin=OrderOrigin.REBALANCE,
            reason="test",
            run_id=None,
            correlation_id=CorrelationId("tg1"),
        ),
        status=status,
        venue_order_id=VenueOrderId("O-1"),
        filled_quantity=Decimal("0.125"),
        cost=Decimal(5000),
        fee=Decimal(13),
        created_at=AT,
        submitted_at=AT,
        deadline_at=AT,
        updated_at=AT,
        note=None,
    )


FILL = Fill(
    venue=KRAKEN,
    fill_id=FillId("T-1"),
    venue_order_id=VenueOrderId("O-1"),
    client_order_id=ClientOrderId("sy-one"),
    symbol=Symbol(BTC, USD),
    side=Side.BUY,
    quantity=Decimal("0.125"),
    price=Decimal(40_000),
    cost=Decimal(5000),
    fee=Decimal(13),
    fee_asset=USD,
    executed_at=AT,
)


EVIDENCE = {
    "asset": "USD",
    "required": "20100.00",
    "free": "25000.5000",
    "locked": "0",
    "reserved": "12.5",
    "source": "exchange",
    "as_of": AT.isoformat(),
    "age_seconds": "0.4",
}


@dataclass(slots=True, kw_only=True)
class FakeOrders:
    calls: list[str] = field(default_factory=list)

    async def working(self, venue: VenueName | None = None) -> OrdersView:
        del venue
        return OrdersView(orders=(order(), order(OrderStatus.UNKNOWN, "sy-two")), at=AT)

    async def trades(self, limit: int) -> TradesView:
        self.calls.append(f"trades {limit}")
        return TradesView(fills=(FILL,), at=AT)

    async def find(self, text: str) -> Order:
        if not text.startswith("sy"):
            raise CommandError(f"no order is called {text}")
        return order(OrderStatus.FILLED if text == "sy-done" else OrderStatus.OPEN, text)

    async def detail(self, text: str) -> OrderDetail:
        return OrderDetail(
            order=await self.find(text),
            evidence=EVIDENCE if text != "sy-theirs" else {},
            history=(
                Moved(at=AT, previous=None, status=OrderStatus.PLANNED, detail="test"),
                Moved(
                    at=AT,
                    previous=OrderStatus.PLANNED,
                    status=OrderStatus.SUBMITTING,
                    detail="being sent",
                ),
            ),
            fills=(FILL,),
            at=AT,
        )

    async def cancel(self, text: str, *, by: str) -> CancelOutcome:
        self.calls.append(f"cancel {text} by {by}")
        return CancelOutcome(order=order(OrderStatus.CANCELLED, text), was_open=True)

    async def resolve(self, text: str, *, placed: bool, by: str) -> ResolveOutcome:
        self.calls.append(f"resolve {text} {placed} by {by}")
        return ResolveOutcome(order=order(OrderStatus.NOT_PLACED, text), by_venue=False)

    async def reconcile(
        self, venue: VenueName | None = None, *, correlation_id: CorrelationId
    ) -> ReconcileReport:
        self.calls.append(f"reconcile {venue} for {correlation_id}")
        one = VenueReconciliation(
            venue=KRAKEN,
            error=None,
            changed=(order(OrderStatus.FILLED),),
            adopted=(order(client_order_id="EX-1"),),
            fills=(FILL,),
            unknown=(order(OrderStatus.UNKNOWN, "sy-two"),),
            problems=("two books differ",),
            duration_seconds=0.25,
        )
        return ReconcileReport(venues=(one,))


@dataclass(slots=True, kw_only=True)
class FakeEmergency:
    calls: list[str] = field(default_factory=list)

    async def cancel_all(self, by: str) -> Sequence[CancelAllOutcome]:
        self.calls.append(f"cancel all by {by}")
        return (
            CancelAllOutcome(venue=KRAKEN, cancelled=3, error=None),
            CancelAllOutcome(venue=VenueName("other"), cancelled=None, error="timed out"),
        )


class FakePortfolio:
    async def whole(self) -> WholeView:
        return WholeView(views=tuple(await self.show()), total=await self.total())

    async def total(self) -> TotalValue:
        return TotalValue(base=USD, shares=(), at=AT)

    async def show(self, venue: VenueName | None = None) -> Sequence[PortfolioView]:
        del venue

        def row(asset: str, value: str | None, **more: Any) -> PortfolioRow:
            given: dict[str, Any] = {
                "weight": None,
                "target": None,
                "drift": None,
                "in_band": None,
                **more,
            }
            return PortfolioRow(
                asset=Asset(asset),
                total=Decimal("1.5"),
                price=None if value is None else Decimal(value),
                value=None if value is None else Decimal(value),
                **given,
            )

        tenth, half = Decimal("0.1"), Decimal("0.5")
        rows = (
            row("BTC", "600", weight=half + tenth, target=half, drift=tenth, in_band=False),
            row("DOGE", "3"),
            row("XYZ", None),
        )
        view = PortfolioView(
            venue=KRAKEN,
            base=USD,
            nav=None,
            priced_value=Decimal(603),
            rows=rows,
            status=verified_status(age_seconds=4),
            unpriced=("XYZ: no pair",),
            at=AT,
        )
        return (view,)


class FakeProfits:
    async def show(self, venue: VenueName | None = None) -> Sequence[PnlView]:
        del venue
        return ()

    async def picture(self, views: Sequence[PnlView]) -> bytes:
        raise CommandError(f"nothing to draw of {len(views)}")


@dataclass(slots=True, kw_only=True)
class FakeJobs:
    calls: list[str] = field(default_factory=list)

    async def show(self) -> Sequence[JobState]:
        job = JobState(
            name="balance_sync",
            schedule="20s",
            paused=True,
            running=False,
            next_run_at=AT,
            last_finished_at=AT,
            last_outcome=None,
            last_error="it broke",
            failures=2,
        )
        return (job,)

    async def pause(self, name: str | None, by: str) -> Sequence[str]:
        self.calls.append(f"pause {name} by {by}")
        return (name or "every job",)

    async def resume(self, name: str | None, by: str) -> Sequence[str]:
        self.calls.append(f"resume {name} by {by}")
        return (name or "every job",)


@dataclass(slots=True, kw_only=True)
class FakeBreakers:
    calls: list[str] = field(default_factory=list)

    async def show(self, venue: VenueName | None) -> Sequence[BreakerView]:
        del venue
        view = BreakerView(
            venue=KRAKEN,
            kind="orders",
            state="open",
            failures=5,
            open_until=AT,
            reason="503",
            failed_probes=2,
            since=AT,
            faults=(Fault(at=AT, reason="503 <html>"),),
        )
        return (view,)

    async def streams(self, venue: VenueName | None) -> Sequence[VenueStreams]:
        del venue
        status = StreamStatus(
            name="private", is_live=False, since=AT, reconnects=3, detail="waits for a token"
        )
        return (VenueStreams(venue=KRAKEN, streams=(status,)),)

    async def reset_whole(self, venue: VenueName | None, by: str) -> ResetOutcome:
        self.calls.append(f"reset {venue} by {by}")
        failed = RefreshOutcome(
            venue=KRAKEN, balances=None, error="timed out", duration_seconds=9.0, attempts=3
        )
        return ResetOutcome(
            closed=tuple(await self.show(venue)), balances=(failed,), duration_seconds=9.1
        )
