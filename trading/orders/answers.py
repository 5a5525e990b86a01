"""What the venue answered to the sends of one wave, until each order's fate is written down.

On a live stream the answer that an order was taken is only half of the news: the stream tells of
the order in the same moment, in one commit with its fills. So such an answer is held for a
moment and mostly needs no writing. And an order that the stream has told of is waited for no
longer: its answer may come late or never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trading.clock import Clock
from trading.model.identifiers import ClientOrderId
from trading.model.order import Order
from trading.orders.steps import Step
from trading.orders.watching import Following, within

_HELD_SECONDS = 0.1

Answer = tuple[Order, Step]


class Answers:
    """Filled by the senders; whoever waits for `due` writes down what it returns."""

    def __init__(
        self,
        *,
        sent: Sequence[Order],
        following: Following,
        will_be_pushed: Callable[[Order, Step], bool],
        clock: Clock,
    ) -> None:
        """Wait for an answer to each of these."""
        self._open = {order.client_order_id: order for order in sent}
        self._following = following
        self._will_be_pushed = will_be_pushed
        self._clock = clock
        self._come: list[Answer] = []
        self._held: dict[ClientOrderId, tuple[Answer, float]] = {}

    def put(self, answer: Answer) -> None:
        """Note what an order's sending came to."""
        self._come.append(answer)
        self._following.news.set()

    async def due(self) -> Sequence[Answer]:
        """Return what must be written down now; nothing once every order's fate is written.

        Until a held answer is written, its order is one in doubt for whoever comes after a crash.
        """
        while True:
            self._following.news.clear()
            now = self._clock.monotonic()
            found = self._sort(now)
            if found or not self._open:
                return found
            if self._held:
                first = min(until for _, until in self._held.values())
                await within(self._following.news, first - now, self._clock)
            else:
                await self._following.news.wait()

    def _sort(self, now: float) -> list[Answer]:
        for client_order_id, order in tuple(self._open.items()):
            if self._following.has_left(order):
                self._close(client_order_id)
        come, self._come = self._come, []
        for order, step in come:
            if order.client_order_id in self._open:
                patience = _HELD_SECONDS if self._will_be_pushed(order, step) else 0.0
                self._held[order.client_order_id] = ((order, step), now + patience)
        found = [answer for answer, until in self._held.values() if until <= now]
        for order, _ in found:
            self._close(order.client_order_id)
        return found

    def _close(self, client_order_id: ClientOrderId) -> None:
        del self._open[client_order_id]
        self._held.pop(client_order_id, None)
