"""Recorded candles: read from CSV, and walked open, high, low, close inside each of them."""

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

COLUMNS = ("time", "open", "high", "low", "close", "volume")
UNITS = {"m": 60, "h": 3600, "d": 86400}
MOST_TURNS = 4  # more turning points than this in one step are cut to the extremes


class CandleFileError(Exception):
    """A candle file cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """A file named like ETH-BTC_5m_2018-01.csv."""

    path: Path
    symbol: str
    seconds: int


class Recording:
    """A path of prices over market seconds, counted from `origin`.

    Where the recording has a gap the price stands still at the last close; past its end it
    stands at the very last one.
    """

    def __init__(self, *, candles: Iterable[Candle], seconds: int, origin: datetime) -> None:
        self._times: list[float] = []
        self._prices: list[Decimal] = []
        for candle in candles:
            self._append(candle, (candle.start - origin).total_seconds(), seconds)
        if not self._times:
            raise CandleFileError("a recording needs at least one candle")

    @property
    def seconds(self) -> float:
        return self._times[-1]

    def price_at(self, elapsed: float) -> Decimal:
        after = bisect_right(self._times, elapsed)
        if after == 0:
            return self._prices[0]
        if after == len(self._times):
            return self._prices[-1]
        start, end = self._times[after - 1], self._times[after]
        share = Decimal(repr((elapsed - start) / (end - start)))
        before = self._prices[after - 1]
        return before + (self._prices[after] - before) * share

    def turns_between(self, start: float, end: float) -> list[Decimal]:
        """Give the turning points in (start, end]; if there are many, only the extremes."""
        prices = self._prices[bisect_right(self._times, start) : bisect_right(self._times, end)]
        if len(prices) <= MOST_TURNS:
            return prices
        extremes = sorted({prices.index(max(prices)), prices.index(min(prices))})
        return [prices[index] for index in extremes]

    def _append(self, candle: Candle, start: float, seconds: int) -> None:
        if self._times and start > self._times[-1]:
            self._times.append(start)  # a gap: stand still until the next candle opens
            self._prices.append(self._prices[-1])
        for third, price in enumerate((candle.open, candle.high, candle.low, candle.close)):
            self._times.append(start + seconds * third / 3)
            self._prices.append(price)


def candle_files(folder: Path) -> dict[str, CandleFile]:
    """Find the candle files of a folder, one for each symbol; the finest interval wins."""
    found: dict[str, CandleFile] = {}
    for path in sorted(folder.glob("*.csv")):
        described = _describe(path)
        if described is None:
            continue
        known = found.get(described.symbol)
        if known is None or described.seconds < known.seconds:
            found[described.symbol] = described
    return found


def read_candles(path: Path) -> list[Candle]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(_parse(path, file))


def _describe(path: Path) -> CandleFile | None:
    parts = path.stem.split("_")
    pair = parts[0].split("-")
    if len(parts) < 2 or len(pair) != 2 or parts[1][-1] not in UNITS:  # noqa: PLR2004 -- the name's own shape
        return None
    count = parts[1][:-1]
    if not count.isdecimal():
        return None
    return CandleFile(path=path, symbol="/".join(pair), seconds=int(count) * UNITS[parts[1][-1]])


def _parse(path: Path, lines: Iterable[str]) -> Iterator[Candle]:
    rows = csv.DictReader(lines)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise CandleFileError(f"{path.name}: the first line must be {','.join(COLUMNS)}")
    last: datetime | None = None
    for number, row in enumerate(rows, start=2):
        try:
            start = datetime.fromisoformat(row["time"])
            values = {name: Decimal(row[name]) for name in COLUMNS[1:]}
        except (ValueError, InvalidOperation, TypeError) as error:
            raise CandleFileError(f"{path.name}:{number}: {row} is not a candle") from error
        if start.tzinfo is None or (last is not None and start <= last):
            raise CandleFileError(f"{path.name}:{number}: times must rise and know their zone")
        last = start
        yield Candle(start=start, **values)
