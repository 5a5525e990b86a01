"""Rounding to steps, and what an order may cost at most.

Costs and fees are cut down to the market's cost step and holds are raised to it, so the hold of
the rest of an order always covers the rest of its fills: for whole steps,
`up(a + b) - up(a) >= down(b)`.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from trading.venues.paper.values import ZERO, Fees, Market, Side


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


def down(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(rounding=ROUND_DOWN) * step


def up(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


def cost_of(*, market: Market, price: Decimal, quantity: Decimal) -> Decimal:
    return down(price * quantity, market.cost_step)


def fee_of(*, market: Market, cost: Decimal, fraction: Decimal) -> Decimal:
    return down(cost * fraction, market.cost_step)


def base_fee_of(*, market: Market, quantity: Decimal, fraction: Decimal) -> Decimal:
    """Give a buyer's fee in the base asset; nothing where it is not paid so."""
    if market.base_fee_step is None:
        return ZERO
    return down(quantity * fraction, market.base_fee_step)


def buying_hold(*, market: Market, price: Decimal, quantity: Decimal, fees: Fees) -> Decimal:
    """Give the most that buying `quantity` at `price` or better can cost, in any fills."""
    if quantity == 0:
        return ZERO
    exact = price * quantity
    if market.pays_in_base(Side.BUY):
        return up(exact, market.cost_step)
    return up(exact, market.cost_step) + up(exact * fees.highest, market.cost_step)
