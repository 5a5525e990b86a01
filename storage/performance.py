"""How each venue has done, and which of its limits were warned of or tripped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.ledger import LedgerRow, settle_rows
from storage.rows import record, records, select_records, values
from storage.tables import ledger, limit_states, nav, orders, performance


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceRow:
    """The series of one venue as it was last settled; `holdings` and `day` are JSON and ISO."""

    venue: str
    base: str
    holdings: str
    source: str
    balances_at: datetime
    prices_at: datetime
    at: datetime
    growth: Decimal
    peak: Decimal
    peak_at: datetime
    day: str
    day_growth: Decimal
    day_nav: Decimal
    day_at: datetime
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStateRow:
    """One limit of one venue that is not quiet."""

    venue: str
    limit_key: str
    is_warned: bool
    tripped_at: datetime | None
    acknowledged: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Ledger rows that a new mark accounts for."""

    ids: Collection[str] = ()
    worth: Mapping[str, Decimal] = field(default_factory=dict)
    """By id, what each flow was worth in the base currency."""
    invented: Sequence[LedgerRow] = ()
    """Flows that no ledger tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPoint:
    """The growth of a venue at a moment."""

    at: datetime
    growth: Decimal


NOTHING_SETTLED = Settlement()


class PerformanceRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep everything in `database`."""
        self._database = database

    async def load(self, venue: str) -> PerformanceRow | None:
        """Return the series of a venue; None before it began."""
        query = select_records(performance, PerformanceRow).where(performance.c.venue == venue)

        async def work(connection: AsyncConnection) -> PerformanceRow | None:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else record(PerformanceRow, row)

        return await self._database.read(work)

    async def save(self, row: PerformanceRow, settled: Settlement = NOTHING_SETTLED) -> None:
        """Replace the series of a venue, together with the ledger rows that it accounts for."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(performance).where(performance.c.venue == row.venue))
            await connection.execute(insert(performance).values(values(row)))
            await settle_rows(connection, row.venue, settled.ids, settled.worth, at=row.at)
            if settled.invented:
                invented = [values(each) for each in settled.invented]
                await connection.execute(insert(ledger), invented)

        await self._database.transact(work)

    async def limit_states(self, venue: str) -> tuple[LimitStateRow, ...]:
        """Return what is remembered of a venue's limits."""
        query = select_records(limit_states, LimitStateRow).where(limit_states.c.venue == venue)

        async def work(connection: AsyncConnection) -> tuple[LimitStateRow, ...]:
            return records(LimitStateRow, await connection.execute(query))

        return await self._database.read(work)

    async def save_limit_states(self, venue: str, rows: Sequence[LimitStateRow]) -> None:
        """Replace what is remembered of a venue's limits."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(limit_states).where(limit_states.c.venue == venue))
            if rows:
                await connection.execute(insert(limit_states), [values(row) for row in rows])

        await self._database.transact(work)

    async def growth_at(
        self, venue: str, base: str, at: datetime, *, began_at: datetime
    ) -> GrowthPoint | None:
        """Return the last growth measured at a moment or before it; None where none was."""
        query = (
            select_records(nav, GrowthPoint)
            .where(
                nav.c.venue == venue,
                nav.c.base == base,
                nav.c.growth.is_not(None),
                nav.c.at >= began_at,
                nav.c.at <= at,
            )
            .order_by(nav.c.at.desc(), nav.c.sequence.desc())
            .limit(1)
        )

        async def work(connection: AsyncConnection) -> GrowthPoint | None:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else record(GrowthPoint, row)

        return await self._database.read(work)

    async def sent_since(self, venue: str, at: datetime, limit: int) -> int:
        """Count our orders that were sent since or are about to be, up to `limit` of them."""
        query = (
            select(orders.c.submitted_at, orders.c.status)
            .where(
                orders.c.venue == venue,
                orders.c.origin != "external",
                or_(orders.c.submitted_at.is_not(None), orders.c.status == "planned"),
            )
            .order_by(orders.c.sequence.desc())
            .limit(limit)
        )

        async def work(connection: AsyncConnection) -> int:
            found = (await connection.execute(query)).all()
            return sum(sent is None or sent >= at for sent, _ in found)

        return await self._database.read(work)
