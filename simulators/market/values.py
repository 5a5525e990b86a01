"""The words of a simulated market: what an instrument is like, and what happened to it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from trading.venues.paper.values import Depth, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentShape:
    """What a market looks like. Volatility is the spread of returns over one second.

    `spread` and `level_gap` are shares of the price; `level_notional` is how much, in the quote
    asset, stands on one level of the book.
    """

    symbol: str
    tick_size: Decimal
    start_price: Decimal
    volatility: float
    level_notional: Decimal
    quantity_step: Decimal = Decimal("0.001")
    spread: Decimal = Decimal("0.0002")
    level_gap: Decimal = Decimal("0.0002")
    levels: int = 25

    def snap(self, price: Decimal) -> Decimal:
        """Round to the nearest tick, never below the first."""
        ticks = (price / self.tick_size).to_integral_value(rounding=ROUND_HALF_EVEN)
        return max(ticks, Decimal(1)) * self.tick_size

    def snap_quantity(self, quantity: Decimal) -> Decimal:
        """Cut to a whole number of steps, at least one."""
        steps = (quantity / self.quantity_step).to_integral_value(rounding=ROUND_DOWN)
        return max(steps, Decimal(1)) * self.quantity_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a price source stands, so that a restart goes on from there."""

    price: Decimal
    steps: int = 0
    elapsed: float = 0.0
    scale: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One new price of one instrument, with the book that now stands around it."""

    symbol: str
    price: Decimal
    depth: Depth
    traded: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTrade:
    number: int
    price: Decimal
    quantity: Decimal
    side: Side
    is_market: bool
    at: datetime
