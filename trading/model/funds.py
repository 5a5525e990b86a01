"""What an order can spend at worst: one function for the planner and for the check."""

from __future__ import annotations

from decimal import Decimal

from trading.model.identifiers import Asset
from trading.model.instrument import Instrument, Side, ceil_to_step

_ROUNDING_STEPS = 20
"""Ten fills, each with its cost and its fee rounded up to the venue's step."""


def required_funds(
    instrument: Instrument,
    side: Side,
    *,
    quantity: Decimal,
    price: Decimal,
    buffer_fraction: Decimal,
) -> tuple[Asset, Decimal]:
    """Return the asset that the order spends and how much of it must be free.

    `price` is the worst acceptable price. The fee and slippage buffer (never less than the
    taker fee) falls on the asset that pays the fee, the quote, so a whole holding can be sold.
    """
    if side is Side.SELL:
        return instrument.symbol.base, quantity
    return instrument.symbol.quote, with_buffer(
        instrument, quantity * price, buffer_fraction=buffer_fraction
    )


def with_buffer(instrument: Instrument, cost: Decimal, *, buffer_fraction: Decimal) -> Decimal:
    """Return what a purchase for this much quote can take at worst, fee and rounding included."""
    buffer = max(buffer_fraction, instrument.taker_fee_fraction)
    worst = ceil_to_step(cost * (1 + buffer), instrument.cost_step)
    return worst + rounding_margin(instrument)


def rounding_margin(instrument: Instrument) -> Decimal:
    """Return what the venue's own rounding can add to an order's cost and fee, in quote."""
    return _ROUNDING_STEPS * instrument.cost_step
