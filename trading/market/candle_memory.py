"""The series that were asked for last, while they are good; as many as memory should hold."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from trading.clock import Clock
from trading.model.candles import CandleInterval, CandleSeries, Gap
from trading.model.identifiers import Symbol, VenueName

_LEAST_SECONDS, _LONGEST_SECONDS = 5.0, 60.0
_PARTS_OF_AN_INTERVAL = 60
_MOST_CANDLES = 20_000
"""Of all series together: about ten megabytes."""

SeriesKey = tuple[VenueName, Symbol, CandleInterval]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    series: CandleSeries
    start: datetime
    """From where on it is whole, but for the gaps it names."""


class CandleMemory:
    """What was used longest ago is forgotten first."""

    def __init__(self, *, clock: Clock, most_candles: int = _MOST_CANDLES) -> None:
        """Start empty."""
        self._clock = clock
        self._most = most_candles
        self._known: OrderedDict[SeriesKey, _Known] = OrderedDict()

    def get(
        self, key: SeriesKey, start: datetime, *, max_age_seconds: float | None = None
    ) -> CandleSeries | None:
        """Return a good series from `start` on; None when there is none, or not so far back.

        It is good for a while, and never past the end of its running candle.
        """
        known = self._known.get(key)
        if known is None or known.start > start or not known.series.candles:
            return None
        interval = known.series.interval
        limit = time_to_live(interval) if max_age_seconds is None else max_age_seconds
        newest = known.series.candles[-1].opened_at
        is_old = known.series.age_seconds(self._clock.monotonic()) > limit
        if is_old or interval.start_of(self._clock.now()) != newest:
            return None
        self._known.move_to_end(key)
        return since(known.series, start)

    def held(self, key: SeriesKey, start: datetime) -> CandleSeries | None:
        """Return what is remembered from `start` on, however old; None when not so far back."""
        known = self._known.get(key)
        return None if known is None or known.start > start else since(known.series, start)

    def put(self, series: CandleSeries, start: datetime) -> None:
        """Remember a series that was asked for from `start` on."""
        key = (series.venue, series.symbol, series.interval)
        self._known[key] = _Known(series=series, start=start)
        self._known.move_to_end(key)
        total = sum(len(known.series.candles) for known in self._known.values())
        while total > self._most and len(self._known) > 1:
            _, dropped = self._known.popitem(last=False)
            total -= len(dropped.series.candles)


def time_to_live(interval: CandleInterval) -> float:
    """Return for how many seconds an answer is used again: a sixtieth, from 5 s to a minute."""
    part = interval.length.total_seconds() / _PARTS_OF_AN_INTERVAL
    return max(_LEAST_SECONDS, min(_LONGEST_SECONDS, part))


def since(series: CandleSeries, start: datetime) -> CandleSeries:
    """Return the part of a series that opens from `start` on."""
    gaps = tuple(
        Gap(start=max(gap.start, start), end=gap.end, reason=gap.reason)
        for gap in series.gaps
        if gap.end > start
    )
    candles = tuple(each for each in series.candles if each.opened_at >= start)
    return replace(series, candles=candles, gaps=gaps)
