"""Fills: each stored once, with the order it belongs to and the notice that tells of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.journal import MakeNotices, open_page
from storage.records import FillRow
from storage.rows import records, select_records
from storage.tables import fills


class FillRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the fills in `database`."""
        self._database = database

    async def book(
        self,
        rows: Sequence[FillRow],
        at: datetime,
        make_notices: MakeNotices,
    ) -> tuple[FillRow, ...]:
        """Store the fills that are new, and return those in the order they were given.

        In the same transaction each is tied to its order (by the venue's order id, else by ours),
        the orders' amounts become the sums of their fills, and `make_notices`, called with the
        new ones only, says what the owner is told. `booked_at` becomes `at`.
        """
        if not rows:
            return ()

        async def work(connection: AsyncConnection) -> tuple[FillRow, ...]:
            page = await open_page(connection, **owners_of(rows))
            await page.claim(rows)
            booked = await page.book(rows, at, make_notices)
            await page.write()
            return booked

        return await self._database.transact(work)

    async def since(self, venue: str | None, at: datetime) -> tuple[FillRow, ...]:
        """Return the fills executed from `at` on, oldest first."""
        query = _oldest_first().where(fills.c.executed_at >= at)
        return await self._many(query if venue is None else query.where(fills.c.venue == venue))

    async def of_orders(self, client_order_ids: Collection[str]) -> tuple[FillRow, ...]:
        """Return the fills of these orders, oldest first."""
        return await self._many(
            _oldest_first().where(fills.c.client_order_id.in_(client_order_ids))
        )

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


class Owners(TypedDict):
    """The ids under which the orders of some fills may stand in the journal."""

    client_order_ids: set[str]
    venue_order_ids: set[tuple[str, str]]


def owners_of(rows: Iterable[FillRow]) -> Owners:
    """Return the ids by which to look for the orders of these fills."""
    owners = Owners(client_order_ids=set(), venue_order_ids=set())
    for row in rows:
        owners["venue_order_ids"].add((row.venue, row.venue_order_id))
        if row.client_order_id is not None:
            owners["client_order_ids"].add(row.client_order_id)
    return owners
