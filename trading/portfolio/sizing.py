"""Turns a value in base currency into one order on lot and tick that cannot overspend.

An asset is traded against the base currency in whichever direction the venue lists the pair:
ETH/USD for base USD is direct, EUR/USD for asset USD and base EUR is inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trading.model.denial import DenialCode, Denied
from trading.model.funds import required_funds, rounding_margin
from trading.model.identifiers import Asset
from trading.model.instrument import Instrument, Side, floor_to_step
from trading.portfolio.plan import PlannedOrder
from trading.portfolio.targets import RebalanceSettings

_LAST_DIGIT = Decimal("1E-20")
"""Far below any lot, far above what 28 digits lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """How one asset is traded against the base: the instrument and its reference price."""

    asset: Asset
    instrument: Instrument
    reference_price: Decimal
    """Mid of the venue's own book, quote per base of the instrument."""

    @property
    def is_inverse(self) -> bool:
        """True when the asset is the quote of the pair."""
        return self.instrument.symbol.quote == self.asset

    @property
    def price_in_base(self) -> Decimal:
        """Base currency for one unit of the asset."""
        return 1 / self.reference_price if self.is_inverse else self.reference_price

    def limit_price(self, side: Side, max_slippage: Decimal) -> Decimal:
        """Return the worst price we take, on the tick."""
        away = 1 + max_slippage if side is Side.BUY else 1 - max_slippage
        return self.instrument.round_limit_price(side, self.reference_price * away)


def own_change(leg: Leg, traded: Decimal, *, is_buy: bool) -> Decimal:
    """Return by how much the asset's own value changes when an order moves `traded`.

    An inverse pair pays its fee in the asset: a buy brings less of it, a sale takes more.
    """
    if not leg.is_inverse:
        return traded
    fee = leg.instrument.taker_fee_fraction
    return traded * (1 - fee if is_buy else 1 + fee)


def size_sell(
    leg: Leg, value: Decimal, *, free: Decimal, settings: RebalanceSettings
) -> PlannedOrder | Denied:
    """Sell so much of the asset as is worth `value`, but never more than `free` units."""
    if not leg.is_inverse:
        wanted = value / leg.reference_price
        # To value a holding and back rounds at the 28th digit: a whole holding stays whole.
        quantity = free if wanted * (1 + _LAST_DIGIT) >= free else wanted
        return _order(leg, Side.SELL, leg.instrument.round_quantity(quantity), settings)
    # The asset is the quote: it is sold by buying the base currency with it.
    limit = leg.limit_price(Side.BUY, settings.max_slippage)
    affordable = affordable_quantity(leg.instrument, limit, free, settings.order_buffer)
    wanted = leg.instrument.round_quantity(value / (1 + leg.instrument.taker_fee_fraction))
    return _order(leg, Side.BUY, min(wanted, affordable), settings)


def size_buy(
    leg: Leg, value: Decimal, *, cash: Decimal, settings: RebalanceSettings
) -> PlannedOrder | Denied:
    """Buy so much of the asset as is worth `value`, spending at most `cash` with all fees."""
    if leg.is_inverse:
        # The fee comes out of the asset that is bought: so much more must be moved.
        wanted = value / (1 - leg.instrument.taker_fee_fraction)
        quantity = leg.instrument.round_quantity(min(wanted, cash))
        return _order(leg, Side.SELL, quantity, settings)
    limit = leg.limit_price(Side.BUY, settings.max_slippage)
    affordable = affordable_quantity(leg.instrument, limit, cash, settings.order_buffer)
    wanted = leg.instrument.round_quantity(value / leg.reference_price)
    return _order(leg, Side.BUY, min(wanted, affordable), settings)


def affordable_quantity(
    instrument: Instrument, price: Decimal, cash: Decimal, buffer_fraction: Decimal
) -> Decimal:
    """Return the largest quantity on the lot whose required funds fit into `cash` of quote."""
    if cash <= 0 or price <= 0:
        return Decimal(0)
    buffer = max(buffer_fraction, instrument.taker_fee_fraction)
    # The cost is rounded up to the venue's step: what must hold it is rounded down to it first.
    whole_steps = floor_to_step(cash - rounding_margin(instrument), instrument.cost_step)
    if whole_steps <= 0:
        return Decimal(0)
    quantity = instrument.round_quantity(whole_steps / (price * (1 + buffer)))
    _, needed = required_funds(
        instrument, Side.BUY, quantity=quantity, price=price, buffer_fraction=buffer_fraction
    )
    # A division of 28 digits can round up across a lot's edge.
    return quantity if needed <= cash else max(Decimal(0), quantity - instrument.lot_step)


def _order(
    leg: Leg, side: Side, quantity: Decimal, settings: RebalanceSettings
) -> PlannedOrder | Denied:
    """Build the order, or say why this size is not worth or not able to be traded."""
    limit = leg.limit_price(side, settings.max_slippage)
    value = quantity if leg.is_inverse else quantity * leg.reference_price
    refusal = (
        leg.instrument.check_status()
        or _check_reach(leg, side, limit)
        or leg.instrument.check_size(quantity, min(limit, leg.reference_price))
        or _check_worth(leg, value, settings)
    )
    if refusal is not None:
        return refusal
    reserve_asset, reserve_amount = required_funds(
        leg.instrument,
        side,
        quantity=quantity,
        price=limit,
        buffer_fraction=settings.order_buffer,
    )
    return PlannedOrder(
        asset=leg.asset,
        symbol=leg.instrument.symbol,
        side=side,
        quantity=quantity,
        limit_price=limit,
        reference_price=leg.reference_price,
        reserve_asset=reserve_asset,
        reserve_amount=reserve_amount,
        value=value,
    )


def _check_reach(leg: Leg, side: Side, limit: Decimal) -> Denied | None:
    """Refuse a limit that its tick keeps on our side of the middle: it could not trade."""
    reaches = limit > leg.reference_price if side is Side.BUY else limit < leg.reference_price
    if reaches:
        return None
    return Denied(
        code=DenialCode.PRICE_UNUSABLE,
        reason=f"{leg.asset}: max_slippage is less than a tick here, so no order could fill",
        details={
            "middle": f"{leg.reference_price:f}",
            "tick_size": f"{leg.instrument.tick_size:f}",
        },
    )


def _check_worth(leg: Leg, value: Decimal, settings: RebalanceSettings) -> Denied | None:
    if value >= settings.min_order:
        return None
    return Denied(
        code=DenialCode.BELOW_MINIMUM_NOTIONAL,
        reason=f"{leg.asset}: smaller than min_order, not worth its fee",
        details={"value": f"{value:.2f}", "min_order": f"{settings.min_order:f}"},
    )
