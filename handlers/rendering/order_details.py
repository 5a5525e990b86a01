"""One order whole: what it rested on, what happened to it, what it filled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation

from handlers.rendering import orders
from handlers.rendering.figures import age, at, average, exact, price
from handlers.rendering.tables import table
from handlers.rendering.text import bold, code, escape, preformatted
from trading.intents.orders import OrderDetail
from trading.model.order import Order

_AMOUNTS = ("required", "free", "reserved", "locked")


def order(detail: OrderDetail, now: datetime, zone: tzinfo) -> str:
    """Describe an order with its proof, its history and its fills."""
    parts = [orders.order(detail.order, now), _placed(detail.order)]
    if detail.order.note:
        parts.append(f"last word: {escape(detail.order.note)}")
    parts.append(_evidence(detail))
    parts.append(_history(detail, zone))
    parts.append(_fills(detail, zone))
    return "\n\n".join(part for part in parts if part)


def _placed(each: Order) -> str:
    intent = each.intent
    theirs = each.venue_order_id or "none yet"
    return (
        f"{escape(intent.order_type.value)}, {escape(intent.time_in_force.value)}: "
        f"{escape(intent.reason)}\n"
        f"{escape(intent.venue)}'s id: {code(theirs)}\n"
        f"<i>{escape(intent.correlation_id)}</i>"
    )


def _evidence(detail: OrderDetail) -> str:
    if not detail.evidence:
        return "No balance was checked for it: this bot did not place it."
    return f"{bold('Checked before it was sent')}\n{evidence(detail.evidence)}"


def evidence(facts: Mapping[str, str]) -> str:
    """Show the balance that an order was checked against, with its source and age then."""
    asset = facts.get("asset", "")
    rows = [(name, amount(facts[name])) for name in _AMOUNTS if name in facts]
    source = facts.get("source", "unknown source")
    seconds = facts.get("age_seconds")
    old = "age unknown" if seconds is None else f"{age(_seconds(seconds))} old then"
    return (
        f"{preformatted(table((asset, 'amount'), rows, align='lr'))}\n"
        f"<i>{escape(source)}, {escape(old)}</i>"
    )


def amount(text: str) -> str:
    """Write an amount of a notice or of evidence with the digits that mean something."""
    try:
        return exact(Decimal(text))
    except InvalidOperation:
        return text


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _history(detail: OrderDetail, zone: tzinfo) -> str:
    lines = [
        f"{at(move.at, zone)} {escape(move.status.value.replace('_', ' '))}: {escape(move.detail)}"
        for move in detail.history
    ]
    return "\n".join((bold("History"), *lines)) if lines else ""


def _fills(detail: OrderDetail, zone: tzinfo) -> str:
    if not detail.fills:
        return "No fill."
    lines = [
        f"{at(fill.executed_at, zone)} {exact(fill.quantity)} at {price(fill.price)}, fee "
        f"{exact(fill.fee)} {escape(fill.fee_asset)} <i>{escape(fill.fill_id)}</i>"
        for fill in detail.fills
    ]
    quote = detail.order.intent.symbol.quote
    mean = f"on average {average(detail.order.average_price, quote)}"
    return "\n".join((bold("Fills"), *lines, mean))
