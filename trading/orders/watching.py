"""Lets one wait for orders to change in the journal, and for anything within a time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from trading.clock import Clock
from trading.model.identifiers import ClientOrderId
from trading.model.order import Order


class Watcher:
    """What was heard of some orders since the watch began."""

    def __init__(self, ids: Collection[ClientOrderId]) -> None:
        """Watch these."""
        self._ids = frozenset(ids)
        self._heard: list[Order] = []
        self.news = asyncio.Event()

    def hear(self, order: Order) -> None:
        """Note an order as it was committed just now, if it is one of these."""
        if order.client_order_id in self._ids:
            self._heard.append(order)
            self.news.set()

    def take(self) -> Sequence[Order]:
        """Return what was heard since the last call, in the order of the commits."""
        heard, self._heard = self._heard, []
        self.news.clear()
        return heard


class OrderWatch:
    """Tells whoever watches; the journal says every order that it has changed."""

    def __init__(self) -> None:
        """Start with nobody watching."""
        self._watchers: list[Watcher] = []

    @contextmanager
    def watching(self, ids: Collection[ClientOrderId]) -> Iterator[Watcher]:
        """Watch these orders while the block runs."""
        watcher = Watcher(ids)
        self._watchers.append(watcher)
        try:
            yield watcher
        finally:
            self._watchers.remove(watcher)

    def tell(self, order: Order) -> None:
        """Say that an order has changed."""
        for watcher in self._watchers:
            watcher.hear(order)


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
