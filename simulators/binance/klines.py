"""Klines: bars of any documented length but seconds and months."""

from typing import Any

from simulators.binance.errors import BinanceError
from simulators.binance.exchange import Exchange
from simulators.binance.numbers import eight
from simulators.binance.words import Words, limit, listed, moment, text
from simulators.market.bars import Bar
from trading.venues.paper.values import ZERO

UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
COUNTS = {"m": (1, 3, 5, 15, 30), "h": (1, 2, 4, 6, 8, 12), "d": (1, 3), "w": (1,)}
INTERVALS = {
    f"{count}{unit}": count * seconds for unit, seconds in UNITS.items() for count in COUNTS[unit]
}
MONDAY = 4 * 86_400  # Unix time began on a Thursday, a week begins on Monday
MOST, DEFAULT = 1000, 500


class Klines:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange

    def __call__(self, words: Words) -> list[list[Any]]:
        found = listed(words, self._exchange.catalogue)
        seconds = interval_seconds(text(words, "interval"))
        count = limit(words, default=DEFAULT, most=MOST)
        start, end = moment(words, "startTime"), moment(words, "endTime")
        latest = opening(int(self._exchange.now().timestamp()), seconds)
        last = latest if end is None else min(latest, opening(end // 1000, seconds))
        if start is None:
            first = last - (count - 1) * seconds
        else:
            first = opening(-(-start // 1000) + seconds - 1, seconds)
            last = min(last, first + (count - 1) * seconds)
        bars = self.bars(found.symbol, seconds=seconds, first=first, last=last)
        return [self.row(bar, seconds) for bar in bars]

    def bars(self, symbol: str, *, seconds: int, first: int, last: int) -> list[Bar]:
        if last < first:
            return []
        shift = _shift(seconds)
        return self._exchange.tapes[symbol].span(
            seconds=seconds, first=first, last=last, shift=shift
        )

    def row(self, bar: Bar, seconds: int) -> list[Any]:
        half = bar.volume / 2, bar.cost / 2  # who took is not kept for each bar
        return [
            bar.start * 1000,
            eight(bar.open),
            eight(bar.high),
            eight(bar.low),
            eight(bar.close),
            eight(bar.volume),
            (bar.start + seconds) * 1000 - 1,
            eight(bar.cost),
            bar.count,
            eight(half[0] if bar.volume else ZERO),
            eight(half[1] if bar.volume else ZERO),
            "0",
        ]


def interval_seconds(interval: str) -> int:
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    return INTERVALS[interval]


def opening(at: int, seconds: int) -> int:
    """Find when the bar began that a moment lies in."""
    shift = _shift(seconds)
    return (at - shift) // seconds * seconds + shift


def _shift(seconds: int) -> int:
    return MONDAY if seconds == INTERVALS["1w"] else 0
