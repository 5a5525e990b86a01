"""Prices as values: quotes, order books, candles; every one carries its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.identifiers import Symbol, VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLevel:
    """One price level: price in quote per base, quantity in base."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The top of one venue's book, best level first on both sides.

    May be empty or crossed as a venue can send it: `mid` is None then.
    """

    venue: VenueName
    symbol: Symbol
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    received_at: datetime
    received_monotonic: float

    @property
    def is_crossed(self) -> bool:
        """True when the best bid is at or above the best ask."""
        return bool(self.bids and self.asks and self.bids[0].price >= self.asks[0].price)

    @property
    def mid(self) -> Decimal | None:
        """Half way between best bid and best ask; None when empty or crossed."""
        if not self.bids or not self.asks or self.is_crossed:
            return None
        return (self.bids[0].price + self.asks[0].price) / 2

    def age_seconds(self, monotonic: float) -> float:
        """Seconds since it was received."""
        return max(0.0, monotonic - self.received_monotonic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A reference price: quote per base, with its venue and age."""

    venue: VenueName
    symbol: Symbol
    value: Decimal
    as_of: datetime
    as_of_monotonic: float
    bid: Decimal | None = None
    ask: Decimal | None = None
    """The two sides that `value` lies between, where the venue told them."""
    day_change_fraction: Decimal | None = None
    """How far the price has moved in 24 hours, where the venue told that."""

    def __post_init__(self) -> None:
        """Refuse anything but a positive number."""
        if not self.value.is_finite() or self.value <= 0:
            message = f"the price of {self.symbol} was {self.value}; it must be positive"
            raise ValueError(message)

    @property
    def spread_fraction(self) -> Decimal | None:
        """How far apart bid and ask are; None where they are not known."""
        if self.bid is None or self.ask is None:
            return None
        return (self.ask - self.bid) / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One candle; volume in base. It spans its interval from `opened_at` on."""

    symbol: Symbol
    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    is_closed: bool = True
    """False for the last one while its interval still runs: all but `open` may yet change."""
