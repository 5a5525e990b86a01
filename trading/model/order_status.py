"""The life of an order as one table; a move that is not listed raises and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from trading.errors import IllegalTransition


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"


TERMINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
        OrderStatus.NOT_PLACED,
    }
)

_ENDINGS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})
_LIVE = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})

TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLANNED: frozenset({OrderStatus.SUBMITTING, OrderStatus.CANCELLED}),
    OrderStatus.SUBMITTING: _LIVE | _ENDINGS | {OrderStatus.REJECTED, OrderStatus.UNKNOWN},
    OrderStatus.OPEN: _ENDINGS | {OrderStatus.PARTIALLY_FILLED, OrderStatus.UNKNOWN},
    OrderStatus.PARTIALLY_FILLED: _ENDINGS | {OrderStatus.UNKNOWN},
    OrderStatus.UNKNOWN: _LIVE | _ENDINGS | {OrderStatus.REJECTED, OrderStatus.NOT_PLACED},
    OrderStatus.FILLED: frozenset(),
    # Real venues report a fill after the cancel that it crossed on the wire: the fill is
    # booked (fills are facts of their own), the status stays what it was.
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.EXPIRED: frozenset(),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.NOT_PLACED: frozenset(),
}


def is_terminal(status: OrderStatus) -> bool:
    """True when nothing but a late fill can still happen to the order."""
    return status in TERMINAL


def check_transition(before: OrderStatus, after: OrderStatus) -> None:
    """Raise IllegalTransition unless the table lists the move (staying put is no move)."""
    if after not in TRANSITIONS[before]:
        message = f"an order cannot go from {before} to {after}; its state was left as it is"
        raise IllegalTransition(message)
