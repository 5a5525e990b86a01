"""Plans and profits to draw."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.intents.pnl import PnlPoint, PnlTotals, PnlView
from trading.intents.rebalance_model import Proposal
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Side
from trading.portfolio.plan import Plan, PlannedOrder, PlanRow

NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
KRAKEN = VenueName("kraken")
USD = Asset("USD")
ZERO = Decimal(0)


def row(
    asset: str, before: str, after: str, target: str, *, nav: Decimal, band: str | None = "0.02"
) -> PlanRow:
    return PlanRow(
        asset=Asset(asset),
        total=Decimal(1),
        price=Decimal(1),
        target=Decimal(target),
        band=None if band is None else Decimal(band),
        value_before=Decimal(before) * nav,
        weight_before=Decimal(before),
        value_after=Decimal(after) * nav,
        weight_after=Decimal(after),
    )


def order(moved: PlanRow) -> PlannedOrder:
    change = moved.value_after - moved.value_before
    return PlannedOrder(
        asset=moved.asset,
        symbol=Symbol(moved.asset, USD),
        side=Side.BUY if change > 0 else Side.SELL,
        quantity=abs(change),
        limit_price=Decimal(1),
        reference_price=Decimal(1),
        reserve_asset=USD,
        reserve_amount=abs(change),
        value=abs(change),
    )


def proposal(
    rows: Sequence[PlanRow], *, nav: Decimal, limited_by: str | None = None, base: Asset = USD
) -> Proposal:
    orders = [
        order(each)
        for each in rows
        if each.asset != base and each.value_after != each.value_before
    ]
    plan = Plan(
        venue=KRAKEN,
        base=base,
        planned_at=NOW,
        value=nav,
        rows=tuple(rows),
        sells=tuple(each for each in orders if each.side is Side.SELL),
        buys=tuple(each for each in orders if each.side is Side.BUY),
        skipped=(),
        readings=(),
        estimated_cost=sum((each.value for each in orders), ZERO) * Decimal("0.0026"),
        limited_by=limited_by,
    )
    return Proposal(
        plan=plan,
        balances_source="exchange",
        balances_age_seconds=3.2,
        expires_at=NOW + timedelta(minutes=2),
    )


def usual(nav: str = "12345.67") -> Proposal:
    value = Decimal(nav)
    rows = [
        row("BTC", "0.4231", "0.3998", "0.40", nav=value),
        row("ETH", "0.2312", "0.2500", "0.25", nav=value, band="0.015"),
        row("SOL", "0.1010", "0.1010", "0.10", nav=value, band="0.01"),
        row("USD", "0.2447", "0.2492", "0.25", nav=value, band=None),
    ]
    return proposal(rows, nav=value)


def crowded(count: int, nav: str = "1234567.89") -> Proposal:
    """As many assets as asked for, the base currency among them."""
    value = Decimal(nav)
    share = (Decimal("0.9") / max(1, count - 1)).quantize(Decimal("0.0001"))
    rows = []
    for number in range(count - 1):
        drift = share * Decimal((number * 37) % 100 - 50) / 100
        done = ZERO if number % 4 == 0 else drift
        rows.append(
            row(
                f"COIN{number}",
                str(share + drift),
                str(share + drift - done),
                str(share),
                nav=value,
                band=str(share * Decimal("0.2")),
            )
        )
    left = 1 - sum((each.weight_before for each in rows), ZERO)
    then = 1 - sum((each.weight_after for each in rows), ZERO)
    rows.append(row("USD", str(left), str(then), "0.1", nav=value, band=None))
    return proposal(rows, nav=value, limited_by="turnover")


def profits(
    steps: Sequence[str] = ("120", "-40.5", "310.25", "15", "-220", "84.4", "190", "33"),
    *,
    unrealised: str | None = "412.5",
    fees: str | None = "96.31",
    venue: str = "kraken",
) -> PnlView:
    begin = NOW - timedelta(days=60)
    spacing = timedelta(days=58) / max(1, len(steps))
    total = ZERO
    curve = []
    for number, step in enumerate(steps, start=1):
        total += Decimal(step)
        curve.append(PnlPoint(at=begin + spacing * number, total=total))
    return PnlView(
        venue=VenueName(venue),
        base=USD,
        lines=(),
        totals=PnlTotals(
            realised_today=ZERO,
            realised_week=Decimal(33),
            realised_month=Decimal("87.4"),
            realised=total,
            unrealised=None if unrealised is None else Decimal(unrealised),
            fees=None if fees is None else Decimal(fees),
        ),
        curve=tuple(curve),
        fills=41,
        since=begin,
        prices_as_of=NOW - timedelta(seconds=4),
        at=NOW,
    )
