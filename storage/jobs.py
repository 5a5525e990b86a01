"""What is known of the scheduled jobs."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import JobRow
from storage.rows import records, select_records, values
from storage.tables import jobs


class JobRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the jobs in `database`."""
        self._database = database

    async def load(self) -> tuple[JobRow, ...]:
        """Return every job, by name."""
        query = select_records(jobs, JobRow).order_by(jobs.c.name)

        async def work(connection: AsyncConnection) -> tuple[JobRow, ...]:
            return records(JobRow, await connection.execute(query))

        return await self._database.read(work)

    async def put(self, row: JobRow) -> None:
        """Keep this row, whatever it was."""
        written = values(row)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                insert(jobs)
                .values(written)
                .on_conflict_do_update(index_elements=["name"], set_=written)
            )

        await self._database.transact(work)
