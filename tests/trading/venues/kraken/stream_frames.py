"""Rows of the private channels in the shapes that Kraken documents, from an engine's values."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.venues.paper.values import Fill, LedgerRow, Order

Frame = dict[str, Any]


def described(order: Order) -> Frame:
    status = "partially_filled" if order.filled else "pending_new"
    return {
        **state(order, status),
        "exec_type": "pending_new",
        "symbol": order.request.market,
        "side": order.request.side.value,
        "order_type": order.request.kind.value,
        "order_qty": order.request.quantity,
        "limit_price": order.request.limit_price,
        "fee_ccy_pref": "fciq",
        "time_in_force": order.request.time_in_force.value,
    }


def state(order: Order, word: str) -> Frame:
    row: Frame = {
        "order_id": order.order_id,
        "exec_type": word,
        "order_status": word,
        "timestamp": stamp(order.closed_at or order.opened_at),
        **sums(order),
    }
    if order.request.client_order_id is not None:
        row["cl_ord_id"] = order.request.client_order_id
    return row


def sums(order: Order) -> Frame:
    return {"cum_qty": order.filled, "cum_cost": order.cost}


def trade_row(fill: Fill) -> Frame:
    return {
        "order_id": fill.order_id,
        "exec_id": f"T{fill.number}",
        "exec_type": "trade",
        "trade_id": fill.number,
        "symbol": fill.market,
        "side": fill.side.value,
        "last_qty": fill.quantity,
        "last_price": fill.price,
        "cost": fill.cost,
        "fees": [{"asset": "USD", "qty": fill.fee}],
        "order_status": "partially_filled",
        "timestamp": stamp(fill.at),
    }


def ledger_row(row: LedgerRow) -> Frame:
    return {
        "ledger_id": f"L{row.number}",
        "ref_id": f"T{row.fill_number}" if row.fill_number is not None else f"F{row.number}",
        "timestamp": stamp(row.at),
        "type": row.kind.value,
        "asset": row.asset,
        "asset_class": "currency",
        "amount": row.amount,
        "fee": row.fee,
        "balance": row.balance,
        "wallet_type": "spot",
        "wallet_id": "main",
    }


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def written(value: Any) -> str:
    """Write JSON with exact numbers."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)
