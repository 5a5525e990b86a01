"""What a strategy says of a symbol, with its reason and the age of what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.candles import CandleInterval
from trading.model.identifiers import Symbol, VenueName

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a strategy says of one symbol."""

    strategy: str
    venue: VenueName
    symbol: Symbol
    interval: CandleInterval
    strength: Decimal
    """From -1 (sell as far as the bounds go) over 0 (nothing to say) to 1 (buy as far)."""
    reason: str
    figures: Mapping[str, Decimal]
    """The indicators that it rests on."""
    since: datetime
    """End of the candle from which on it has pointed this way."""
    candles_until: datetime
    """End of the newest finished candle."""
    as_of_monotonic: float

    def __post_init__(self) -> None:
        """Refuse a strength that could move a target past its bounds."""
        if not self.strength.is_finite() or abs(self.strength) > _ONE:
            message = f"the strength of a signal was {self.strength}; it is from -1 to 1"
            raise ValueError(message)

    def age_seconds(self, monotonic: float) -> float:
        """Seconds since the venue told the candles."""
        return max(0.0, monotonic - self.as_of_monotonic)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSignal:
    """A strategy has no opinion, which is not the opinion that nothing should change."""

    strategy: str
    symbol: Symbol
    reason: str
