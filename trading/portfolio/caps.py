"""What the risk limits leave of a plan: nothing is planned that they would deny. Pure.

A limit is aimed at with a small margin: prices move between the plan and the check, and fees
shrink the whole. What was cut off is reported; the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from trading.model.denial import DenialCode, Denied
from trading.model.risk import NO_LIMITS, LimitName, RiskLimits
from trading.portfolio.sizing import Leg

_MARGIN = Decimal("0.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """The risk limits, and how much of them is used up already."""

    limits: RiskLimits = NO_LIMITS
    sent_lately: int = 0
    """Orders that this venue was sent within the last minute."""

    @property
    def orders_left(self) -> int | None:
        """How many orders may still be sent; None where nothing limits it."""
        most = self.limits.max_orders_per_minute
        return None if most is None else max(0, most - self.sent_lately)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """So much value of an asset may be moved; `limited_by` says what cut it."""

    value: Decimal
    limited_by: str | None
    refusal: Denied | None = None
    """Where nothing is left."""


def cap(
    leg: Leg,
    value: Decimal,
    *,
    held: Decimal,
    total: Decimal,
    plan_limits: PlanLimits,
    max_slippage: Decimal,
) -> Capped:
    """Cut what is wanted (positive buys, negative sells) to what the limits let through.

    `held` and `total` are the asset's value and the whole, in the base currency.
    """
    limits, worst = plan_limits.limits, 1 + max_slippage
    bounds: list[tuple[Decimal, str, LimitName]] = []
    if limits.max_order_notional is not None:
        # An inverse buy moves its fee on top of what arrives.
        most = limits.max_order_notional * (1 - leg.instrument.taker_fee_fraction)
        words = f"{LimitName.ORDER_NOTIONAL.value} {limits.max_order_notional:f}"
        bounds.append((most, words, LimitName.ORDER_NOTIONAL))
    share = limits.exposure_limit(leg.asset)
    if value > 0 and share is not None:
        room = share * _MARGIN * total - held
        words = f"{LimitName.EXPOSURE.value} {share:f} of {leg.asset}"
        bounds.append((max(Decimal(0), room), words, LimitName.EXPOSURE))
    wanted, limited_by, name = abs(value), None, None
    for bound, words, limit in bounds:
        if wanted > bound * _MARGIN / worst:
            wanted, limited_by, name = bound * _MARGIN / worst, words, limit
    if wanted > 0 or name is None or limited_by is None:
        return Capped(value=wanted.copy_sign(value), limited_by=limited_by)
    return Capped(value=Decimal(0), limited_by=None, refusal=_nothing_left(leg, limited_by, name))


def fewest(numbers: Iterable[tuple[int | None, str]]) -> tuple[int, str]:
    """Return the smallest of some limits on the number of orders, and what it is called."""
    known = [(number, words) for number, words in numbers if number is not None]
    return min(known, key=lambda each: each[0])


def _nothing_left(leg: Leg, words: str, name: LimitName) -> Denied:
    return Denied(
        code=DenialCode.ABOVE_LIMIT,
        reason=f"{leg.asset}: the risk limit {words} leaves no room to buy",
        details={"limit": name.value},
    )
