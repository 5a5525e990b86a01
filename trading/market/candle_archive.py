"""Candles as they are written down: values here, rows in the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.candles import CandleGapRow, CandleRepository, CandleRow
from trading.model.candles import CandleInterval, Gap, GapReason
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is written down of one symbol: closed candles, and gaps known for good."""

    candles: tuple[Candle, ...] = ()
    gaps: tuple[Gap, ...] = ()


class CandleArchive:
    """Closed candles only: one that still runs is never written down."""

    def __init__(self, *, store: CandleRepository) -> None:
        """Keep them in this store."""
        self._store = store

    async def load(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        start: datetime,
    ) -> Mapping[Symbol, Kept]:
        """Return what is known of each symbol from `start` on."""
        names = {str(symbol): symbol for symbol in symbols}
        rows = await self._store.since(venue, names, interval, start)
        noted = await self._store.gaps_since(venue, names, interval, start)
        candles: dict[Symbol, list[Candle]] = {symbol: [] for symbol in symbols}
        gaps: dict[Symbol, list[Gap]] = {symbol: [] for symbol in symbols}
        for row in rows:
            symbol = names[row.symbol]
            candles[symbol].append(_candle(row, symbol))
        for gap in noted:
            gaps[names[gap.symbol]].append(
                Gap(start=gap.start_at, end=gap.end_at, reason=GapReason(gap.reason))
            )
        return {
            symbol: Kept(candles=tuple(candles[symbol]), gaps=tuple(gaps[symbol]))
            for symbol in candles
        }

    async def save(
        self, venue: VenueName, interval: CandleInterval, news: Mapping[Symbol, Kept]
    ) -> None:
        """Write down the news of many symbols at once."""
        rows = [
            _row(candle, venue, interval)
            for kept in news.values()
            for candle in kept.candles
            if candle.is_closed
        ]
        gaps = [
            CandleGapRow(
                venue=venue,
                symbol=str(symbol),
                interval=interval,
                start_at=gap.start,
                end_at=gap.end,
                reason=gap.reason,
            )
            for symbol, kept in news.items()
            for gap in kept.gaps
        ]
        await self._store.add(rows, gaps)


def _candle(row: CandleRow, symbol: Symbol) -> Candle:
    return Candle(
        symbol=symbol,
        opened_at=row.opened_at,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
    )


def _row(candle: Candle, venue: VenueName, interval: CandleInterval) -> CandleRow:
    return CandleRow(
        venue=venue,
        symbol=str(candle.symbol),
        interval=interval,
        opened_at=candle.opened_at,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
    )
