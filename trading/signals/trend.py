"""Follows a trend: a fast average above a slow one, by more than the market's own noise."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trading.model.candles import CandleSeries
from trading.model.signal import NoSignal, Signal
from trading.signals.indicators import atr, ema
from trading.signals.strategy import FLAT, Opinion, as_signal, bounded, unbroken

_SEEDING = 3
"""An average forgets the candle it began with after so many times its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Exponential averages of the closes, apart by how many average true ranges."""

    fast: int = 12
    slow: int = 26
    range: int = 14
    noise: Decimal = Decimal("0.25")
    """Averages nearer than so many ranges say nothing."""
    name: str = "trend"

    @property
    def needs(self) -> int:
        """So many finished candles in a row."""
        return _SEEDING * self.slow

    def propose(self, candles: CandleSeries, position: Decimal | None) -> Signal | NoSignal:
        """Full strength where the averages are one range apart."""
        usable = unbroken(candles, self.needs)
        if isinstance(usable, str):
            return NoSignal(strategy=self.name, symbol=candles.symbol, reason=usable)
        closes = [each.close for each in usable]
        fast, slow = ema(closes, self.fast), ema(closes, self.slow)
        rows = zip(reversed(fast), reversed(slow), reversed(atr(usable, self.range)), strict=True)
        opinions = (
            self._opinion(fast, slow, span)
            for fast, slow, span in rows
            if fast is not None and slow is not None and span is not None
        )
        return as_signal(self.name, candles, usable, opinions, position)

    def _opinion(self, fast: Decimal, slow: Decimal, span: Decimal) -> Opinion:
        figures = {f"EMA {self.fast}": fast, f"EMA {self.slow}": slow, f"ATR {self.range}": span}
        if span <= slow * FLAT:
            return Opinion(strength=Decimal(0), reason="the price does not move", figures=figures)
        apart = (fast - slow) / span
        where = "above" if apart > 0 else "below"
        words = f"EMA {self.fast} is {abs(apart):.2f} ATR {where} EMA {self.slow}"
        if abs(apart) < self.noise:
            return Opinion(strength=Decimal(0), reason=f"no clear trend: {words}", figures=figures)
        trend = "up" if apart > 0 else "down"
        return Opinion(
            strength=bounded(apart), reason=f"the trend is {trend}: {words}", figures=figures
        )
