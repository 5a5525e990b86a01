"""What the owner is told about orders and fills: structured, exact, one message a fact.

Kinds and their payloads (every amount and time is text):
- `fill`: one for each fill, ours or not;
- `order`: how an order ended, unless its fills have said it all (filled whole, never in doubt);
- `order_incident`: the venue lacked the money that the check had proven, with the evidence;
- `order_unknown`: the outcome of a send is not known;
- `external_order`: found at the venue, placed by somebody else; `stray` when it carries our id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from storage.records import FillRow, NewNotice
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal


def order_moved(
    before: Order, status: OrderStatus, note: str | None, evidence: Mapping[str, str] | None
) -> tuple[NewNotice, ...]:
    """Return what to say about a move to `status`, before it is made."""
    if status is OrderStatus.UNKNOWN:
        kind = "order_unknown"
    elif before.status is OrderStatus.UNKNOWN or (
        is_terminal(status) and status is not OrderStatus.FILLED
    ):
        kind = "order"
    else:
        return ()
    payload = order_payload(before) | {
        "status": status.value,
        "previous_status": before.status.value,
        "note": note if note is not None else before.note,
    }
    if evidence is not None:
        kind = "order_incident"
        payload |= {"incident": True, "evidence": dict(evidence)}
    # With the time of the move before: an order can be lost, found and lost again.
    key = f"{kind}:{before.client_order_id}:{before.updated_at.isoformat()}:{status}"
    return (_notice(kind, payload, key),)


def order_payload(order: Order) -> dict[str, object]:
    """Return an order in plain words."""
    intent = order.intent
    return {
        "client_order_id": order.client_order_id,
        "venue_order_id": order.venue_order_id,
        "venue": intent.venue,
        "symbol": str(intent.symbol),
        "side": intent.side.value,
        "order_type": intent.order_type.value,
        "quantity": _text(intent.quantity),
        "limit_price": _text(intent.limit_price),
        "filled_quantity": _text(order.filled_quantity),
        "cost": _text(order.cost),
        "fee": _text(order.fee),
        "average_price": _text(order.average_price),
        "status": order.status.value,
        "origin": intent.origin.value,
        "reason": intent.reason,
        "run_id": intent.run_id,
        "correlation_id": intent.correlation_id,
        "note": order.note,
    }


def fill_booked(row: FillRow) -> NewNotice:
    """Return the message of a fill, to the last digit."""
    payload = {
        "venue": row.venue,
        "fill_id": row.fill_id,
        "venue_order_id": row.venue_order_id,
        "client_order_id": row.client_order_id,
        "symbol": f"{row.base}/{row.quote}",
        "side": row.side,
        "quantity": _text(row.quantity),
        "price": _text(row.price),
        "cost": _text(row.cost),
        "fee": _text(row.fee),
        "fee_asset": row.fee_asset,
        "executed_at": row.executed_at.isoformat(),
        "external": row.client_order_id is None or row.client_order_id.startswith("EX-"),
    }
    return _notice("fill", payload, f"fill:{row.venue}:{row.fill_id}")


def order_adopted(found: VenueOrder, *, is_stray: bool) -> NewNotice:
    """Return the message of an order that somebody else placed."""
    payload = {
        "venue": found.venue,
        "venue_order_id": found.venue_order_id,
        "client_order_id": found.client_order_id,
        "symbol": str(found.symbol),
        "side": found.side.value,
        "quantity": _text(found.quantity),
        "limit_price": _text(found.limit_price),
        "filled_quantity": _text(found.filled_quantity),
        "status": found.status.value,
        "opened_at": found.opened_at.isoformat(),
        "stray": is_stray,
    }
    return _notice("external_order", payload, f"external:{found.venue}:{found.venue_order_id}")


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _notice(kind: str, payload: Mapping[str, object], key: str) -> NewNotice:
    text = json.dumps(payload, sort_keys=True)
    return NewNotice(kind=kind, payload=text, chat_id=None, dedupe_key=key)
