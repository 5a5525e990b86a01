"""Net asset value over time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import NavRow
from storage.rows import record, records, select_records, values
from storage.tables import nav


class NavRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the values in `database`."""
        self._database = database

    async def append(self, *rows: NavRow) -> None:
        """Add measurements, all in one transaction."""
        if not rows:
            return
        written = [values(row) for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(nav), written)

        await self._database.transact(work)

    async def since(self, venue: str, at: datetime) -> tuple[NavRow, ...]:
        """Return the measurements of a venue from `at` on, oldest first."""
        query = (
            select_records(nav, NavRow)
            .where(nav.c.venue == venue, nav.c.at >= at)
            .order_by(nav.c.at, nav.c.sequence)
        )

        async def work(connection: AsyncConnection) -> tuple[NavRow, ...]:
            return records(NavRow, await connection.execute(query))

        return await self._database.read(work)

    async def latest(self, venue: str) -> NavRow | None:
        """Return the newest measurement of a venue."""
        query = (
            select_records(nav, NavRow)
            .where(nav.c.venue == venue)
            .order_by(nav.c.at.desc(), nav.c.sequence.desc())
            .limit(1)
        )

        async def work(connection: AsyncConnection) -> NavRow | None:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else record(NavRow, row)

        return await self._database.read(work)

    async def thin(self, before: datetime) -> int:
        """Of what was measured before, keep the last of each hour; return how many went."""
        hour = func.substr(nav.c.at, 1, len("2026-01-02T03"))
        kept = select(func.max(nav.c.sequence)).group_by(nav.c.venue, nav.c.base, hour)
        statement = delete(nav).where(nav.c.at < before, nav.c.sequence.not_in(kept))

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)
