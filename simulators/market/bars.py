"""Bars of traded prices, and how several make one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.venues.paper.values import ZERO

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`start` in Unix seconds; `cost` is what all of it was traded for."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    cost: Decimal
    count: int

    @classmethod
    def of_trade(cls, *, start: int, price: Decimal, quantity: Decimal) -> "Bar":
        return cls(
            start=start,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=quantity,
            cost=price * quantity,
            count=1,
        )

    @classmethod
    def quiet(cls, *, start: int, price: Decimal) -> "Bar":
        return cls(
            start=start,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=ZERO,
            cost=ZERO,
            count=0,
        )

    @property
    def average_price(self) -> Decimal | None:
        """Volume-weighted; None where nothing was traded."""
        return self.cost / self.volume if self.volume else None


def merge(bars: Sequence[Bar]) -> Bar:
    """Make one bar of several that follow one another."""
    return Bar(
        start=bars[0].start,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=sum((bar.volume for bar in bars), ZERO),
        cost=sum((bar.cost for bar in bars), ZERO),
        count=sum(bar.count for bar in bars),
    )
