"""Lets one follow orders as the journal changes them, and wait for anything within a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from trading.clock import Clock
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, VenueName
from trading.model.order import Order, TimeInForce
from trading.model.order_status import OrderStatus

Progress = Callable[[Order], None]


class Following:
    """Some orders as they were last committed, with the fills booked since the watch began."""

    def __init__(self, orders: Sequence[Order], progress: Progress) -> None:
        """Begin with what was just read or written; `progress` is told of each new state."""
        self._orders = {order.client_order_id: order for order in orders}
        self._fills: dict[ClientOrderId, list[Fill]] = {}
        self._progress = progress
        self.news = asyncio.Event()
        """Set by every change; whoever waits clears it."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """All of them, as they were last heard of."""
        return tuple(self._orders.values())

    @property
    def restless(self) -> tuple[Order, ...]:
        """Those that have neither ended nor rest in the book as they were meant to."""
        return tuple(order for order in self.orders if not _is_at_rest(order))

    @property
    def venues(self) -> frozenset[VenueName]:
        """Where those are that are not at rest."""
        return frozenset(order.intent.venue for order in self.restless)

    def has_left(self, order: Order) -> bool:
        """True when the order is in another state by now than it was then."""
        return self._orders[order.client_order_id].status is not order.status

    def fills(self) -> tuple[Fill, ...] | None:
        """Return all fills of these orders; None where some were booked unheard."""
        for order in self.orders:
            heard = self._fills.get(order.client_order_id, ())
            if sum((fill.quantity for fill in heard), Decimal(0)) != order.filled_quantity:
                return None
        return tuple(fill for heard in self._fills.values() for fill in heard)

    def hear(self, order: Order) -> None:
        """Note an order as it stands in the journal, if it is one of these."""
        before = self._orders.get(order.client_order_id)
        if before is None:
            return
        self._orders[order.client_order_id] = order
        self.news.set()
        if before.status is not order.status:
            self._progress(order)

    def hear_fill(self, fill: Fill) -> None:
        """Note a fill that was booked just now, if it is of one of these."""
        if fill.client_order_id is not None and fill.client_order_id in self._orders:
            self._fills.setdefault(fill.client_order_id, []).append(fill)


class OrderWatch:
    """Tells whoever follows; the journal says every change that it has committed."""

    def __init__(self) -> None:
        """Start with nobody following."""
        self._following: list[Following] = []

    @contextmanager
    def following(self, orders: Sequence[Order], progress: Progress) -> Iterator[Following]:
        """Follow these orders while the block runs."""
        following = Following(orders, progress)
        self._following.append(following)
        try:
            yield following
        finally:
            self._following.remove(following)

    def tell(self, orders: Iterable[Order]) -> None:
        """Say that orders have changed."""
        for order in orders:
            for following in self._following:
                following.hear(order)

    def tell_fills(self, fills: Iterable[Fill]) -> None:
        """Say that fills were booked."""
        for fill in fills:
            for following in self._following:
                following.hear_fill(fill)


async def within(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait for the event, at most so long by the clock; return whether it is set."""
    if event.is_set():
        return True
    async with asyncio.TaskGroup() as group:
        waits = (
            group.create_task(clock.sleep(seconds)),
            group.create_task(event.wait()),
        )
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    return event.is_set()


def _is_at_rest(order: Order) -> bool:
    if not order.is_working:
        return True
    is_resting = order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)
    return is_resting and order.intent.time_in_force is TimeInForce.GTC
