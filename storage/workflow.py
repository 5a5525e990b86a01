"""Runs of the symbol workflow: what was decided for each symbol, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.rows import records, select_records, values
from storage.workflow_tables import workflow_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """One symbol of a run; a stage without a duration was not reached."""

    run_id: str
    venue: str
    symbol: str
    started_at: datetime
    correlation_id: str
    asked_by: str
    quantity: Decimal | None
    strategy: str | None
    strength: Decimal | None
    signal: str | None
    """The strategy's reason in words."""
    decision: str
    reason: str
    data_ms: Decimal | None
    signal_ms: Decimal | None
    risk_ms: Decimal | None
    decision_ms: Decimal | None
    order_ms: Decimal | None
    outcome: str | None
    """What became of the order; None where none was sent."""


class WorkflowRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the rows in `database`."""
        self._database = database

    async def add(self, rows: Sequence[WorkflowRow]) -> None:
        """Write every symbol of a run at once."""
        if not rows:
            return
        written = [values(row) for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(workflow_runs), written)

        await self._database.transact(work)

    async def ordered(self, run_id: str, symbol: str, *, order_ms: Decimal, outcome: str) -> bool:
        """Note what became of a symbol's order; False when its run is forgotten."""
        statement = (
            update(workflow_runs)
            .where(workflow_runs.c.run_id == run_id, workflow_runs.c.symbol == symbol)
            .values(order_ms=order_ms, outcome=outcome)
        )

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(statement)).rowcount > 0

        return await self._database.transact(work)

    async def recent(self, limit: int) -> tuple[WorkflowRow, ...]:
        """Return the newest rows, newest first."""
        query = (
            select_records(workflow_runs, WorkflowRow)
            .order_by(
                workflow_runs.c.started_at.desc(), workflow_runs.c.run_id, workflow_runs.c.symbol
            )
            .limit(limit)
        )

        async def work(connection: AsyncConnection) -> tuple[WorkflowRow, ...]:
            return records(WorkflowRow, await connection.execute(query))

        return await self._database.read(work)

    async def prune(self, before: datetime) -> int:
        """Forget the runs that started before; returns how many symbols."""
        statement = delete(workflow_runs).where(workflow_runs.c.started_at < before)

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)
