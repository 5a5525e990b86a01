"""Rebalance runs: their plan, state and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.outbox import add_notices
from storage.records import ConflictingWrite, NewNotice, RunRow
from storage.rows import columns, record, records, select_records, values
from storage.tables import runs


class RunRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the runs in `database`."""
        self._database = database

    async def insert(self, row: RunRow) -> None:
        """Add a run; ConflictingWrite when its id is taken."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(runs).values(values(row)))

        await self._database.transact(work)

    async def move(
        self,
        run_id: str,
        expected: frozenset[str],
        status: str,
        *,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        outcome: str | None = None,
        notices: Sequence[NewNotice] = (),
    ) -> RunRow:
        """Change the state if it is one of `expected`, else raise ConflictingWrite.

        None leaves a column as it is; the notices are queued in the same transaction.
        """
        optional = {"started_at": started_at, "finished_at": finished_at, "outcome": outcome}
        changes = {key: value for key, value in optional.items() if value is not None}

        async def work(connection: AsyncConnection) -> RunRow:
            found = await connection.execute(
                update(runs)
                .where(runs.c.run_id == run_id, runs.c.status.in_(expected))
                .values(status=status, **changes)
                .returning(*columns(runs, RunRow))
            )
            row = found.one_or_none()
            if row is None:
                raise ConflictingWrite(
                    f"run {run_id} is not {' or '.join(sorted(expected))}; it was left as it is"
                )
            at = finished_at or started_at
            if at is not None:
                await add_notices(connection, notices, at)
            return record(RunRow, row)

        return await self._database.transact(work)

    async def get(self, run_id: str) -> RunRow | None:
        """Return one run."""
        return await self._one(select_records(runs, RunRow).where(runs.c.run_id == run_id))

    async def latest(self, venue: str) -> RunRow | None:
        """Return the newest run of a venue."""
        return await self._one(
            _newest_first().where(runs.c.venue == venue).limit(1),
        )

    async def unfinished(self) -> tuple[RunRow, ...]:
        """Return the runs that have no end yet, oldest first."""
        query = select_records(runs, RunRow).where(runs.c.finished_at.is_(None))
        return await self._many(query.order_by(runs.c.created_at, runs.c.run_id))

    async def recent(self, limit: int) -> tuple[RunRow, ...]:
        """Return the newest runs, newest first."""
        return await self._many(_newest_first().limit(limit))

    async def _one(self, query: Select[Any]) -> RunRow | None:
        found = await self._many(query)
        return found[0] if found else None

    async def _many(self, query: Select[Any]) -> tuple[RunRow, ...]:
        async def work(connection: AsyncConnection) -> tuple[RunRow, ...]:
            return records(RunRow, await connection.execute(query))

        return await self._database.read(work)


def _newest_first() -> Select[Any]:
    return select_records(runs, RunRow).order_by(runs.c.created_at.desc(), runs.c.run_id.desc())
