"""Notices about rebalance runs that nobody was waiting for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from handlers.rendering.figures import at, exact, moment_of, money
from handlers.rendering.tables import table
from handlers.rendering.text import bold, code, escape, preformatted

Payload = Mapping[str, Any]
_HEADS = {
    "done": "✅ Rebalanced",
    "partial": "🟠 Rebalanced in part",
    "failed": "❌ Rebalance failed",
}
_WORKING = ("planned", "submitting", "open", "partially_filled", "unknown")


def finished(payload: Payload, _zone: tzinfo) -> str:
    """A scheduled run that ended."""
    base = str(payload["base"])
    head = _HEADS.get(str(payload["status"]), f"Rebalance {payload['status']}")
    lines = [f"{bold(head)} · {escape(payload['venue'])}"]
    lines.extend(_done(order) for order in payload["orders"])
    lines.append(
        f"Sold {_money(payload['sold'], base)}, bought {_money(payload['bought'], base)}. Cost "
        f"{_money(payload['cost'], base)}: fees {_money(payload['fees'], base)}, slippage "
        f"{_money(payload['slippage'], base)}."
    )
    if payload["weights"]:
        rows = [
            (asset, _percent(weight), _percent(payload["targets"].get(asset)))
            for asset, weight in payload["weights"].items()
        ]
        lines.append(preformatted(table(("asset", "is now", "goal"), rows, align="lrr")))
        lines.append("<i>by balances read after the last fill</i>")
    lines.extend(f"⚠ {escape(problem)}" for problem in payload["problems"])
    lines.append(f"<i>run {code(payload['run_id'])} · {escape(payload['correlation_id'])}</i>")
    return "\n".join(lines)


def interrupted(payload: Payload, zone: tzinfo) -> str:
    """A run that was cut off: by the end of the process, or of who asked for it."""
    began = at(moment_of(payload["started_at"]), zone)
    orders: Sequence[Payload] = payload["orders"]
    is_closing = str(payload.get("trigger")).startswith("close all")
    name = "Closing interrupted" if is_closing else "Rebalance interrupted"
    head = f"{bold(name)} · {escape(payload['venue'])}, begun {began}"
    if orders:
        facts = "\n".join(_left(order) for order in orders)
        if any(order.get("status") in _WORKING for order in orders):
            body = f"What it has done so far; fills to come are told one by one:\n{facts}"
        else:
            body = f"What it did, as the venue confirms it:\n{facts}"
    else:
        body = "It had placed no order."
    way_on = (
        "/closeall sells what is left."
        if is_closing
        else "The button, or /rebalance, makes a fresh plan."
    )
    return (
        f"⚠ {head}\n{body}\nNothing was sent twice, and nothing more is traded unasked. "
        f"{way_on}\n<i>run {code(payload['run_id'])}</i>"
    )


def _done(order: Payload) -> str:
    name = f"{escape(order.get('side', ''))} {escape(order.get('symbol', ''))}"
    if order.get("status") == "denied":
        return f"• {name}: not placed, {escape(order.get('note'))}"
    filled = order.get("filled_quantity")
    amount = "" if filled is None else f" {exact(Decimal(str(filled)))}"
    return f"• {name}{amount}: {escape(str(order.get('status', '')).replace('_', ' '))}"


def _left(order: Payload) -> str:
    return (
        f"• {escape(order['side'])} {exact(Decimal(order['quantity']))} "
        f"{escape(order['symbol'])}: filled {exact(Decimal(order['filled_quantity']))}, "
        f"{escape(str(order.get('status', '')).replace('_', ' '))}"
    )


def _money(value: object, base: str) -> str:
    return escape(money(None if value is None else Decimal(str(value)), base))


def _percent(value: object) -> str:
    return "–" if value is None else f"{Decimal(str(value)) * 100:.1f}%"
