"""Rows of the venues' ledgers: what moved a balance, and which of it was no gain or loss."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.rows import records, select_records, values
from storage.tables import ledger

_FLOWS = ("deposit", "withdrawal", "transfer", "unexplained")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of a venue's ledger; it is settled once it was counted, or passed over."""

    venue: str
    ledger_id: str
    kind: str
    asset: str
    amount: Decimal
    fee: Decimal
    balance: Decimal
    at: datetime
    settled_at: datetime | None = None
    value: Decimal | None = None
    """Of a flow that was counted: its worth in the venue's base currency then, signed."""


class LedgerRepository:
    """Each method is one transaction; `settle_rows` is for a transaction of somebody else's."""

    def __init__(self, *, database: Database) -> None:
        """Keep the rows in `database`."""
        self._database = database

    async def add(self, rows: Sequence[LedgerRow]) -> None:
        """Store those that are new, by the venue's own ids."""
        if not rows:
            return
        statement = insert(ledger).on_conflict_do_nothing()
        written = [values(row) for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement, written)

        await self._database.transact(work)

    async def unsettled(self, venue: str, since: datetime) -> tuple[LedgerRow, ...]:
        """Return the rows that were not counted yet, oldest first."""
        query = (
            select_records(ledger, LedgerRow)
            .where(ledger.c.venue == venue, ledger.c.at >= since, ledger.c.settled_at.is_(None))
            .order_by(ledger.c.at, ledger.c.sequence)
        )

        async def work(connection: AsyncConnection) -> tuple[LedgerRow, ...]:
            return records(LedgerRow, await connection.execute(query))

        return await self._database.read(work)

    async def flows(self, venue: str, since: datetime) -> tuple[LedgerRow, ...]:
        """Return the flows that were counted since, oldest first."""
        query = (
            select_records(ledger, LedgerRow)
            .where(
                ledger.c.venue == venue,
                ledger.c.kind.in_(_FLOWS),
                ledger.c.value.is_not(None),
                ledger.c.settled_at >= since,
            )
            .order_by(ledger.c.settled_at, ledger.c.sequence)
        )

        async def work(connection: AsyncConnection) -> tuple[LedgerRow, ...]:
            return records(LedgerRow, await connection.execute(query))

        return await self._database.read(work)

    async def prune(self, before: datetime) -> int:
        """Forget old rows; flows are kept for good."""
        statement = delete(ledger).where(ledger.c.at < before, ledger.c.kind.not_in(_FLOWS))

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)


async def settle_rows(
    connection: AsyncConnection,
    venue: str,
    ids: Collection[str],
    worth: Mapping[str, Decimal],
    *,
    at: datetime,
) -> None:
    """Mark rows as counted, flows with what they were worth."""
    for ledger_id in ids:
        await connection.execute(
            update(ledger)
            .where(ledger.c.venue == venue, ledger.c.ledger_id == ledger_id)
            .values(settled_at=at, value=worth.get(ledger_id))
        )
