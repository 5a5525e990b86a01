"""Limits on risk in words: how much of each is used, what happens at it, what it all rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from handlers.rendering.figures import UNKNOWN, age_since, at, exact, money, percent
from handlers.rendering.machine import trading_state
from handlers.rendering.tables import PHONE_WIDTH, table
from handlers.rendering.text import bold, escape, preformatted
from trading.intents.risk import PerformanceView, RiskView
from trading.model.risk import LimitAction, LimitName, LimitUse
from trading.model.trading_state import TradingState

_BAR = 7
_SHARES = frozenset(
    {LimitName.DRAWDOWN, LimitName.DAILY_LOSS, LimitName.EXPOSURE, LimitName.PRICE_DEVIATION}
)
_OF_ORDERS = frozenset({LimitName.ORDER_NOTIONAL, LimitName.PRICE_DEVIATION})
_AT_IT = {
    LimitAction.DENY: "order denied",
    LimitAction.REDUCING: "only reducing",
    LimitAction.HALTED: "halts",
}


def risk(views: Sequence[RiskView], state: TradingState, now: datetime, zone: tzinfo) -> str:
    """Show every limit with its use, and the figures of each venue."""
    head = escape(trading_state(state, now))
    return "\n\n".join([head, *(_venue(view, now, zone) for view in views)])


def performance(views: Sequence[PerformanceView], now: datetime, zone: tzinfo) -> str:
    """Say in a few lines what a change of value is made of: returns, and what came and went."""
    return "\n".join(_performance(view, now, zone) for view in views)


def bar(use: Decimal | None) -> str:
    """Draw how much is used; what is not known is drawn as a question."""
    if use is None:
        return "?" * _BAR
    full = min(_BAR, int(use * _BAR))
    return "█" * full + "░" * (_BAR - full)


def _venue(view: RiskView, now: datetime, zone: tzinfo) -> str:
    looked = view.looked
    parts = [f"{bold(looked.venue)} risk"]
    if looked.problem is not None:
        parts.append(f"⚠ Not judged now, so nothing trips: {escape(looked.problem)}")
    if view.uses:
        lines = [line for use in view.uses for line in _limit(use, view, now)]
        parts.append(preformatted("\n".join(lines)))
    else:
        parts.append("No limit is set.")
    if any(use.name in _OF_ORDERS for use in view.uses):
        parts.append("<i>of single orders: the last one since this start of the bot</i>")
    parts.extend(
        f"⚠ {escape(use.key)} is breached and trading goes on: it trips again at "
        f"{_value(use, use.trips_again_at, looked.base)}"
        for use in view.uses
        if use.trips_again_at is not None
    )
    if view.performance is not None:
        parts.append(_figures(view.performance, now, zone))
    parts.extend(f"• {escape(note)}" for note in looked.notes)
    parts.append(_provenance(view, now))
    return "\n".join(part for part in parts if part)


def _limit(use: LimitUse, view: RiskView, now: datetime) -> tuple[str, str]:
    """Two lines: name, percent and bar; then the value, the limit and what happens at it."""
    share = "?" if use.use is None else f"{use.use * 100:.0f}%"
    sign = "!" if use.use is not None and use.use >= view.warn_at else " "
    tail = f"{sign}{share} {bar(use.use)}"
    base = view.looked.base
    value, limit = _value(use, use.value, base), _value(use, use.limit, base)
    when = ""
    if use.name in _OF_ORDERS:
        when = " (none yet)" if use.as_of is None else f" ({age_since(use.as_of, now)} ago)"
    second = f"  {value} of {limit}{when}"
    action = f"→ {_AT_IT[use.action]}"
    first = use.key.ljust(PHONE_WIDTH - len(tail)) + tail
    if len(second) + 1 + len(action) > PHONE_WIDTH:
        return first, f"{second}\n{action.rjust(PHONE_WIDTH)}"
    return first, second + action.rjust(PHONE_WIDTH - len(second))


def _value(use: LimitUse, value: Decimal | None, base: str) -> str:
    if value is None:
        return UNKNOWN
    if use.name in _SHARES:
        return f"{value * 100:.1f}%"
    return money(value) if use.name is LimitName.ORDER_NOTIONAL and base else exact(value)


def _figures(view: PerformanceView, now: datetime, zone: tzinfo) -> str:
    figures, returns = view.performance, view.returns
    rows = [
        ("worth now", money(figures.nav)),
        ("at the peak", money(figures.peak_nav)),
        ("at the day's start", money(figures.day_nav)),
        ("put in today", money(view.flows_today.deposits)),
        ("taken out today", money(view.flows_today.withdrawals)),
        ("return today", percent(returns.day, signed=True)),
        ("7 days", percent(returns.week, signed=True)),
        ("30 days", percent(returns.month, signed=True)),
        ("since the start", percent(returns.whole, signed=True)),
    ]
    judged = age_since(view.judged_at, now)
    return (
        f"{preformatted(table(('', view.base), rows, align='lr'))}\n"
        f"<i>time-weighted: deposits and withdrawals are neither gain nor loss. Peak of "
        f"{at(figures.peak_at, zone)}, day from {at(figures.day_at, zone)}, measured since "
        f"{at(figures.began_at, zone)}; judged {judged} ago</i>"
    )


def _provenance(view: RiskView, now: datetime) -> str:
    looked = view.looked
    if looked.source is None:
        return ""
    return (
        f"<i>balances: {escape(looked.source)}, {age_since(looked.balances_at, now)} old · "
        f"prices of {escape(looked.venue)}, {age_since(looked.prices_at, now)} old</i>"
    )


def _performance(view: PerformanceView, now: datetime, zone: tzinfo) -> str:
    returns, flows = view.returns, view.flows_month
    shown = [
        f"{name} {percent(value, signed=True)}"
        for name, value in (("today", returns.day), ("7 d", returns.week), ("30 d", returns.month))
        if value is not None
    ]
    shown.append(f"since {at(returns.began_at, zone)} {percent(returns.whole, signed=True)}")
    moved = (
        f"In 30 days {escape(money(flows.deposits, view.base))} came in and "
        f"{escape(money(flows.withdrawals, view.base))} went out."
        if flows.count
        else "Nothing came in or went out in 30 days."
    )
    return (
        f"{bold(view.venue)} return, time-weighted: {escape(', '.join(shown))}. {moved}\n"
        f"<i>by {escape(view.venue)}'s ledger and valuations, judged "
        f"{age_since(view.judged_at, now)} ago</i>"
    )
