"""Which orders the executor is sending at this moment; everybody else leaves those alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from trading.model.identifiers import ClientOrderId
from trading.model.order import Order
from trading.model.order_status import OrderStatus


class InFlight:
    """A planned or submitting row that is not in here was abandoned: by a crash, or a failure."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self._planning = 0
        self._ids: set[ClientOrderId] = set()

    @contextmanager
    def planning(self) -> Iterator[None]:
        """Cover rows that are being written and have no id yet that we know of."""
        self._planning += 1
        try:
            yield
        finally:
            self._planning -= 1

    def add(self, ids: Iterable[ClientOrderId]) -> None:
        """Cover these rows until `discard`."""
        self._ids.update(ids)

    def discard(self, ids: Iterable[ClientOrderId]) -> None:
        """Leave them to whoever finds them."""
        self._ids.difference_update(ids)

    def leaves_in_doubt(self, order: Order) -> bool:
        """True for an order that may be at the venue, with nobody sending it who would say so."""
        if order.status is OrderStatus.SUBMITTING:
            return order.client_order_id not in self._ids
        return order.status is OrderStatus.UNKNOWN

    def covers(self, order: Order) -> bool:
        """True while the executor itself will still say how sending the order went."""
        if order.status is OrderStatus.PLANNED and self._planning:
            return True
        is_before_answer = order.status in (OrderStatus.PLANNED, OrderStatus.SUBMITTING)
        return is_before_answer and order.client_order_id in self._ids
