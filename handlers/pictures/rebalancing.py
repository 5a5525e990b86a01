"""What the picture of a rebalance plan shows; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from handlers.pictures.specs import Bar, BarChart, Sign
from handlers.rendering.figures import age, at, money, percent
from trading.intents.rebalance_model import Proposal

MOST_BARS = 20
"""More would be too small on a phone; the rest is added up in one bar."""

_ZERO = Decimal(0)
_FINE = Decimal("0.000001")
_TENTH = Decimal("0.1")
_LONG = Decimal(100_000)


class Row(Protocol):
    """One asset of a plan."""

    @property
    def asset(self) -> str: ...
    @property
    def target(self) -> Decimal: ...
    @property
    def band(self) -> Decimal | None: ...
    @property
    def value_before(self) -> Decimal: ...
    @property
    def weight_before(self) -> Decimal: ...
    @property
    def value_after(self) -> Decimal: ...
    @property
    def weight_after(self) -> Decimal: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """Several assets as one."""

    asset: str
    target: Decimal
    band: Decimal | None
    value_before: Decimal
    weight_before: Decimal
    value_after: Decimal
    weight_after: Decimal


def describe_rebalance(proposal: Proposal, *, zone: tzinfo) -> BarChart:
    """Return what to draw of a plan: its rows in their order, the base currency last."""
    traded = {order.asset for order in proposal.plan.orders}
    rows = _at_most(proposal.rows, traded)
    return BarChart(
        title=f"Rebalance · {proposal.venue}",
        moment=at(proposal.plan.planned_at, zone),
        headline=money(proposal.nav, proposal.base),
        details=_details(proposal),
        bars=tuple(_bar(row) for row in rows),
        footer=(_source(proposal),),
    )


def _source(proposal: Proposal) -> str:
    return (
        f"money in {proposal.base} · balances: {proposal.balances_source}, "
        f"{age(proposal.balances_age_seconds)} old · prices: {proposal.venue}'s own books"
    )


def _details(proposal: Proposal) -> tuple[str, ...]:
    base = proposal.base
    if not proposal.orders:
        return ("nothing to trade: every asset that can be traded is inside its band",)
    share = proposal.estimated_cost / proposal.nav if proposal.nav else None
    turnover = money(proposal.turnover * proposal.nav, base)
    count = len(proposal.orders)
    lines = [
        f"trades {turnover} ({percent(proposal.turnover)}) in {count} order"
        + ("" if count == 1 else "s"),
        f"cost about {money(proposal.estimated_cost, base)} ({percent(share)})",
    ]
    if proposal.limited_by:
        lines.append(f"limited by {proposal.limited_by}: the next run goes on from there")
    return tuple(lines)


def _at_most(rows: Sequence[Row], traded: Collection[str]) -> tuple[Row, ...]:
    """Keep the order; where there are too many, the smallest that are not traded become one."""
    if len(rows) <= MOST_BARS:
        return tuple(rows)
    *assets, base = rows

    def weight(row: Row) -> tuple[bool, Decimal]:
        return row.asset in traded, max(row.weight_before, row.weight_after, row.target)

    kept = sorted(assets, key=weight, reverse=True)[: MOST_BARS - 2]
    names = {row.asset for row in kept}
    others = [row for row in assets if row.asset not in names]
    rest = _Rest(
        asset=f"{len(others)} more",
        target=sum((row.target for row in others), _ZERO),
        band=None,
        value_before=sum((row.value_before for row in others), _ZERO),
        weight_before=sum((row.weight_before for row in others), _ZERO),
        value_after=sum((row.value_after for row in others), _ZERO),
        weight_after=sum((row.weight_after for row in others), _ZERO),
    )
    return (*(row for row in assets if row.asset in names), rest, base)


def _bar(row: Row) -> Bar:
    change = row.value_after - row.value_before
    return Bar(
        before=_plain(row.weight_before),
        after=_plain(row.weight_after),
        target=_plain(row.target),
        band=None if row.band is None else _plain(row.band),
        asset=row.asset,
        percent_before=_percent(row.weight_before),
        percent_after=_percent(row.weight_after),
        money_before=short_money(row.value_before),
        money_after=short_money(row.value_after),
        change=signed_money(change),
        sign=sign_of(change),
        is_sum=isinstance(row, _Rest),
    )


def short_money(amount: Decimal) -> str:
    """Return money for a narrow column: large amounts without cents."""
    if abs(amount) < _LONG:
        return money(amount)
    return f"{amount.quantize(Decimal(1), ROUND_HALF_EVEN):,f}"


def signed_money(amount: Decimal) -> str:
    """Return a change, with its sign; "=" where there is none."""
    if sign_of(amount) is Sign.NONE:
        return "="
    return f"{'+' if amount > 0 else '−'}{short_money(abs(amount))}"


def sign_of(amount: Decimal) -> Sign:
    """Return which way an amount points; less than half a cent points nowhere."""
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return Sign.NONE if not cents else Sign.UP if amount > 0 else Sign.DOWN


def _plain(fraction: Decimal) -> str:
    return f"{fraction.quantize(_FINE, ROUND_HALF_EVEN):f}"


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).quantize(_TENTH, ROUND_HALF_EVEN):f} %"
