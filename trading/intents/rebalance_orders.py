"""What became of the orders of a run: how much they moved, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from trading.intents.rebalance_model import RunOrder
from trading.model.fill import Fill
from trading.model.order import Order
from trading.model.order_status import OrderStatus, is_terminal
from trading.portfolio.plan import PlannedOrder


def fill_value(planned: PlannedOrder, fill: Fill) -> Decimal:
    """Return what a fill moved, in base currency at the reference price."""
    if is_inverse(planned):
        return fill.quantity
    return fill.quantity * planned.reference_price


def filled_value(done: RunOrder) -> Decimal:
    """Return what the fills of an order moved, in base currency at the reference price."""
    return sum((fill_value(done.planned, fill) for fill in done.fills), Decimal(0))


def is_inverse(planned: PlannedOrder) -> bool:
    """True when the asset is the quote of the pair, and the base currency its base."""
    return planned.symbol.quote == planned.asset


def is_in_doubt(done: RunOrder) -> bool:
    """True while the order may still trade, or may have: what it did is not all known."""
    if done.denied is not None:
        return False
    return done.order is None or not is_terminal(done.order.status)


def problem(done: RunOrder) -> str | None:
    """Say what ends the chase of an order; None when it only filled in part, or not at all."""
    symbol = done.planned.symbol
    if done.denied is not None:
        return f"{symbol}: denied: {done.denied}"
    if done.order is None:
        return f"{symbol}: the executor says nothing of it"
    if done.order.status is OrderStatus.UNKNOWN:
        return f"{symbol}: the outcome of {done.order.client_order_id} is unknown"
    if done.order.status is OrderStatus.REJECTED:
        return f"{symbol}: the venue rejected it: {done.order.note}"
    if not is_terminal(done.order.status):
        return f"{symbol}: {done.order.client_order_id} is still {done.order.status}"
    return None


def why_unfilled(done: RunOrder) -> str | None:
    """Say why the last try of a chase brought nothing; None when it did, or that is said."""
    if done.fills or done.order is None or problem(done) is not None:
        return None
    symbol, limit = done.planned.symbol, done.planned.limit_price
    why = done.order.note or f"the market had nothing within its limit of {limit:f}"
    return f"{symbol}: not filled: {why}"


def take_up(
    planned: Sequence[PlannedOrder], order: Order, fills: tuple[Fill, ...]
) -> RunOrder | None:
    """Return the journal's word on an order that was sent; None when it is none of these."""
    intent = order.intent
    for each in planned:
        if (each.symbol, each.side) == (intent.symbol, intent.side):
            return RunOrder(planned=each, order=order, denied=None, fills=fills)
    return None
