"""The fee schedule, and the thirty-day volume that moves an account along it."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.venues.paper.values import ZERO, Fees

WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTier:
    """From this thirty-day volume in USD on, these percentages apply."""

    volume: int
    taker: Decimal
    maker: Decimal

    def fees(self) -> Fees:
        return Fees(taker=self.taker / 100, maker=self.maker / 100)


def fee_tiers() -> tuple[FeeTier, ...]:
    rows = (
        (0, "0.40", "0.25"),
        (10_000, "0.35", "0.20"),
        (50_000, "0.24", "0.14"),
        (100_000, "0.22", "0.12"),
        (250_000, "0.20", "0.10"),
        (500_000, "0.18", "0.08"),
        (1_000_000, "0.16", "0.06"),
        (2_500_000, "0.14", "0.04"),
        (5_000_000, "0.12", "0.02"),
        (10_000_000, "0.10", "0.00"),
    )
    return tuple(
        FeeTier(volume=volume, taker=Decimal(taker), maker=Decimal(maker))
        for volume, taker, maker in rows
    )


class FeeSchedule:
    """`by_volume` off keeps every account on the first tier, whatever it trades."""

    def __init__(self, *, by_volume: bool) -> None:
        self._by_volume = by_volume
        self._tiers = fee_tiers()
        self._trades: deque[tuple[datetime, Decimal]] = deque()
        self._volume = ZERO

    def traded(self, at: datetime, value: Decimal) -> None:
        self._trades.append((at, value))
        self._volume += value

    def volume(self, at: datetime) -> Decimal:
        """Sum up what was traded in the last thirty days, in USD."""
        while self._trades and self._trades[0][0] <= at - WINDOW:
            self._volume -= self._trades.popleft()[1]
        return self._volume

    def current(self, at: datetime) -> FeeTier:
        if not self._by_volume:
            return self._tiers[0]
        volume = self.volume(at)
        return next(tier for tier in reversed(self._tiers) if volume >= tier.volume)

    def following(self, at: datetime) -> FeeTier | None:
        """Give the next tier, or None on the last one (or where volume does not count)."""
        if not self._by_volume:
            return None
        place = self._tiers.index(self.current(at)) + 1
        return self._tiers[place] if place < len(self._tiers) else None
