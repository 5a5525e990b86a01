"""What the owner may ask of orders: see them, cancel them, settle and reconcile them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trading.clock import Clock
from trading.errors import CommandError, NotUnderstood, OutcomeUnknown
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, CorrelationId, VenueName, VenueOrderId
from trading.model.order import Order
from trading.model.order_status import OrderStatus
from trading.orders.journal import Journal
from trading.orders.journal_rows import Moved
from trading.orders.reconciler import Reconciler, ReconcileReport
from trading.orders.resolution import UnknownResolver
from trading.orders.settlement import Settlement
from trading.venues.port import Priority, VenueAdapter

_log = logging.getLogger(__name__)

_RECENT = 200
"""How far back an order is looked for by a part of its id."""

_SHORTEST = 2
"""A single character would pick orders by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersView:
    """Working orders as the journal has them at this moment."""

    orders: tuple[Order, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradesView:
    """The newest fills, newest first."""

    fills: tuple[Fill, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOutcome:
    """What became of a cancel."""

    order: Order
    """As it stands after the venue was asked again."""
    was_open: bool | None
    """False when it had ended before; None when the venue's answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveOutcome:
    """How an order in doubt was settled."""

    order: Order
    by_venue: bool
    """True when the venue itself showed it: the owner's word was not needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """Everything the journal holds of one order."""

    order: Order
    evidence: Mapping[str, str]
    """The balance it was checked against; empty for an order that we did not place."""
    history: tuple[Moved, ...]
    fills: tuple[Fill, ...]
    at: datetime


class OrderIntents:
    """Finds orders by our id, the venue's id, or a part of either that only one of them has."""

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, VenueAdapter],
        journal: Journal,
        settlement: Settlement,
        resolver: UnknownResolver,
        reconciler: Reconciler,
        clock: Clock,
    ) -> None:
        """Take the parts."""
        self._venues = venues
        self._journal = journal
        self._settlement = settlement
        self._resolver = resolver
        self._reconciler = reconciler
        self._clock = clock

    async def working(self, venue: VenueName | None = None) -> OrdersView:
        """Return every order that can still spend something, oldest first."""
        return OrdersView(orders=await self._journal.working(venue), at=self._clock.now())

    async def recent(self, limit: int = 20) -> OrdersView:
        """Return the newest orders, whatever became of them, newest first."""
        return OrdersView(orders=await self._journal.recent(limit), at=self._clock.now())

    async def trades(self, limit: int = 20, venue: VenueName | None = None) -> TradesView:
        """Return the newest fills, newest first."""
        fills = await self._journal.recent_fills(limit, venue)
        return TradesView(fills=fills, at=self._clock.now())

    async def find(self, text: str) -> Order:
        """Return the one order that is meant; raises CommandError naming those that could be."""
        wanted = text.strip()
        if len(wanted) < _SHORTEST:
            raise NotUnderstood(
                "Which order? Nothing was done. Its id, or the end of it, as /orders shows it"
            )
        order = await self._journal.find(ClientOrderId(wanted))
        if order is not None:
            return order
        known = {each.client_order_id: each for each in await self._journal.recent(_RECENT)}
        known |= {each.client_order_id: each for each in await self._journal.working()}
        found = [each for each in known.values() if _is_meant(each, wanted.casefold())]
        if len(found) == 1:
            return found[0]
        if not found:
            raise CommandError(f"no order is called {wanted}; /orders shows those that work")
        names = ", ".join(each.client_order_id for each in found[:5])
        raise CommandError(f"{wanted} could be any of {len(found)} orders: {names}")

    async def detail(self, text: str) -> OrderDetail:
        """Return one order with its evidence, its history and its fills."""
        order = await self.find(text)
        id_ = order.client_order_id
        return OrderDetail(
            order=order,
            evidence=await self._journal.evidence(id_),
            history=await self._journal.history(id_),
            fills=await self._journal.fills_of((id_,)),
            at=self._clock.now(),
        )

    async def cancel(self, text: str, *, by: str) -> CancelOutcome:
        """Cancel an order at its venue, a stranger's too; returns what it came to."""
        order = await self.find(text)
        venue_order_id = self._cancellable(order)
        _log.info("cancel asked id=%s by=%s", order.client_order_id, by)
        was_open: bool | None
        try:
            was_open = await self._venues[order.intent.venue].cancel(
                venue_order_id, priority=Priority.EMERGENCY
            )
        except OutcomeUnknown as error:
            _log.warning("cancel not answered id=%s error=%s", order.client_order_id, error)
            was_open = None
        await self._settlement.refresh((order,))
        return CancelOutcome(
            order=await self._journal.get(order.client_order_id), was_open=was_open
        )

    async def resolve(self, text: str, *, placed: bool, by: str) -> ResolveOutcome:
        """Settle an unknown order by the owner's word, unless the venue itself shows it."""
        order = await self.find(text)
        resolved = await self._resolver.settle_by_owner(order, placed=placed, by=by)
        return ResolveOutcome(
            order=resolved,
            by_venue=order.venue_order_id is None and resolved.venue_order_id is not None,
        )

    async def reconcile(
        self, venue: VenueName | None = None, *, correlation_id: CorrelationId
    ) -> ReconcileReport:
        """Compare journal and venues now, and settle what can be settled."""
        if venue is not None and venue not in self._venues:
            names = ", ".join(self._venues)
            raise NotUnderstood(f"there is no venue {venue}; there is {names}")
        return await self._reconciler.reconcile(venue, correlation_id=correlation_id)

    def _cancellable(self, order: Order) -> VenueOrderId:
        name = order.client_order_id
        if not order.is_working:
            raise CommandError(f"{name} is {order.status} already; nothing was cancelled")
        if order.venue_order_id is None:
            if order.status is OrderStatus.UNKNOWN:
                raise CommandError(
                    f"the outcome of {name} is not known yet, so there is nothing to cancel: "
                    "it is being looked for, and /resolve settles it by your word"
                )
            raise CommandError(f"{name} is just being sent; try again in a moment")
        return order.venue_order_id


def _is_meant(order: Order, wanted: str) -> bool:
    names = (order.client_order_id, order.venue_order_id or "")
    return any(
        name.casefold() == wanted or name.casefold().endswith(wanted) for name in names if name
    )
