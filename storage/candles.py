"""Closed candles, each once, and the gaps between them that nobody can fill."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.market_tables import candle_gaps, candles
from storage.rows import records, select_records, values

_PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRow:
    """One closed candle; volume in base."""

    venue: str
    symbol: str
    interval: str
    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleGapRow:
    """Candles that will not come: those that would open from `start_at` on, before `end_at`."""

    venue: str
    symbol: str
    interval: str
    start_at: datetime
    end_at: datetime
    reason: str


class CandleRepository:
    """Each method is one transaction, for as many symbols of a venue as are asked for."""

    def __init__(self, *, database: Database) -> None:
        """Keep the rows in `database`."""
        self._database = database

    async def add(self, rows: Sequence[CandleRow], gaps: Sequence[CandleGapRow] = ()) -> None:
        """Store candles and gaps; what the venue says now takes the place of what it said."""
        if not rows and not gaps:
            return
        candle = insert(candles)
        candle = candle.on_conflict_do_update(
            index_elements=list(candles.primary_key),
            set_={name: candle.excluded[name] for name in _PRICES},
        )
        gap = insert(candle_gaps)
        gap = gap.on_conflict_do_update(
            index_elements=list(candle_gaps.primary_key),
            set_={name: gap.excluded[name] for name in ("end_at", "reason")},
        )
        written = [values(row) for row in rows]
        noted = [values(row) for row in gaps]

        async def work(connection: AsyncConnection) -> None:
            if written:
                await connection.execute(candle, written)
            if noted:
                await connection.execute(gap, noted)

        await self._database.transact(work)

    async def since(
        self, venue: str, symbols: Collection[str], interval: str, start: datetime
    ) -> tuple[CandleRow, ...]:
        """Return the candles that opened from `start` on, oldest first within each symbol."""
        query = (
            select_records(candles, CandleRow)
            .where(
                candles.c.venue == venue,
                candles.c.symbol.in_(symbols),
                candles.c.interval == interval,
                candles.c.opened_at >= start,
            )
            .order_by(candles.c.symbol, candles.c.opened_at)
        )

        async def work(connection: AsyncConnection) -> tuple[CandleRow, ...]:
            return records(CandleRow, await connection.execute(query))

        return await self._database.read(work)

    async def opened_since(
        self, venue: str, symbols: Collection[str], interval: str, start: datetime
    ) -> tuple[tuple[str, datetime], ...]:
        """Return only symbol and time of the candles that opened from `start` on."""
        query = select(candles.c.symbol, candles.c.opened_at).where(
            candles.c.venue == venue,
            candles.c.symbol.in_(symbols),
            candles.c.interval == interval,
            candles.c.opened_at >= start,
        )

        async def work(connection: AsyncConnection) -> tuple[tuple[str, datetime], ...]:
            rows = await connection.execute(query)
            return tuple((symbol, opened_at) for symbol, opened_at in rows)

        return await self._database.read(work)

    async def gaps_since(
        self, venue: str, symbols: Collection[str], interval: str, start: datetime
    ) -> tuple[CandleGapRow, ...]:
        """Return the gaps that reach beyond `start`, oldest first within each symbol."""
        query = (
            select_records(candle_gaps, CandleGapRow)
            .where(
                candle_gaps.c.venue == venue,
                candle_gaps.c.symbol.in_(symbols),
                candle_gaps.c.interval == interval,
                candle_gaps.c.end_at > start,
            )
            .order_by(candle_gaps.c.symbol, candle_gaps.c.start_at)
        )

        async def work(connection: AsyncConnection) -> tuple[CandleGapRow, ...]:
            return records(CandleGapRow, await connection.execute(query))

        return await self._database.read(work)
