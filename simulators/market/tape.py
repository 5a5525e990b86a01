"""What the public sees of an instrument: its trades, its candles, its day."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from simulators.market.backfill import Backfill
from simulators.market.bars import MINUTE, Bar, merge
from simulators.market.values import PublicTrade
from trading.venues.paper.values import ZERO, Side

KEPT_TRADES = 1000
KEPT_MINUTES = 3 * 24 * 60
DAY_MINUTES = 24 * 60
MOST_BARS = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A trade as it is reported to the tape, before it has a number."""

    price: Decimal
    quantity: Decimal
    side: Side
    is_market: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStatistics:
    today: Bar
    last_day: Bar


class Tape:
    """Minute bars since the tape began, and an invented but consistent past before them."""

    def __init__(
        self, *, backfill: Backfill | None, bars: Iterable[Bar] = (), first_number: int = 1
    ) -> None:
        self._backfill = backfill
        self._bars: deque[Bar] = deque(bars, maxlen=KEPT_MINUTES)
        self._trades: deque[PublicTrade] = deque(maxlen=KEPT_TRADES)
        self._next_number = first_number
        self._past: dict[Length, tuple[Sequence[Bar], Mapping[int, Bar]]] = {}
        self._closed_day: tuple[int, DayStatistics] | None = None

    @property
    def last_trade(self) -> PublicTrade | None:
        return self._trades[-1] if self._trades else None

    @property
    def current(self) -> Bar | None:
        return self._bars[-1] if self._bars else None

    def record(self, printed: Printed) -> PublicTrade:
        trade = PublicTrade(
            number=self._next_number,
            price=printed.price,
            quantity=printed.quantity,
            side=printed.side,
            is_market=printed.is_market,
            at=printed.at,
        )
        self._next_number += 1
        self._trades.append(trade)
        minute = int(printed.at.timestamp()) // MINUTE * MINUTE
        bar = Bar.of_trade(start=minute, price=printed.price, quantity=printed.quantity)
        if self._bars and self._bars[-1].start >= minute:
            # The clock may step back: what is traded then still belongs to the latest bar.
            self._bars[-1] = merge([self._bars[-1], replace(bar, start=self._bars[-1].start)])
        else:
            self._bars.append(bar)
        return trade

    def trades(self) -> Sequence[PublicTrade]:
        return tuple(self._trades)

    def recent(self, minutes: int) -> Sequence[Bar]:
        """Give the last minutes that were recorded, the running one last."""
        return tuple(self._bars)[-minutes:]

    def bars(self, *, seconds: int, at: datetime) -> list[Bar]:
        """Give up to 720 bars of one length, the running one last, none left out."""
        end = int(at.timestamp()) // seconds * seconds
        return self.span(seconds=seconds, first=end - (MOST_BARS - 1) * seconds, last=end)

    def span(self, *, seconds: int, first: int, last: int, shift: int = 0) -> list[Bar]:
        """Give the bars of one length that begin in a stretch of time, none left out.

        With a `shift` bars begin so many seconds after a whole number of their lengths.
        """
        return self._grouped(seconds=seconds, first=first, last=last, shift=shift)

    def day(self, at: datetime) -> DayStatistics | None:
        """Sum up today (UTC) and the last 24 hours; None before the first trade."""
        current = self.current
        if current is None:
            return None
        if self._closed_day is None or self._closed_day[0] != current.start:
            self._closed_day = (current.start, self._closed_statistics(current, at))
        closed = self._closed_day[1]
        return DayStatistics(
            today=merge([closed.today, current]), last_day=merge([closed.last_day, current])
        )

    def _closed_statistics(self, current: Bar, at: datetime) -> DayStatistics:
        """Sum up all but the running minute, which is added to it at every question."""
        first = current.start - DAY_MINUTES * MINUTE
        midnight = int(
            at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        )
        bars = [bar for bar in self._minutes(first) if first <= bar.start < current.start]
        opening = Bar.of_trade(start=current.start, price=current.open, quantity=ZERO)
        quiet = replace(opening, count=0)
        return DayStatistics(
            today=merge([*(bar for bar in bars if bar.start >= midnight), quiet]),
            last_day=merge([*bars, quiet]),
        )

    def _minutes(self, first: int) -> list[Bar]:
        known = list(self._bars)
        if self._backfill is None or (known and known[0].start <= first):
            return known
        return [*self._backfill.bars(first=first), *known]

    def _grouped(self, *, seconds: int, first: int, last: int, shift: int = 0) -> list[Bar]:
        length = Length(seconds=seconds, shift=shift)
        known = self._bars
        past: Mapping[int, Bar] = {}
        if self._backfill is not None and not (known and known[0].start <= first):
            past = self._told_past(self._backfill.bars(first=first), length)
        groups = {start: bar for start, bar in past.items() if first <= start <= last}
        for start, bar in length.grouped(bar for bar in known if bar.start >= first).items():
            if first <= start <= last:
                groups[start] = merge([groups[start], bar]) if start in groups else bar
        if not groups:
            return []
        result: list[Bar] = []
        for start in range(min(groups), last + 1, seconds):
            if start in groups:
                result.append(groups[start])
            else:
                result.append(Bar.quiet(start=start, price=result[-1].close))
        return result

    def _told_past(self, bars: Sequence[Bar], length: "Length") -> Mapping[int, Bar]:
        """Group the invented past once for each length; it only ever gets longer."""
        told = self._past.get(length)
        if told is None or told[0] is not bars:
            told = self._past[length] = (bars, length.grouped(bars))
        return told[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long bars are, and how many seconds after a whole number of lengths they begin."""

    seconds: int
    shift: int = 0

    def grouped(self, bars: Iterable[Bar]) -> dict[int, Bar]:
        groups: dict[int, list[Bar]] = {}
        for bar in bars:
            start = (bar.start - self.shift) // self.seconds * self.seconds + self.shift
            groups.setdefault(start, []).append(bar)
        return {start: replace(merge(group), start=start) for start, group in groups.items()}
