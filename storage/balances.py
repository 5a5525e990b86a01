"""The last known balances, shown as fallback after a restart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import BalanceRow
from storage.rows import records, select_records, values
from storage.tables import balances


class BalanceRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the balances in `database`."""
        self._database = database

    async def load(self, venue: str) -> tuple[BalanceRow, ...]:
        """Return what is stored of a venue, by asset."""
        query = (
            select_records(balances, BalanceRow)
            .where(balances.c.venue == venue)
            .order_by(balances.c.asset)
        )

        async def work(connection: AsyncConnection) -> tuple[BalanceRow, ...]:
            return records(BalanceRow, await connection.execute(query))

        return await self._database.read(work)

    async def replace(self, venue: str, rows: Iterable[BalanceRow]) -> None:
        """Forget what was stored of a venue and keep these rows instead."""
        written = [values(row) for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(balances).where(balances.c.venue == venue))
            if written:
                await connection.execute(insert(balances), written)

        await self._database.transact(work)

    async def touch(self, venue: str, confirmed_at: datetime) -> None:
        """Note that every balance of a venue was confirmed, unchanged."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(balances).where(balances.c.venue == venue).values(confirmed_at=confirmed_at)
            )

        await self._database.transact(work)
