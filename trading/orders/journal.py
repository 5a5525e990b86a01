"""The order journal: the one place where an order's state changes, always committed first.

Every change is a compare-and-set against the state it was decided on, so that the executor, the
resolver, the reconciler and the owner may meet on one order and none undoes another's work.
What the owner must hear is written in the same transaction. Reservations follow the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.records import ConflictingWrite, FillRow, NewNotice, NewOrderRow, OrderMove, OrderRow
from storage.settling import Decide, SettledRows, VenueNewsRows
from trading.clock import Clock
from trading.errors import AlreadySent
from trading.events import EventBus, FillBooked, OrderChanged
from trading.fill_rows import fill_row, to_fill
from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, CorrelationId
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus
from trading.orders import client_ids, notices
from trading.orders.journal_reader import JournalReader
from trading.orders.journal_rows import adopted_row, new_row, to_approved, to_order
from trading.orders.reservation_keeper import ReservationKeeper, Reserving
from trading.orders.steps import Step, to_move
from trading.orders.verdicts import Rule, Settled, VenueNews, first_steps, last_step, matches
from trading.orders.verification import Approved
from trading.orders.watching import Following, OrderWatch, Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """An order marked as being sent, and what of it the venue is handed."""

    order: Order
    approved: ApprovedOrder


class Journal(JournalReader):
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
        super().__init__(orders=orders, fills=fills)
        self._keeper = ReservationKeeper(reservations)
        self._clock = clock
        self._bus = bus
        self._tag = instance_tag
        self._watch = OrderWatch()

    @property
    def instance_tag(self) -> str:
        """What tells this installation's orders from another's."""
        return self._tag

    def following(
        self, orders: Sequence[Order], progress: Progress
    ) -> AbstractContextManager[Following]:
        """Follow these orders while the block runs: each change is heard once committed."""
        return self._watch.following(orders, progress)

    async def plan(self, approved: Sequence[Approved]) -> tuple[Order, ...]:
        """Write down orders that may be sent, all in one commit, and reserve what they spend."""
        at = self._clock.now()
        rows = await self._orders.plan([new_row(each, at=at) for each in approved], self._make_id)
        return await self._changed(rows)

    async def submit(
        self, orders: Sequence[Order], *, deadlines: Mapping[ClientOrderId, datetime]
    ) -> tuple[Submitting, ...]:
        """Mark them as being sent, all in one commit: from here on each may be at the venue.

        Raises AlreadySent, and marks none, unless every one of them is still only planned. What
        is sent is what the rows say, read in the same transaction.
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
        marked = await self._changed(rows)
        return tuple(
            Submitting(order=order, approved=to_approved(row))
            for order, row in zip(marked, rows, strict=True)
        )

    async def move(self, order: Order, step: Step) -> Order:
        """Move the order from the state it was read in; raises IllegalTransition when it cannot.

        Where somebody else moved it meanwhile nothing is changed and its present state is
        returned: whoever decided on old knowledge looks at it again.
        """
        (moved,) = await self.move_each(((order, step),))
        return moved

    async def move_each(self, steps: Sequence[tuple[Order, Step]]) -> tuple[Order, ...]:
        """Move several in one commit, each as `move` would by itself."""
        at = self._clock.now()
        moves = [to_move(order, step, at=at) for order, step in steps]
        try:
            rows = await self._orders.move_each(moves)
        except ConflictingWrite:
            # One of them cannot be; it must not keep the others from being written down.
            if len(steps) > 1:
                return tuple([await self.move(order, step) for order, step in steps])
            rows = (None,)
        moved = iter(await self._changed([row for row in rows if row is not None]))
        result: list[Order] = []
        for row, (order, _) in zip(rows, steps, strict=True):
            if row is None:
                _log.info("order moved meanwhile id=%s", order.client_order_id)
                result.append(await self._look_again(order.client_order_id))
            else:
                result.append(next(moved))
        return tuple(result)

    async def settle(
        self, news: VenueNews, *, may_touch: Callable[[Order], bool] = lambda _: True
    ) -> Settled:
        """Apply a venue's word in one commit: what it has taken, then the fills, then the ends.

        What the word means is decided inside the transaction, on orders that cannot change
        under it. Fills of orders that the journal does not know wait for adoption.
        """
        at = self._clock.now()

        def decide(rule: Rule) -> Decide:
            return lambda rows: [
                to_move(order, step, at=at)
                for match in matches(map(to_order, rows), news.orders)
                if may_touch(match.order)
                for order, step in rule(match)
            ]

        settled = await self._orders.settle(
            VenueNewsRows(
                venue=news.venue,
                venue_order_ids=frozenset(each.venue_order_id for each in news.orders),
                client_order_ids=frozenset(
                    each.client_order_id for each in news.orders if each.client_order_id
                ),
                fills=[fill_row(fill, at=at) for fill in news.fills],
                at=at,
                begin=decide(first_steps),
                end=decide(last_step),
                make_notices=_tell_of_fills,
            )
        )
        return await self._settled(settled)

    async def book(self, fills: Sequence[Fill]) -> tuple[Fill, ...]:
        """Store the fills that are new and return those; each is stored once, ever."""
        if not fills:
            return ()
        at = self._clock.now()
        rows = await self._fills.book(
            [fill_row(fill, at=at) for fill in fills], at, _tell_of_fills
        )
        booked = tuple(to_fill(row) for row in rows)
        await self._tell_fills(booked)
        ids = {fill.client_order_id for fill in booked if fill.client_order_id is not None}
        await self._tell(await self.get_many(sorted(ids)), self._keeper.catch_up)
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
        await self._tell(orders, self._keeper.follow)
        return orders

    async def _settled(self, settled: SettledRows) -> Settled:
        orders = tuple(to_order(row) for row in settled.orders)
        fills = tuple(to_fill(row) for row in settled.fills)
        filled = {fill.client_order_id for fill in fills}
        moved = [order for order in orders if order.client_order_id in settled.moved]
        added = [
            order
            for order in orders
            if order.client_order_id in filled and order.client_order_id not in settled.moved
        ]
        await self._tell_fills(fills)
        await self._tell(added, self._keeper.catch_up)
        await self._tell(moved, self._keeper.follow)
        return Settled(orders=orders, fills=fills)

    async def _look_again(self, client_order_id: ClientOrderId) -> Order:
        order = await self.get(client_order_id)
        self._keeper.catch_up(order)
        return order

    async def _tell_fills(self, fills: Sequence[Fill]) -> None:
        self._watch.tell_fills(fills)
        for fill in fills:
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

    async def _tell(self, orders: Sequence[Order], reserve: Callable[[Order], None]) -> None:
        """Bring reservations in line, then tell; nobody hears of one before all are."""
        for order in orders:
            reserve(order)
        self._watch.tell(orders)
        for order in orders:
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


def _tell_of_fills(new: tuple[FillRow, ...]) -> tuple[NewNotice, ...]:
    return tuple(notices.fill_booked(row) for row in new)
