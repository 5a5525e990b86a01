"""Bets on the way back: buys what fell out of its bands, sells what rose out of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trading.model.candles import CandleSeries
from trading.model.signal import NoSignal, Signal
from trading.signals.indicators import Bands, bollinger, rsi
from trading.signals.strategy import FLAT, Opinion, as_signal, bounded, unbroken

_SEEDING = 3
_WHOLE = Decimal(100)
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanReversion:
    """Outside Bollinger's bands, and the relative strength index says the same."""

    period: int = 20
    deviations: Decimal = Decimal(2)
    strength_period: int = 14
    oversold: Decimal = Decimal(30)
    """Overbought is as far from 100."""
    name: str = "mean_reversion"

    @property
    def needs(self) -> int:
        """So many finished candles in a row."""
        return max(self.period, _SEEDING * self.strength_period)

    def propose(self, candles: CandleSeries, position: Decimal | None) -> Signal | NoSignal:
        """From half strength at the threshold to the whole where the index has nowhere to go."""
        usable = unbroken(candles, self.needs)
        if isinstance(usable, str):
            return NoSignal(strategy=self.name, symbol=candles.symbol, reason=usable)
        closes = [each.close for each in usable]
        rows = zip(
            reversed(closes),
            reversed(bollinger(closes, self.period, self.deviations)),
            reversed(rsi(closes, self.strength_period)),
            strict=True,
        )
        opinions = (
            self._opinion(close, bands, index)
            for close, bands, index in rows
            if bands is not None and index is not None
        )
        return as_signal(self.name, candles, usable, opinions, position)

    def _opinion(self, close: Decimal, bands: Bands, index: Decimal) -> Opinion:
        figures = {
            "lower band": bands.lower,
            "middle": bands.middle,
            "upper band": bands.upper,
            f"RSI {self.strength_period}": index,
        }
        if bands.upper - bands.lower <= bands.middle * FLAT:
            # The index of a price that never moves is 100 to talipp, as if it only rose.
            return Opinion(strength=Decimal(0), reason="the price does not move", figures=figures)
        words = f"RSI {self.strength_period} is {index:.0f}"
        if close < bands.lower and index < self.oversold:
            excess = (self.oversold - index) / self.oversold
            return Opinion(
                strength=bounded(_HALF + excess / 2),
                reason=f"it fell below its lower band, and {words}",
                figures=figures,
            )
        if close > bands.upper and index > _WHOLE - self.oversold:
            excess = (index - (_WHOLE - self.oversold)) / self.oversold
            return Opinion(
                strength=bounded(-_HALF - excess / 2),
                reason=f"it rose above its upper band, and {words}",
                figures=figures,
            )
        return Opinion(
            strength=Decimal(0),
            reason=f"{self._where(close, bands)}, and {words}: no way back to bet on",
            figures=figures,
        )

    def _where(self, close: Decimal, bands: Bands) -> str:
        if close < bands.lower:
            return "it is below its lower band"
        if close > bands.upper:
            return "it is above its upper band"
        return "it is inside its bands"
