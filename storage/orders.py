"""The journal of orders: written before the first byte leaves, moved only by comparison."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.journal import JournalPage, open_page
from storage.outbox import add_notices
from storage.records import (
    AdoptedOrderRow,
    NewNotice,
    NewOrderRow,
    OrderEventRow,
    OrderMove,
    OrderRow,
)
from storage.rows import records, select_records, values
from storage.settling import SettledRows, VenueNewsRows, settle
from storage.tables import is_working, order_events, orders

WORKING = select_records(orders, OrderRow).where(is_working).order_by(orders.c.sequence)
"""Those of every venue: told of one, SQLite would look at all it ever had."""
_NOTHING_FILLED: dict[str, Any] = {
    "filled_quantity": Decimal(0),
    "cost": Decimal(0),
    "fee": Decimal(0),
}


class OrderRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the journal in `database`."""
        self._database = database

    async def plan(
        self,
        new: Sequence[NewOrderRow],
        make_id: Callable[[int, NewOrderRow], str],
        *,
        notices: Sequence[NewNotice] = (),
    ) -> tuple[OrderRow, ...]:
        """Journal orders that are meant to be sent, all or none, and give each its id.

        `make_id` is called in the transaction with a sequence number that is never used twice.
        """
        if not new:
            return ()

        async def work(connection: AsyncConnection) -> tuple[OrderRow, ...]:
            last = await _last_sequence(connection)
            rows = tuple(
                _planned(order, sequence, make_id(sequence, order))
                for sequence, order in enumerate(new, start=last + 1)
            )
            await connection.execute(insert(orders), [values(row) for row in rows])
            await connection.execute(insert(order_events), [_first_event(row) for row in rows])
            await add_notices(connection, notices, new[0].created_at)
            return rows

        return await self._database.transact(work)

    async def move(self, move: OrderMove) -> OrderRow:
        """Change the state of one order; ConflictingWrite when it is in another than expected."""
        (row,) = await self.move_many((move,))
        return row

    async def move_many(self, moves: Sequence[OrderMove]) -> tuple[OrderRow, ...]:
        """Change the state of several orders in one commit, all or none."""

        async def work(connection: AsyncConnection) -> tuple[OrderRow, ...]:
            page = await open_page(connection, client_order_ids=_named(moves))
            for move in moves:
                if page.move(move) is None:
                    raise page.conflict(move)
            await page.claim()
            await page.write()
            return tuple(page.get(move.client_order_id) for move in moves)

        return await self._database.transact(work)

    async def move_each(self, moves: Sequence[OrderMove]) -> tuple[OrderRow | None, ...]:
        """Change those that are in the state expected of them, in one commit; None for others."""

        async def work(connection: AsyncConnection) -> tuple[OrderRow | None, ...]:
            page = await open_page(connection, client_order_ids=_named(moves))
            moved = [page.move(move) is not None for move in moves]
            await page.claim()
            await page.write()
            return tuple(
                page.get(move.client_order_id) if is_made else None
                for move, is_made in zip(moves, moved, strict=True)
            )

        return await self._database.transact(work)

    async def settle(self, news: VenueNewsRows) -> SettledRows:
        """Apply a venue's word in one commit: what was taken, then the fills, then the ends."""
        return await self._database.transact(lambda connection: settle(connection, news))

    async def adopt(
        self, new: AdoptedOrderRow, notices: Sequence[NewNotice] = ()
    ) -> OrderRow | None:
        """Journal an order found at a venue, with the fills already booked for it.

        None when the journal knows it by the venue's id; the notices are queued only when not.
        """

        async def work(connection: AsyncConnection) -> OrderRow | None:
            known = await connection.execute(_by_venue_id(new.venue, new.venue_order_id))
            if known.one_or_none() is not None:
                return None
            row = OrderRow(
                sequence=await _last_sequence(connection) + 1,
                run_id=None,
                deadline_at=None,
                updated_at=new.created_at,
                **(_NOTHING_FILLED | values(new)),
            )
            await connection.execute(insert(orders).values(values(row)))
            await connection.execute(insert(order_events).values(_first_event(row)))
            await add_notices(connection, notices, new.created_at)
            page = JournalPage(connection, ())
            page.add(row)
            await page.claim()
            await page.write()
            return page.get(row.client_order_id)

        return await self._database.transact(work)

    async def get(self, client_order_id: str) -> OrderRow | None:
        """Return the order of that id."""
        return await self._one(_all().where(orders.c.client_order_id == client_order_id))

    async def get_many(self, client_order_ids: Collection[str]) -> tuple[OrderRow, ...]:
        """Return the orders of these ids, oldest first; what the journal lacks is left out."""

        async def work(connection: AsyncConnection) -> tuple[OrderRow, ...]:
            return (await open_page(connection, client_order_ids=client_order_ids)).rows

        return await self._database.read(work)

    async def get_by_venue_id(self, venue: str, venue_order_id: str) -> OrderRow | None:
        """Return the order that a venue calls by that id."""
        return await self._one(_by_venue_id(venue, venue_order_id))

    async def working(self, venue: str | None = None) -> tuple[OrderRow, ...]:
        """Return the orders that can still spend something, oldest first."""
        found = await self._many(WORKING)
        return tuple(row for row in found if venue in (None, row.venue))

    async def recent(self, limit: int, before_sequence: int | None = None) -> tuple[OrderRow, ...]:
        """Return the newest orders, newest first; page on by the last one's sequence."""
        query = _all().order_by(orders.c.sequence.desc()).limit(limit)
        if before_sequence is not None:
            query = query.where(orders.c.sequence < before_sequence)
        return await self._many(query)

    async def by_run(self, run_id: str) -> tuple[OrderRow, ...]:
        """Return the orders of a rebalance run, oldest first."""
        return await self._many(
            _all().where(orders.c.run_id == run_id).order_by(orders.c.sequence)
        )

    async def by_correlation(self, correlation_id: str) -> tuple[OrderRow, ...]:
        """Return the orders that one command or job led to, oldest first."""
        return await self._many(
            _all().where(orders.c.correlation_id == correlation_id).order_by(orders.c.sequence)
        )

    async def events(self, client_order_id: str) -> tuple[OrderEventRow, ...]:
        """Return the history of an order, oldest first."""
        query = (
            select_records(order_events, OrderEventRow)
            .where(order_events.c.client_order_id == client_order_id)
            .order_by(order_events.c.sequence)
        )

        async def work(connection: AsyncConnection) -> tuple[OrderEventRow, ...]:
            return records(OrderEventRow, await connection.execute(query))

        return await self._database.read(work)

    async def _one(self, query: Select[Any]) -> OrderRow | None:
        found = await self._many(query)
        return found[0] if found else None

    async def _many(self, query: Select[Any]) -> tuple[OrderRow, ...]:
        async def work(connection: AsyncConnection) -> tuple[OrderRow, ...]:
            return records(OrderRow, await connection.execute(query))

        return await self._database.read(work)


def _named(moves: Sequence[OrderMove]) -> set[str]:
    return {move.client_order_id for move in moves}


def _all() -> Select[Any]:
    return select_records(orders, OrderRow)


def _by_venue_id(venue: str, venue_order_id: str) -> Select[Any]:
    return _all().where(orders.c.venue == venue, orders.c.venue_order_id == venue_order_id)


def _planned(order: NewOrderRow, sequence: int, client_order_id: str) -> OrderRow:
    return OrderRow(
        sequence=sequence,
        client_order_id=client_order_id,
        venue_order_id=None,
        submitted_at=None,
        deadline_at=None,
        updated_at=order.created_at,
        note=None,
        **(_NOTHING_FILLED | values(order)),
    )


def _first_event(row: OrderRow) -> dict[str, Any]:
    return {
        "client_order_id": row.client_order_id,
        "at": row.created_at,
        "previous": None,
        "status": row.status,
        "detail": row.reason,
    }


async def _last_sequence(connection: AsyncConnection) -> int:
    """Return the highest number ever given: SQLite remembers it past a deletion."""
    found = await connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'orders'"))
    last: int | None = found.scalar_one_or_none()
    return 0 if last is None else last
