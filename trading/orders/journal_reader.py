"""Reads the order journal."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.records import OrderRow
from trading.errors import OrderNotFound
from trading.fill_rows import to_fill
from trading.model.fill import Fill
from trading.model.identifiers import (
    ClientOrderId,
    CorrelationId,
    RunId,
    VenueName,
    VenueOrderId,
)
from trading.model.order import Order
from trading.orders.journal_rows import Moved, to_moved, to_order


class JournalReader:
    """What was committed; the journal itself adds the changes."""

    def __init__(self, *, orders: OrderRepository, fills: FillRepository) -> None:
        """Keep where it is written down."""
        self._orders = orders
        self._fills = fills

    async def get(self, client_order_id: ClientOrderId) -> Order:
        """Return the order; raises OrderNotFound."""
        return to_order(await self._row(client_order_id))

    async def get_many(self, ids: Collection[ClientOrderId]) -> tuple[Order, ...]:
        """Return these orders in the order of the ids; raises OrderNotFound."""
        found = {row.client_order_id: row for row in await self._orders.get_many(ids)}
        missing = [each for each in ids if each not in found]
        if missing:
            raise _not_found(missing[0])
        return tuple(to_order(found[each]) for each in ids)

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

    async def fills_since(self, venue: VenueName, at: datetime) -> tuple[Fill, ...]:
        """Return the fills that a venue executed from `at` on, oldest first."""
        return tuple(to_fill(row) for row in await self._fills.since(venue, at))

    async def fills_of(self, ids: Collection[ClientOrderId]) -> tuple[Fill, ...]:
        """Return the fills of these orders, oldest first."""
        return tuple(to_fill(row) for row in await self._fills.of_orders(ids))

    async def evidence(self, client_order_id: ClientOrderId) -> Mapping[str, str]:
        """Return what the approval of an order rested on."""
        row = await self._orders.get(client_order_id)
        loaded: dict[str, str] = {} if row is None else json.loads(row.evidence)
        return loaded

    async def history(self, client_order_id: ClientOrderId) -> tuple[Moved, ...]:
        """Return every move of an order, oldest first."""
        return tuple(to_moved(row) for row in await self._orders.events(client_order_id))

    async def _row(self, client_order_id: ClientOrderId) -> OrderRow:
        row = await self._orders.get(client_order_id)
        if row is None:
            raise _not_found(client_order_id)
        return row


def _not_found(client_order_id: ClientOrderId) -> OrderNotFound:
    return OrderNotFound(
        f"the journal has no order {client_order_id}; /orders lists those that work"
    )
