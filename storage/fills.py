"""Fills: each stored once, with the order it belongs to and the notice that tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.journal import total_fills
from storage.outbox import add_notices
from storage.records import FillRow, NewNotice
from storage.rows import records, select_records, values
from storage.tables import fills, orders

_CHUNK = 500
"""Ids asked for at once; SQLite bounds the parameters of one statement."""


class FillRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the fills in `database`."""
        self._database = database

    async def book(
        self,
        rows: Sequence[FillRow],
        at: datetime,
        make_notices: Callable[[tuple[FillRow, ...]], tuple[NewNotice, ...]],
    ) -> tuple[FillRow, ...]:
        """Store the fills that are new, and return those in the order they were given.

        In the same transaction each is tied to its order (by the venue's order id, else by ours),
        the orders' amounts become the sums of their fills, and `make_notices`, called with the
        new ones only, says what the owner is told. `booked_at` becomes `at`.
        """
        if not rows:
            return ()

        async def work(connection: AsyncConnection) -> tuple[FillRow, ...]:
            new = await _unknown(connection, rows)
            if not new:
                return ()
            owners = await _owners(connection, new)
            tied = tuple(replace(row, client_order_id=owners(row), booked_at=at) for row in new)
            await connection.execute(insert(fills), [values(row) for row in tied])
            for owner in dict.fromkeys(row.client_order_id for row in tied):
                if owner is not None:
                    await total_fills(connection, owner)
            await add_notices(connection, make_notices(tied), at)
            return tied

        return await self._database.transact(work)

    async def since(self, venue: str | None, at: datetime) -> tuple[FillRow, ...]:
        """Return the fills executed from `at` on, oldest first."""
        query = _oldest_first().where(fills.c.executed_at >= at)
        return await self._many(query if venue is None else query.where(fills.c.venue == venue))

    async def of_order(self, client_order_id: str) -> tuple[FillRow, ...]:
        """Return the fills of one order, oldest first."""
        return await self._many(_oldest_first().where(fills.c.client_order_id == client_order_id))

    async def recent(self, limit: int, venue: str | None = None) -> tuple[FillRow, ...]:
        """Return the newest fills, newest first."""
        query = select_records(fills, FillRow).order_by(
            fills.c.executed_at.desc(), fills.c.fill_id.desc()
        )
        query = query.limit(limit)
        return await self._many(query if venue is None else query.where(fills.c.venue == venue))

    async def all(self, venue: str) -> tuple[FillRow, ...]:
        """Return every fill of a venue, oldest first."""
        return await self._many(_oldest_first().where(fills.c.venue == venue))

    async def latest_executed_at(self, venue: str) -> datetime | None:
        """Return the time of the newest fill of a venue."""
        newest = await self.recent(1, venue)
        return newest[0].executed_at if newest else None

    async def _many(self, query: Select[Any]) -> tuple[FillRow, ...]:
        async def work(connection: AsyncConnection) -> tuple[FillRow, ...]:
            return records(FillRow, await connection.execute(query))

        return await self._database.read(work)


def _oldest_first() -> Select[Any]:
    return select_records(fills, FillRow).order_by(fills.c.executed_at, fills.c.fill_id)


async def _unknown(connection: AsyncConnection, rows: Iterable[FillRow]) -> tuple[FillRow, ...]:
    first: dict[tuple[str, str], FillRow] = {}
    for row in rows:
        first.setdefault((row.venue, row.fill_id), row)
    known = await _found(connection, fills.c.fill_id, first)
    return tuple(row for key, row in first.items() if key not in known)


async def _owners(
    connection: AsyncConnection, rows: Sequence[FillRow]
) -> Callable[[FillRow], str | None]:
    """Return who owns a fill: the order the venue names, else the one that bears our id."""
    by_venue_id = await _found(
        connection, orders.c.venue_order_id, {(row.venue, row.venue_order_id) for row in rows}
    )
    by_our_id = await _found(
        connection,
        orders.c.client_order_id,
        {(row.venue, row.client_order_id) for row in rows if row.client_order_id is not None},
    )

    def owner(row: FillRow) -> str | None:
        named = by_venue_id.get((row.venue, row.venue_order_id))
        if named is not None or row.client_order_id is None:
            return named
        return by_our_id.get((row.venue, row.client_order_id))

    return owner


async def _found(
    connection: AsyncConnection, id_column: Column[Any], wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str | None]:
    """Return which (venue, id) exist in the column's table, each with our order id."""
    table = id_column.table
    by_venue: dict[str, list[str]] = {}
    for venue, identifier in wanted:
        by_venue.setdefault(venue, []).append(identifier)
    found: dict[tuple[str, str], str | None] = {}
    for venue, identifiers in by_venue.items():
        for start in range(0, len(identifiers), _CHUNK):
            query = select(id_column.label("identifier"), table.c.client_order_id).where(
                table.c.venue == venue, id_column.in_(identifiers[start : start + _CHUNK])
            )
            for row in await connection.execute(query):
                found[venue, row.identifier] = row.client_order_id
    return found
