"""Compares the journal with what a venue says; decides, and touches nothing.

The venue's word is applied only where it is newer than what the journal knows: a look that was
taken before something we already booked changes nothing, so applying one twice is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trading.model.identifiers import ClientOrderId, VenueOrderId
from trading.model.order import Order, VenueOrder
from trading.model.order_status import TRANSITIONS, OrderStatus, is_terminal
from trading.orders import client_ids
from trading.venues.port import AbsenceRule

NEVER_SENT = frozenset({OrderStatus.REJECTED, OrderStatus.NOT_PLACED, OrderStatus.CANCELLED})
"""How an order ends that has no venue order id: the venue must not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A journal order and the venue's word on it."""

    order: Order
    found: VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one look at a venue means for the journal."""

    matches: tuple[Match, ...]
    """Orders of the journal that the venue showed."""
    unseen: tuple[Order, ...]
    """Working orders with a venue order id that it did not show: ask for them by id."""
    external: tuple[VenueOrder, ...]
    """Placed by hand or by another program: adopt, report, leave alone."""
    strays: tuple[VenueOrder, ...]
    """Carry a Steelyard id that the journal has no row for: a restored backup or a second copy."""
    contradictions: tuple[Match, ...]
    """The journal says never placed or names another order, the venue shows it."""


def classify(
    *,
    working: Sequence[Order],
    seen: Iterable[VenueOrder],
    by_venue_id: Mapping[VenueOrderId, Order],
    by_client_id: Mapping[ClientOrderId, Order],
) -> Findings:
    """Sort everything that a venue showed by what has to be done about it.

    `by_venue_id` and `by_client_id` are the journal's rows, ended ones too, for the ids seen.
    """
    matches: list[Match] = []
    external: list[VenueOrder] = []
    strays: list[VenueOrder] = []
    contradictions: list[Match] = []
    shown: set[ClientOrderId] = set()
    for found in _oldest_first(seen):
        order = by_venue_id.get(found.venue_order_id) or _by_client_id(found, by_client_id)
        if order is None:
            (strays if client_ids.is_ours(found.client_order_id) else external).append(found)
        elif not is_same(order, found) or order.client_order_id in shown:
            contradictions.append(Match(order=order, found=found))
        else:
            shown.add(order.client_order_id)
            matches.append(Match(order=order, found=found))
    unseen = tuple(
        order
        for order in working
        if order.venue_order_id is not None and order.client_order_id not in shown
    )
    return Findings(
        matches=tuple(matches),
        unseen=unseen,
        external=tuple(external),
        strays=tuple(strays),
        contradictions=tuple(contradictions),
    )


def is_same(order: Order, found: VenueOrder) -> bool:
    """True when the venue's order can be the journal's.

    Known by the venue's id, its size may have been changed by hand; known by ours alone, it must
    be what was sent.
    """
    intent = order.intent
    if intent.symbol != found.symbol or intent.side is not found.side:
        return False
    if order.venue_order_id is not None:
        return order.venue_order_id == found.venue_order_id
    return order.status not in NEVER_SENT and intent.quantity == found.quantity


def awaits_fills(match: Match) -> bool:
    """True while the venue says that more was filled than the journal has booked."""
    return match.found.filled_quantity > match.order.filled_quantity


def acknowledgement(match: Match) -> OrderStatus | None:
    """Return the live status that records the venue's order id; None when it is known already.

    Fills are linked by that id, so it is written down before any of them is booked; an order
    that ended with nothing filled needs no such step.
    """
    order, found = match.order, match.found
    if order.status not in (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN):
        return None
    if is_terminal(found.status) and not found.filled_quantity:
        return None
    return OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.OPEN


def next_status(match: Match) -> OrderStatus | None:
    """Return where the venue's word takes the order; None when it stays where it is.

    An order ends in the journal only once everything that the venue says was filled is booked:
    whoever sees it ended sees all that it did.
    """
    order, found = match.order, match.found
    if awaits_fills(match) and is_terminal(found.status):
        return None
    status = found.status
    if not is_terminal(status):
        status = OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.OPEN
    return status if status in TRANSITIONS[order.status] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceProof:
    """Collects looks that found nothing until they prove that an order was never placed.

    Only looks begun after the venue's own clock had passed the order's deadline by the rule's
    margin count, and each counts only if it began `spacing` after the one before it.
    """

    rule: AbsenceRule
    deadline_at: datetime
    looks: int = 0
    last_look_monotonic: float | None = None

    @property
    def is_complete(self) -> bool:
        """True when the absence is proven."""
        return self.rule.provable and self.looks >= self.rule.looks

    def counts(self, *, venue_time: datetime, monotonic: float) -> bool:
        """True when a look that begins now would count."""
        if venue_time <= self.deadline_at + self.rule.after_deadline:
            return False
        spacing = self.rule.spacing.total_seconds()
        last = self.last_look_monotonic
        return last is None or monotonic - last >= spacing

    def add(self, *, venue_time: datetime, monotonic: float) -> AbsenceProof:
        """Return the proof after a complete look that began then and found nothing."""
        if not self.counts(venue_time=venue_time, monotonic=monotonic):
            return self
        return replace(self, looks=self.looks + 1, last_look_monotonic=monotonic)

    def wait_seconds(self, *, venue_time: datetime, monotonic: float) -> float:
        """Return how long to wait until a look counts; 0 when one would count now."""
        passed = self.deadline_at + self.rule.after_deadline
        until_passed = (passed - venue_time).total_seconds()
        if until_passed >= 0:
            # The deadline itself does not count: the wait must end after it.
            return until_passed + 0.001
        if self.last_look_monotonic is None:
            return 0.0
        due = self.last_look_monotonic + self.rule.spacing.total_seconds()
        return max(0.0, due - monotonic)


def _by_client_id(found: VenueOrder, by_client_id: Mapping[ClientOrderId, Order]) -> Order | None:
    if found.client_order_id is None:
        return None
    return by_client_id.get(found.client_order_id)


def _oldest_first(seen: Iterable[VenueOrder]) -> list[VenueOrder]:
    """Each order once, in its newest word; an order in both lists has closed between them."""
    latest: dict[VenueOrderId, VenueOrder] = {}
    for found in seen:
        known = latest.get(found.venue_order_id)
        if known is None or not is_terminal(known.status):
            latest[found.venue_order_id] = found
    return sorted(latest.values(), key=lambda found: (found.opened_at, found.venue_order_id))
