"""Adds up a run: what was traded, what it cost, how it is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.intents.rebalance_model import RunOrder, RunResult, RunStatus
from trading.intents.rebalance_orders import filled_value, is_in_doubt, is_inverse
from trading.model.fill import Fill
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.model.order import Order
from trading.portfolio.plan import Plan, PlannedOrder

_TOLERANCE = Decimal("0.05")
"""A run is whole when of each asset no more than this is missing: buys keep their buffers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the fills of a run, in base currency."""

    sold: Decimal
    bought: Decimal
    fees: Decimal
    slippage: Decimal
    unpriced_fees: tuple[str, ...]
    """Fees in an asset that the run has no price of."""


def add_up(base: Asset, orders: Sequence[RunOrder]) -> Totals:
    """Add up the fills; slippage is measured from each order's reference price."""
    sold = bought = fees = slippage = Decimal(0)
    unpriced: list[str] = []
    for done in orders:
        value = filled_value(done)
        if _sells_asset(done.planned):
            sold += value
        else:
            bought += value
        for fill in done.fills:
            slippage += _slippage(done.planned, fill)
            fee = _in_base(done.planned, base, fill.fee_asset, fill.fee)
            if fee is None:
                unpriced.append(f"a fee of {fill.fee:f} {fill.fee_asset} is not in the cost")
            else:
                fees += fee
    return Totals(
        sold=sold, bought=bought, fees=fees, slippage=slippage, unpriced_fees=tuple(unpriced)
    )


def judge(plan: Plan, orders: Sequence[RunOrder], problems: Sequence[str]) -> RunStatus:
    """Say how far the run came; what is in doubt may have traded, so it is not a failure."""
    if any(map(is_in_doubt, orders)):
        return RunStatus.PARTIAL
    filled: dict[Asset, Decimal] = {}
    for done in orders:
        asset = done.planned.asset
        filled[asset] = filled.get(asset, Decimal(0)) + filled_value(done)
    if not any(filled.values()):
        return RunStatus.FAILED
    whole = all(
        filled.get(order.asset, Decimal(0)) >= order.value * (1 - _TOLERANCE)
        for order in plan.orders
    )
    return RunStatus.DONE if whole and not problems else RunStatus.PARTIAL


def plan_as_json(plan: Plan) -> str:
    """Write a plan down for the run's row; amounts and times are text."""
    return _dumps(
        {
            "value": _text(plan.value),
            "planned_at": plan.planned_at.isoformat(),
            "orders": [_planned(order) for order in plan.orders],
            "readings": [
                {
                    "asset": reading.asset,
                    "free": _text(reading.free),
                    "locked": _text(reading.locked),
                    "source": reading.source,
                    "as_of": reading.as_of.isoformat(),
                }
                for reading in plan.readings
            ],
            "skipped": [
                {"asset": each.asset, "reason": str(each.denial)} for each in plan.skipped
            ],
        }
    )


def result_payload(result: RunResult) -> dict[str, object]:
    """Return a result in plain words, for its row and for the message about it."""
    return {
        "run_id": result.run_id,
        "venue": result.venue,
        "base": result.base,
        "status": result.status,
        "sold": _text(result.sold),
        "bought": _text(result.bought),
        "fees": _text(result.fees),
        "slippage": _text(result.slippage),
        "cost": _text(result.cost),
        "problems": list(result.problems),
        "duration_seconds": round(result.duration_seconds, 3),
        "correlation_id": result.correlation_id,
        "orders": [_done(each) for each in result.orders],
        "weights": {row.asset: _text(row.weight_before) for row in result.rows_after},
        "targets": {row.asset: _text(row.target) for row in result.rows_after},
    }


def as_json(payload: Mapping[str, object]) -> str:
    """Write a payload down."""
    return _dumps(payload)


def order_line(order: Order) -> dict[str, object]:
    """Return an order of an interrupted run in plain words."""
    intent = order.intent
    return {
        "client_order_id": order.client_order_id,
        "symbol": str(intent.symbol),
        "side": intent.side.value,
        "quantity": _text(intent.quantity),
        "filled_quantity": _text(order.filled_quantity),
        "cost": _text(order.cost),
        "fee": _text(order.fee),
        "status": order.status.value,
        "note": order.note,
    }


def _sells_asset(planned: PlannedOrder) -> bool:
    """An inverse pair is bought to sell the asset, which is its quote."""
    return (planned.side is Side.SELL) == (planned.symbol.base == planned.asset)


def _slippage(planned: PlannedOrder, fill: Fill) -> Decimal:
    """Measure by what the venue booked, not by its price: it may round the cost."""
    worse = fill.cost - fill.quantity * planned.reference_price
    in_quote = worse if fill.side is Side.BUY else -worse
    return in_quote / planned.reference_price if is_inverse(planned) else in_quote


def _in_base(planned: PlannedOrder, base: Asset, asset: Asset, amount: Decimal) -> Decimal | None:
    if asset == base or amount == 0:
        return amount
    if asset == planned.symbol.base:
        return amount * planned.reference_price
    if asset == planned.symbol.quote:
        return amount / planned.reference_price
    return None


def _planned(order: PlannedOrder) -> dict[str, object]:
    return {
        "asset": order.asset,
        "symbol": str(order.symbol),
        "side": order.side.value,
        "quantity": _text(order.quantity),
        "limit_price": _text(order.limit_price),
        "reference_price": _text(order.reference_price),
        "value": _text(order.value),
    }


def _done(done: RunOrder) -> dict[str, object]:
    line = _planned(done.planned)
    if done.denied is not None:
        return line | {"status": "denied", "note": str(done.denied)}
    return line if done.order is None else line | order_line(done.order)


def _text(amount: Decimal) -> str:
    return f"{amount:f}"


def _dumps(payload: Mapping[str, object]) -> str:
    return json.dumps(payload, separators=(",", ":"), sort_keys=True)
