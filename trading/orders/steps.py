"""A step of an order: where it goes, and what is learnt on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.records import OrderMove
from trading.model.identifiers import VenueOrderId
from trading.model.order import Order
from trading.model.order_status import OrderStatus, check_transition
from trading.orders import notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where an order goes, and what is learnt on the way; None leaves a fact as it is."""

    status: OrderStatus
    detail: str
    """For the order's history."""
    note: str | None = None
    """The last word on it, shown to the owner."""
    venue_order_id: VenueOrderId | None = None
    deadline_at: datetime | None = None
    incident: Mapping[str, str] | None = None
    """Evidence, where the move should not have been possible."""


def to_move(order: Order, step: Step, *, at: datetime) -> OrderMove:
    """Return the write that makes the step, with what the owner is told of it.

    Raises IllegalTransition when the table of states does not list it.
    """
    check_transition(order.status, step.status)
    return OrderMove(
        client_order_id=order.client_order_id,
        expected=frozenset({order.status.value}),
        status=step.status.value,
        at=at,
        detail=step.detail,
        venue_order_id=step.venue_order_id,
        deadline_at=step.deadline_at,
        note=step.note,
        notices=notices.order_moved(order, step.status, step.note, step.incident),
    )
