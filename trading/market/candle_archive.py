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
        gaps = await self._gaps(venue, names, interval, start)
        candles: dict[Symbol, list[Candle]] = {symbol: [] for symbol in symbols}
        for row in rows:
            symbol = names[row.symbol]
            candles[symbol].append(_candle(row, symbol))
        return {
            symbol: Kept(candles=tuple(each), gaps=gaps[symbol])
            for symbol, each in candles.items()
        }

    async def opened(
        self,
        venue: VenueName,
        symbols: Collection[Symbol],
        interval: CandleInterval,
        *,
        start: datetime,
    ) -> Mapping[Symbol, tuple[Collection[datetime], tuple[Gap, ...]]]:
        """Return only when the candles of each symbol open, and its gaps: much less to read."""
        names = {str(symbol): symbol for symbol in symbols}
        rows = await self._store.opened_since(venue, names, interval, start)
        gaps = await self._gaps(venue, names, interval, start)
        opened: dict[Symbol, list[datetime]] = {symbol: [] for symbol in symbols}
        for name, at in rows:
            opened[names[name]].append(at)
        return {symbol: (each, gaps[symbol]) for symbol, each in opened.items()}

    async def _gaps(
        self,
        venue: VenueName,
        names: Mapping[str, Symbol],
        interval: CandleInterval,
        start: datetime,
    ) -> Mapping[Symbol, tuple[Gap, ...]]:
        gaps: dict[Symbol, list[Gap]] = {symbol: [] for symbol in names.values()}
        for row in await self._store.gaps_since(venue, names, interval, start):
            gap = Gap(start=row.start_at, end=row.end_at, reason=GapReason(row.reason))
            gaps[names[row.symbol]].append(gap)
        return {symbol: tuple(each) for symbol, each in gaps.items()}

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
