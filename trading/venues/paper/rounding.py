"""Rounding to steps, and what an order may cost at most.

Costs and fees are cut down to the market's cost step and holds are raised to it, so the hold of
the rest of an order always covers the rest of its fills: for whole steps,
`up(a + b) - up(a) >= down(b)`.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from trading.venues.paper.values import ZERO, Fees, Market


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


def buying_hold(*, market: Market, price: Decimal, quantity: Decimal, fees: Fees) -> Decimal:
    """Give the most that buying `quantity` at `price` or better can cost, in any fills."""
    if quantity == 0:
        return ZERO
    exact = price * quantity
    return up(exact, market.cost_step) + up(exact * fees.highest, market.cost_step)
