"""Risk as the chat sees it: nothing judged yet, or one venue with a bit of everything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.intents.risk import PerformanceView, RiskView
from trading.model.identifiers import Asset, VenueName
from trading.model.risk import (
    FlowSum,
    LimitAction,
    LimitName,
    LimitUse,
    Returns,
    VenuePerformance,
    VenueRisk,
)
from trading.model.trading_state import TradingMode, TradingState

KRAKEN, USD, BTC = VenueName("kraken"), Asset("USD"), Asset("BTC")
_ACTIONS = {
    LimitName.DRAWDOWN: LimitAction.HALTED,
    LimitName.DAILY_LOSS: LimitAction.REDUCING,
}


def use(
    name: LimitName,
    value: str | None,
    limit: str,
    *,
    clock: Clock,
    subject: Asset | None = None,
    again: str | None = None,
) -> LimitUse:
    return LimitUse(
        name=name,
        subject=subject,
        value=None if value is None else Decimal(value),
        limit=Decimal(limit),
        action=_ACTIONS.get(name, LimitAction.DENY),
        as_of=None if value is None else clock.now() - timedelta(seconds=40),
        trips_again_at=None if again is None else Decimal(again),
    )


def performance_view(clock: Clock) -> PerformanceView:
    now = clock.now()
    return PerformanceView(
        venue=KRAKEN,
        base=USD,
        performance=VenuePerformance(
            nav=Decimal(10500),
            growth=Decimal("1.05"),
            peak=Decimal("1.40"),
            peak_at=now - timedelta(days=3),
            day_growth=Decimal("1.1"),
            day_nav=Decimal(10800),
            day_at=now - timedelta(hours=5),
            began_at=now - timedelta(days=40),
        ),
        returns=Returns(
            day=Decimal("-0.0455"),
            week=Decimal("-0.12"),
            month=None,
            whole=Decimal("0.05"),
            began_at=now - timedelta(days=20),
        ),
        flows_today=FlowSum(withdrawals=Decimal(200), count=1),
        flows_month=FlowSum(deposits=Decimal(1500), withdrawals=Decimal(200), count=3),
        judged_at=now - timedelta(seconds=3),
    )


def risk_view(clock: Clock, *, problem: str | None = None) -> RiskView:
    now = clock.now()
    return RiskView(
        looked=VenueRisk(
            venue=KRAKEN,
            base=USD,
            at=now,
            performance=performance_view(clock).performance,
            judged_at=now - timedelta(seconds=3),
            problem=problem,
            uses=(),
            source=None if problem else "exchange",
            balances_at=None if problem else now - timedelta(seconds=7),
            prices_at=None if problem else now - timedelta(seconds=2),
            notes=() if problem else ("SPAM: the venue lists no way to price it in USD",),
        ),
        performance=performance_view(clock),
        uses=(
            use(
                LimitName.DRAWDOWN, None if problem else "0.26", "0.25", clock=clock, again="0.31"
            ),
            use(LimitName.DAILY_LOSS, None if problem else "0.0455", "0.1", clock=clock),
            use(LimitName.EXPOSURE, "0.45", "0.5", clock=clock, subject=BTC),
            use(LimitName.ORDER_NOTIONAL, "812.5", "1000", clock=clock),
            use(LimitName.PRICE_DEVIATION, None, "0.05", clock=clock),
            use(LimitName.ORDERS_PER_MINUTE, "3", "120", clock=clock),
        ),
        warn_at=Decimal("0.8"),
    )


@dataclass(slots=True, kw_only=True)
class FakeRisk:
    """`views` and `figures` are what it shows; without any, nothing was judged yet."""

    clock: Clock
    views: Sequence[RiskView] = ()
    figures: Sequence[PerformanceView] = field(default_factory=tuple)

    def state(self) -> TradingState:
        return TradingState(
            mode=TradingMode.ACTIVE, reason="said so", since=self.clock.now(), by="1001"
        )

    async def show(self) -> Sequence[RiskView]:
        return self.views

    async def performance(self) -> Sequence[PerformanceView]:
        return self.figures
