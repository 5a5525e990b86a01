"""Candles in a row: the intervals there are, what is missing, and a series with its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique

from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@unique
class CandleInterval(StrEnum):
    """Those that every venue has; each begins on a whole multiple of itself, in UTC."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER_HOUR = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    FOUR_HOURS = "4h"
    DAY = "1d"

    @property
    def length(self) -> timedelta:
        """How long a candle lasts."""
        return _LENGTHS[self]

    def start_of(self, moment: datetime) -> datetime:
        """Return when the candle opened that `moment` lies in."""
        return moment - (moment - _EPOCH) % self.length

    def first_from(self, moment: datetime) -> datetime:
        """Return when the first candle opens that does not open before `moment`."""
        start = self.start_of(moment)
        return start if start == moment else start + self.length


_LENGTHS = {
    CandleInterval.MINUTE: timedelta(minutes=1),
    CandleInterval.FIVE_MINUTES: timedelta(minutes=5),
    CandleInterval.QUARTER_HOUR: timedelta(minutes=15),
    CandleInterval.HALF_HOUR: timedelta(minutes=30),
    CandleInterval.HOUR: timedelta(hours=1),
    CandleInterval.FOUR_HOURS: timedelta(hours=4),
    CandleInterval.DAY: timedelta(days=1),
}


@unique
class GapReason(StrEnum):
    """Why candles are missing."""

    NOT_YET = "not yet"
    """Nobody has asked for them; the next fill will."""
    NO_TRADES = "no trades"
    """The venue was asked, and has none there."""
    OUT_OF_REACH = "out of reach"
    """Older than the venue goes back: it cannot be filled from there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Candles that are missing: those that open from `start` on, and before `end`."""

    start: datetime
    end: datetime
    reason: GapReason = GapReason.NOT_YET

    def __post_init__(self) -> None:
        """Refuse a gap without length."""
        if self.start >= self.end:
            message = f"a gap was from {self.start} to {self.end}; it must end after it starts"
            raise ValueError(message)

    def count(self, interval: CandleInterval) -> int:
        """Return how many candles are missing."""
        return (self.end - self.start) // interval.length


@unique
class CandleSource(StrEnum):
    """Where the newest part of a series comes from."""

    EXCHANGE = "exchange"
    """Asked for and checked, and no older than the limit."""
    STORED = "stored"
    """Read from the database alone: to be shown, not to be decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeries:
    """Candles of one symbol, oldest first, none twice; only the last may still be running."""

    venue: VenueName
    symbol: Symbol
    interval: CandleInterval
    candles: tuple[Candle, ...]
    gaps: tuple[Gap, ...]
    """What is missing between the first candle that was wanted and the last there is."""
    source: CandleSource
    as_of: datetime
    as_of_monotonic: float

    @property
    def closed(self) -> tuple[Candle, ...]:
        """Those that will not change any more: what an indicator may be reckoned from."""
        return tuple(each for each in self.candles if each.is_closed)

    def age_seconds(self, monotonic: float) -> float:
        """Seconds since the venue answered."""
        return max(0.0, monotonic - self.as_of_monotonic)
