"""What a venue will trade and in which steps; the only place where amounts are rounded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum, unique

from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Symbol, VenueName


@unique
class Side(StrEnum):
    """Of an order, seen from us."""

    BUY = "buy"
    SELL = "sell"


class InstrumentStatus(StrEnum):
    """What the venue lets one do with it now."""

    ONLINE = "online"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"
    REDUCE_ONLY = "reduce_only"
    OFFLINE = "offline"


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` not above `value` (both positive)."""
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` not below `value` (both positive)."""
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One symbol at one venue: quantities in base, prices in quote per base, fees in fractions."""

    venue: VenueName
    symbol: Symbol
    lot_step: Decimal
    tick_size: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    cost_step: Decimal
    """The step in which the venue books cost and fee, in quote."""
    taker_fee_fraction: Decimal
    maker_fee_fraction: Decimal
    status: InstrumentStatus = InstrumentStatus.ONLINE
    max_quantity: Decimal | None = None
    """The most that one order may be of; None where the venue names no such limit."""

    def __post_init__(self) -> None:
        """Refuse steps that cannot be steps."""
        for name, value in (
            ("lot_step", self.lot_step),
            ("tick_size", self.tick_size),
            ("cost_step", self.cost_step),
        ):
            if not value.is_finite() or value <= 0:
                message = f"{self.symbol} {name} was {value}; it must be positive"
                raise ValueError(message)

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Round down to the lot: never more than was asked for."""
        return floor_to_step(quantity, self.lot_step)

    def round_limit_price(self, side: Side, price: Decimal) -> Decimal:
        """Round to the tick on the side that cannot overspend: buys down, sells up."""
        if side is Side.BUY:
            return floor_to_step(price, self.tick_size)
        return ceil_to_step(price, self.tick_size)

    def check_size(self, quantity: Decimal, price: Decimal) -> Denied | None:
        """Say why this size cannot be traded at this price; None when it can."""
        if quantity <= 0 or quantity < self.min_quantity:
            return Denied(
                code=DenialCode.BELOW_MINIMUM_QUANTITY,
                reason=f"{self.symbol}: below the venue's minimum quantity",
                details={"quantity": f"{quantity:f}", "minimum": f"{self.min_quantity:f}"},
            )
        if self.max_quantity is not None and quantity > self.max_quantity:
            return Denied(
                code=DenialCode.ABOVE_LIMIT,
                reason=f"{self.symbol}: above the venue's maximum quantity of one order",
                details={"quantity": f"{quantity:f}", "maximum": f"{self.max_quantity:f}"},
            )
        if quantity * price < self.min_notional:
            return Denied(
                code=DenialCode.BELOW_MINIMUM_NOTIONAL,
                reason=f"{self.symbol}: below the venue's minimum value",
                details={"value": f"{quantity * price:f}", "minimum": f"{self.min_notional:f}"},
            )
        return None

    def check_status(self) -> Denied | None:
        """Say why no marketable limit order is possible now; None when it is."""
        if self.status in (InstrumentStatus.ONLINE, InstrumentStatus.LIMIT_ONLY):
            return None
        return Denied(
            code=DenialCode.INSTRUMENT_NOT_TRADABLE,
            reason=f"{self.symbol}: the venue does not take such orders now",
            details={"status": self.status.value},
        )
