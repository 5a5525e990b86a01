"""What a venue's word means for the journal's orders; decides, and touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from trading.model.fill import Fill
from trading.model.identifiers import VenueName, VenueOrderId
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal
from trading.orders.reconciliation import (
    Match,
    acknowledgement,
    is_same,
    next_status,
)
from trading.orders.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNews:
    """Some orders of a venue, each in its newest word, and some fills."""

    venue: VenueName
    orders: Sequence[VenueOrder] = ()
    fills: Sequence[Fill] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a venue's word."""

    orders: tuple[Order, ...]
    """The journal's orders that it was about, as they stand now."""
    fills: tuple[Fill, ...]
    """Those that were new."""


Rule = Callable[[Match], Iterable[tuple[Order, Step]]]
"""What to do about an order that the venue has a word on."""


def matches(orders: Iterable[Order], words: Iterable[VenueOrder]) -> list[Match]:
    """Pair the venue's words with the journal's orders; what cannot be the same is left out."""
    rows = tuple(orders)
    by_venue_id = {row.venue_order_id: row for row in rows if row.venue_order_id is not None}
    by_our_id = {row.client_order_id: row for row in rows}
    found: list[Match] = []
    for word in words:
        order = by_venue_id.get(word.venue_order_id)
        if order is None and word.client_order_id is not None:
            order = by_our_id.get(word.client_order_id)
        if order is not None and order.intent.venue == word.venue and is_same(order, word):
            found.append(Match(order=order, found=word))
    return found


def first_steps(match: Match) -> Iterable[tuple[Order, Step]]:
    """Have the order carry the venue's id before its fills are booked: they go by it."""
    order, found = match.order, match.found
    if order.status is OrderStatus.OPEN and order.venue_order_id is None:
        # Only the owner had called it placed: it is found like any other in doubt.
        doubt = Step(status=OrderStatus.UNKNOWN, detail="shown by the venue after all")
        yield order, doubt
        order = replace(order, status=OrderStatus.UNKNOWN)
    status = acknowledgement(Match(order=order, found=found))
    if status is not None:
        yield (
            order,
            Step(
                status=status,
                detail=f"found at the venue as {found.status}",
                venue_order_id=found.venue_order_id,
                note=proof(order, found),
            ),
        )


def last_step(match: Match) -> Iterable[tuple[Order, Step]]:
    """Take the order where the venue's word says, once its fills are booked."""
    order, found = match.order, match.found
    status = next_status(match)
    if status is None:
        return
    yield (
        order,
        Step(
            status=status,
            detail=found.reason or f"the venue says {found.status}",
            venue_order_id=found.venue_order_id,
            note=found.reason or proof(order, found),
        ),
    )


def proof(order: Order, found: VenueOrder) -> str | None:
    """Say how an order in doubt was found; None for any other."""
    if order.status is not OrderStatus.UNKNOWN:
        return None
    return f"found at the venue: {found.venue_order_id}, {found.status}"


def newest_words(words: Iterable[VenueOrder]) -> tuple[VenueOrder, ...]:
    """Return each order once: an end counts for more than what came late, then the most filled."""
    newest: dict[VenueOrderId, VenueOrder] = {}
    for word in words:
        known = newest.get(word.venue_order_id)
        if known is None or _rank(word) >= _rank(known):
            newest[word.venue_order_id] = word
    return tuple(newest.values())


def _rank(word: VenueOrder) -> tuple[bool, object]:
    return is_terminal(word.status), word.filled_quantity
