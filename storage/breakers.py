"""The state of the circuit breakers, so that a restart does not close them."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import BreakerRow
from storage.rows import records, select_records, values
from storage.tables import breakers


class BreakerRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the breakers in `database`."""
        self._database = database

    async def load(self) -> tuple[BreakerRow, ...]:
        """Return every breaker, by venue and kind."""
        query = select_records(breakers, BreakerRow).order_by(breakers.c.venue, breakers.c.kind)

        async def work(connection: AsyncConnection) -> tuple[BreakerRow, ...]:
            return records(BreakerRow, await connection.execute(query))

        return await self._database.read(work)

    async def put(self, row: BreakerRow) -> None:
        """Keep this row, whatever it was."""
        written = values(row)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                insert(breakers)
                .values(written)
                .on_conflict_do_update(index_elements=["venue", "kind"], set_=written)
            )

        await self._database.transact(work)
