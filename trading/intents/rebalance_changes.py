"""Whether a plan that was confirmed still holds when it is about to be run. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from trading.intents.rebalance_model import Proposal
from trading.portfolio.plan import Plan


def what_changed(shown: Proposal, fresh: Proposal, now: datetime) -> str | None:
    """Say why the confirmed plan does not hold any more; None when it does."""
    if now > shown.expires_at:
        return "the plan you confirmed had expired: this is what holds now"
    before = {reading.asset: (reading.free, reading.locked) for reading in shown.plan.readings}
    after = {reading.asset: (reading.free, reading.locked) for reading in fresh.plan.readings}
    moved = sorted(
        asset for asset in before.keys() | after.keys() if before.get(asset) != after.get(asset)
    )
    if moved:
        return f"balances changed since ({', '.join(moved)}): this is what holds now"
    return _orders_changed(shown.plan, fresh.plan)


def _orders_changed(shown: Plan, fresh: Plan) -> str | None:
    """Prices move all the time: the same trades at about the same price are the same plan."""
    now = {(order.symbol, order.side): order for order in fresh.orders}
    if now.keys() != {(order.symbol, order.side) for order in shown.orders}:
        return "other trades are needed now: prices moved, or what may be traded changed"
    for order in shown.orders:
        other = now[order.symbol, order.side]
        if abs(other.reference_price - order.reference_price) > order.allowance:
            return f"prices moved: {order.symbol} has another price now"
        if abs(other.value - order.value) > _tolerance(shown, order.value):
            return f"prices moved: {order.symbol} needs another amount now"
    return None


def _tolerance(plan: Plan, value: Decimal) -> Decimal:
    """A twentieth of the order, or a hundredth of a percent of the whole: less is noise."""
    return max(value / 20, plan.value / 10_000)
