"""The order journal: the one place where an order's state changes, always committed first.

Every change is a compare-and-set against the state it was decided on, so that the executor, the
resolver, the reconciler and the owner may meet on one order and none undoes another's work.
What the owner must hear is written in the same transaction. Reservations follow the journal.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.records import ConflictingWrite, NewOrderRow, OrderMove, OrderRow
from trading.clock import Clock
from trading.errors import AlreadySent, OrderNotFound
from trading.events import EventBus, FillBooked, OrderChanged
from trading.fill_rows import fill_row, to_fill
from trading.model.fill import Fill
from trading.model.identifiers import (
    ClientOrderId,
    CorrelationId,
    RunId,
    VenueName,
    VenueOrderId,
)
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus, check_transition
from trading.orders import client_ids, notices
from trading.orders.journal_rows import Moved, adopted_row, new_row, to_moved, to_order
from trading.orders.reservation_keeper import ReservationKeeper, Reserving
from trading.orders.verification import Approved

_log = logging.getLogger(__name__)


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


class Journal:
    """Reads and moves orders; every method is one transaction."""

    def __init__(
        self,
        *,
        orders: OrderRepository,
        fills: FillRepository,
        reservations: Reserving,
        clock: Clock,
        bus: EventBus,
        instance_tag: str,
    ) -> None:
        """Keep what it needs; reads nothing yet."""
        self._orders = orders
        self._fills = fills
        self._keeper = ReservationKeeper(reservations)
        self._clock = clock
        self._bus = bus
        self._tag = instance_tag

    async def plan(self, approved: Sequence[Approved]) -> tuple[Order, ...]:
        """Write down orders that may be sent, all in one commit, and reserve what they spend."""
        at = self._clock.now()
        rows = await self._orders.plan([new_row(each, at=at) for each in approved], self._make_id)
        return await self._changed(rows)

    async def submit(
        self, orders: Sequence[Order], *, deadlines: Mapping[ClientOrderId, datetime]
    ) -> tuple[Order, ...]:
        """Mark them as being sent, all in one commit: from here on each may be at the venue.

        Raises AlreadySent, and marks none, unless every one of them is still only planned.
        """
        at = self._clock.now()
        moves = [
            OrderMove(
                client_order_id=order.client_order_id,
                expected=frozenset({OrderStatus.PLANNED.value}),
                status=OrderStatus.SUBMITTING.value,
                at=at,
                detail="being sent",
                submitted_at=at,
                deadline_at=deadlines[order.client_order_id],
            )
            for order in orders
        ]
        try:
            rows = await self._orders.move_many(moves)
        except ConflictingWrite as error:
            message = f"an order was no longer only planned; none of its batch was sent ({error})"
            raise AlreadySent(message) from error
        return await self._changed(rows)

    async def move(self, order: Order, step: Step) -> Order:
        """Move the order from the state it was read in; raises IllegalTransition when it cannot.

        Where somebody else moved it meanwhile nothing is changed and its present state is
        returned: whoever decided on old knowledge looks at it again.
        """
        check_transition(order.status, step.status)
        move = OrderMove(
            client_order_id=order.client_order_id,
            expected=frozenset({order.status.value}),
            status=step.status.value,
            at=self._clock.now(),
            detail=step.detail,
            venue_order_id=step.venue_order_id,
            deadline_at=step.deadline_at,
            note=step.note,
            notices=notices.order_moved(order, step.status, step.note, step.incident),
        )
        try:
            row = await self._orders.move(move)
        except ConflictingWrite:
            _log.info("order moved meanwhile id=%s", order.client_order_id)
            return await self._look_again(order.client_order_id)
        (moved,) = await self._changed((row,))
        return moved

    async def book(self, fills: Sequence[Fill]) -> tuple[Fill, ...]:
        """Store the fills that are new and return those; each is stored once, ever."""
        if not fills:
            return ()
        at = self._clock.now()
        rows = await self._fills.book(
            [fill_row(fill, at=at) for fill in fills],
            at,
            lambda new: tuple(notices.fill_booked(row) for row in new),
        )
        booked = tuple(to_fill(row) for row in rows)
        ids = {fill.client_order_id for fill in booked if fill.client_order_id is not None}
        for fill in booked:
            _log.info(
                "fill booked venue=%s fill=%s order=%s side=%s symbol=%s quantity=%s price=%s",
                fill.venue,
                fill.fill_id,
                fill.client_order_id,
                fill.side,
                fill.symbol,
                fill.quantity,
                fill.price,
            )
            await self._bus.publish(FillBooked(fill=fill))
        for each in sorted(ids):
            order = await self.get(each)
            self._keeper.catch_up(order)
            await self._tell(order)
        return booked

    async def adopt(
        self, found: VenueOrder, *, is_stray: bool, correlation_id: CorrelationId
    ) -> Order | None:
        """Write down an order of somebody else's; None when it is known already."""
        reason = "carries a Steelyard id that the journal does not know" if is_stray else "found"
        row = await self._orders.adopt(
            adopted_row(found, reason=reason, correlation_id=correlation_id),
            (notices.order_adopted(found, is_stray=is_stray),),
        )
        if row is None:
            return None
        (order,) = await self._changed((row,))
        return order

    async def get(self, client_order_id: ClientOrderId) -> Order:
        """Return the order; raises OrderNotFound."""
        return to_order(await self._row(client_order_id))

    async def find(self, client_order_id: ClientOrderId) -> Order | None:
        """Return the order; None when the journal has none of that id."""
        row = await self._orders.get(client_order_id)
        return None if row is None else to_order(row)

    async def find_by_venue_id(
        self, venue: VenueName, venue_order_id: VenueOrderId
    ) -> Order | None:
        """Return the order by the venue's id; None when the journal has none."""
        row = await self._orders.get_by_venue_id(venue, venue_order_id)
        return None if row is None else to_order(row)

    async def working(self, venue: VenueName | None = None) -> tuple[Order, ...]:
        """Return every order that can still spend something."""
        return tuple(to_order(row) for row in await self._orders.working(venue))

    async def recent(self, limit: int) -> tuple[Order, ...]:
        """Return the newest orders, newest first."""
        return tuple(to_order(row) for row in await self._orders.recent(limit))

    async def of_run(self, run_id: RunId) -> tuple[Order, ...]:
        """Return the orders of a rebalance run, oldest first."""
        return tuple(to_order(row) for row in await self._orders.by_run(run_id))

    async def of_correlation(self, correlation_id: CorrelationId) -> tuple[Order, ...]:
        """Return the orders that one command or job led to, oldest first."""
        rows = await self._orders.by_correlation(correlation_id)
        return tuple(to_order(row) for row in rows)

    async def recent_fills(self, limit: int, venue: VenueName | None = None) -> tuple[Fill, ...]:
        """Return the newest fills, newest first."""
        return tuple(to_fill(row) for row in await self._fills.recent(limit, venue))

    async def all_fills(self, venue: VenueName) -> tuple[Fill, ...]:
        """Return every fill of a venue, oldest first."""
        return tuple(to_fill(row) for row in await self._fills.all(venue))

    async def fills_of(self, ids: Collection[ClientOrderId]) -> tuple[Fill, ...]:
        """Return the fills of these orders."""
        rows = [row for each in ids for row in await self._fills.of_order(each)]
        return tuple(to_fill(row) for row in rows)

    async def evidence(self, client_order_id: ClientOrderId) -> Mapping[str, str]:
        """Return what the approval of an order rested on."""
        row = await self._orders.get(client_order_id)
        loaded: dict[str, str] = {} if row is None else json.loads(row.evidence)
        return loaded

    async def history(self, client_order_id: ClientOrderId) -> tuple[Moved, ...]:
        """Return every move of an order, oldest first."""
        return tuple(to_moved(row) for row in await self._orders.events(client_order_id))

    async def free_what_ended(self) -> None:
        """Free what is still reserved for orders that have ended.

        A write that the disk never confirmed may have been carried out, and nobody followed it.
        """
        for client_order_id in self._keeper.held:
            await self._look_again(client_order_id)

    def reserve(self, order: Order) -> None:
        """Bring its reservation in line with the order; every change does so by itself."""
        self._keeper.follow(order)

    def _make_id(self, sequence: int, row: NewOrderRow) -> str:
        return client_ids.make(self._tag, row.created_at, sequence)

    async def _changed(self, rows: Sequence[OrderRow]) -> tuple[Order, ...]:
        orders = tuple(to_order(row) for row in rows)
        for order in orders:
            self._keeper.follow(order)
        for order in orders:
            await self._tell(order)
        return orders

    async def _look_again(self, client_order_id: ClientOrderId) -> Order:
        order = await self.get(client_order_id)
        self._keeper.catch_up(order)
        return order

    async def _row(self, client_order_id: ClientOrderId) -> OrderRow:
        row = await self._orders.get(client_order_id)
        if row is None:
            message = f"the journal has no order {client_order_id}; /orders lists those that work"
            raise OrderNotFound(message)
        return row

    async def _tell(self, order: Order) -> None:
        _log.info(
            "order %s id=%s venue=%s side=%s symbol=%s quantity=%s filled=%s venue_id=%s "
            "correlation=%s",
            order.status,
            order.client_order_id,
            order.intent.venue,
            order.intent.side,
            order.intent.symbol,
            order.intent.quantity,
            order.filled_quantity,
            order.venue_order_id,
            order.intent.correlation_id,
        )
        await self._bus.publish(OrderChanged(order=order))
