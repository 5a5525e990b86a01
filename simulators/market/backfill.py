"""The invented past of a random walk: seeded, the same at every asking, made when asked for."""

import math
import random
from dataclasses import dataclass
from decimal import Decimal

from simulators.market.bars import MINUTE, Bar
from simulators.market.values import InstrumentShape

HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A stretch of the past told in bars of one length; finer stretches are nearer."""

    seconds: int
    count: int


# Far enough that 720 bars of any usual length are made of bars no longer than themselves.
TIERS = (
    Tier(seconds=MINUTE, count=25 * 60),
    Tier(seconds=5 * MINUTE, count=8 * 288),
    Tier(seconds=30 * MINUTE, count=30 * 48),
    Tier(seconds=4 * HOUR, count=120 * 6),
    Tier(seconds=DAY, count=720),
)


class Backfill:
    """A walk backwards from the first price the tape ever saw (`price` at `before`)."""

    def __init__(self, *, shape: InstrumentShape, seed: int, price: Decimal, before: int) -> None:
        self._shape = shape
        self._dice = random.Random(f"{seed}/past/{shape.symbol}")
        self._price = price
        self._end = before // MINUTE * MINUTE
        self._bars: list[Bar] = []
        self._tiers = list(TIERS)

    @property
    def price(self) -> Decimal:
        return self._price

    def bars(self, *, first: int) -> list[Bar]:
        """Give the bars from `first` on, oldest first, as far back as the tiers reach."""
        while self._tiers and (not self._bars or self._bars[0].start > first):
            self._add(self._tiers.pop(0))
        return self._bars

    def _add(self, tier: Tier) -> None:
        end = self._bars[0].start if self._bars else self._end
        close = self._bars[0].open if self._bars else self._price
        aligned = end // tier.seconds * tier.seconds
        older: list[Bar] = []
        start = aligned if aligned < end else end - tier.seconds
        for _ in range(tier.count):
            bar = self._bar(start, close, tier.seconds)
            older.append(bar)
            close = bar.open
            start -= tier.seconds
        self._bars = [*reversed(older), *self._bars]

    def _bar(self, start: int, close: Decimal, seconds: int) -> Bar:
        shape, dice = self._shape, self._dice
        spread = shape.volatility * math.sqrt(seconds)
        opening = self._scaled(close, dice.gauss(0.0, spread))
        high = max(
            opening, close, self._scaled(max(opening, close), abs(dice.gauss(0, spread)) / 3)
        )
        low = min(
            opening, close, self._scaled(min(opening, close), -abs(dice.gauss(0, spread)) / 3)
        )
        notional = shape.level_notional * dice.randint(10, 200) / 100 * (seconds // MINUTE)
        volume = shape.snap_quantity(notional / close)
        return Bar(
            start=start,
            open=opening,
            high=high,
            low=low,
            close=close,
            volume=volume,
            cost=volume * shape.snap((high + low) / 2),
            count=dice.randint(1, 20) * (seconds // MINUTE),
        )

    def _scaled(self, price: Decimal, change: float) -> Decimal:
        return self._shape.snap(price * Decimal(repr(math.exp(change))))
