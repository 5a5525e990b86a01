"""What a strategy is: pure, from finished candles to an opinion with its reason, or to none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Protocol

from trading.model.candles import CandleSeries, CandleSource
from trading.model.market_data import Candle
from trading.model.signal import NoSignal, Signal

_ONE = Decimal(1)
_STEP = Decimal("0.0001")
FLAT = Decimal("0.000000001")
"""Movement of less than this part of a price is a float's noise."""
_LATE = 10
"""The newest candle may be so late: this part of its length."""


class Strategy(Protocol):
    """The same candles always give the same answer; it asks nobody and remembers nothing."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    @property
    def needs(self) -> int:
        """How many finished candles in a row it needs."""
        ...

    def propose(self, candles: CandleSeries, position: Decimal | None) -> Signal | NoSignal:
        """Say what the candles speak for; `position` is what is held, None when not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a strategy makes of one candle and those before it."""

    strength: Decimal
    reason: str
    figures: Mapping[str, Decimal]


def unbroken(series: CandleSeries, needs: int) -> tuple[Candle, ...] | str:
    """Return the finished candles up to the newest that follow one another, or why there are none.

    The running candle is left out, and so is all that lies before a gap.
    """
    if series.source is not CandleSource.EXCHANGE:
        return "its candles are from the database alone: to be looked at, not to be decided on"
    closed = series.closed
    if not closed:
        return "there is no finished candle"
    length = series.interval.length
    end = closed[-1].opened_at + length
    if series.as_of - end > length + length / _LATE:
        return f"its newest finished candle ended {end:%Y-%m-%d %H:%M} UTC: too long ago"
    first = 0
    for place, (before, after) in enumerate(pairwise(closed), start=1):
        if after.opened_at - before.opened_at != length:
            first = place
    usable = closed[first:]
    if len(usable) >= needs:
        return usable
    gap = "" if not first else f" after a gap that ended {usable[0].opened_at:%Y-%m-%d %H:%M} UTC"
    return f"{len(usable)} finished {series.interval} candles{gap}; it needs {needs} in a row"


def bounded(value: Decimal) -> Decimal:
    """Return a strength: at most 1 either way, with four decimals."""
    return max(-_ONE, min(_ONE, value)).quantize(_STEP, ROUND_HALF_EVEN)


def as_signal(
    strategy: str,
    series: CandleSeries,
    usable: Sequence[Candle],
    opinions: Iterator[Opinion],
    position: Decimal | None,
) -> Signal:
    """Make a signal of the newest opinion; `opinions` come newest first, as far as is looked."""
    newest = next(opinions)
    direction = _direction(newest)
    first = len(usable) - 1
    for opinion in opinions:
        if _direction(opinion) != direction:
            break
        first -= 1
    length = series.interval.length
    is_idle = newest.strength < 0 and position == 0
    return Signal(
        strategy=strategy,
        venue=series.venue,
        symbol=series.symbol,
        interval=series.interval,
        strength=newest.strength,
        reason=newest.reason + ("; nothing is held that could be sold" if is_idle else ""),
        figures=newest.figures,
        since=usable[first].opened_at + length,
        candles_until=usable[-1].opened_at + length,
        as_of_monotonic=series.as_of_monotonic,
    )


def _direction(opinion: Opinion) -> int:
    return (opinion.strength > 0) - (opinion.strength < 0)
