"""What the owner is told about limits: what happened, what the bot did, what he can do."""

from __future__ import annotations

from decimal import Decimal

from trading.model.identifiers import VenueName
from trading.model.risk import LimitAction, LimitName, LimitUse

_ABOUT = {
    LimitName.DRAWDOWN: "the loss from the peak",
    LimitName.DAILY_LOSS: "the loss of this day",
    LimitName.ORDER_NOTIONAL: "the worth of one order",
    LimitName.PRICE_DEVIATION: "the distance of a limit price from the market",
    LimitName.ORDERS_PER_MINUTE: "the number of orders within a minute",
}
_AT_IT = {
    LimitAction.DENY: "orders that would go beyond it are denied",
    LimitAction.REDUCING: "only orders that reduce exposure are let through",
    LimitAction.HALTED: "trading is halted",
}
_DONE = {
    LimitAction.DENY: "Orders that would raise it further are denied; nothing was sold.",
    LimitAction.REDUCING: (
        "From now on only orders that reduce exposure are let through; nothing was sold."
    ),
    LimitAction.HALTED: "Trading is halted: no new order is placed, and nothing was sold.",
}
_HALTED_BEFORE = "Trading was halted already, and stays so; nothing was sold."
_WHOLE = 100


def reason(venue: VenueName, use: LimitUse) -> str:
    """Return why the trading state changed, in one line."""
    return (
        f"risk limit {use.name.value} of {venue}: {about(use)} is {_value(use, use.value)}, the "
        f"limit is {_value(use, use.limit)}"
    )


def warning(venue: VenueName, use: LimitUse) -> str:
    """Warn before a limit is reached."""
    return (
        f"⚠ {venue}: {about(use)} is {_value(use, use.value)}, {_percent(use.use)} of "
        f"{use.name.value} ({_value(use, use.limit)}). Nothing was done; at the limit "
        f"{_AT_IT[use.action]}. /risk shows every limit."
    )


def breach(venue: VenueName, use: LimitUse, *, was_halted: bool) -> str:
    """Tell of a limit that was reached; where all was halted before, nothing more was done."""
    way_out = (
        "/resume lets trading go on; the limit then trips again once it is worse by another "
        "quarter of itself."
        if use.action is not LimitAction.DENY
        else "Orders that reduce it pass."
    )
    done = _HALTED_BEFORE if was_halted else _DONE[use.action]
    return (
        f"🛑 {venue}: {about(use)} is {_value(use, use.value)}; the limit {use.name.value} is "
        f"{_value(use, use.limit)}. {done} /risk shows the figures, /emergency can "
        f"cancel orders or close everything. {way_out}"
    )


def standing(venue: VenueName, use: LimitUse) -> str:
    """Say of a breached limit, while trading goes on, when it trips again."""
    again = use.trips_again_at
    tail = "" if again is None else f"; it trips again at {_value(use, again)}"
    return (
        f"{venue}: {about(use)} is still {_value(use, use.value)}, beyond {use.name.value} "
        f"({_value(use, use.limit)}){tail}"
    )


def about(use: LimitUse) -> str:
    """Say what a limit is on."""
    if use.subject is not None:
        return f"the share of {use.subject}"
    return _ABOUT.get(use.name, use.name.value)


def _value(use: LimitUse, value: Decimal | None) -> str:
    if value is None:
        return "unknown"
    if use.name is LimitName.ORDERS_PER_MINUTE:
        return f"{value:f}"
    if use.name is LimitName.ORDER_NOTIONAL:
        return f"{value:.2f}"
    return f"{value * _WHOLE:.2f} %"


def _percent(fraction: Decimal | None) -> str:
    return "unknown" if fraction is None else f"{fraction * _WHOLE:.0f} %"
