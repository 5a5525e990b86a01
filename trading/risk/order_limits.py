"""The limits on single orders: one check for every order, whoever wants it. Pure.

What reduces exposure passes the limit on exposure. The owner's confirmed close-all sells what is
held and nothing else: it passes every limit but the one on its price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, Symbol
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin
from trading.model.risk import LimitName, RiskLimits

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the checks of one venue's orders rest on; what is missing is not known."""

    limits: RiskLimits
    base: Asset
    mids: Mapping[Symbol, Decimal]
    """The middle of each market, fresh."""
    rates: Mapping[Asset, Decimal]
    """One unit of each asset in the base currency, fresh."""
    totals: Mapping[Asset, Decimal]
    """What is held."""
    coming: Mapping[Asset, Decimal] = field(default_factory=dict)
    """What orders that work already may still bring."""
    sent_lately: int = 0
    """Orders of this venue that were sent within the last minute, or are about to be."""

    @property
    def nav(self) -> Decimal | None:
        """Return the value of everything held; None while a part of it has no price."""
        if any(asset not in self.rates for asset in self.totals):
            return None
        return sum((total * self.rates[asset] for asset, total in self.totals.items()), _ZERO)

    def with_order(self, intent: OrderIntent) -> OrderFacts:
        """Return the facts for the next order of a batch, this one being on its way."""
        asset, amount = bought(intent, self.mids)
        coming = dict(self.coming)
        if amount is not None:
            coming[asset] = coming.get(asset, _ZERO) + amount
        return replace(self, coming=coming, sent_lately=self.sent_lately + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUse:
    """How much of one limit an order uses; `value` None where that cannot be known."""

    name: LimitName
    value: Decimal | None
    limit: Decimal
    subject: Asset | None = None
    unit: str = ""


def bought(intent: OrderIntent, mids: Mapping[Symbol, Decimal]) -> tuple[Asset, Decimal | None]:
    """Return the asset that an order brings and how much of it, before fees."""
    if intent.side is Side.BUY:
        return intent.symbol.base, intent.quantity
    price = mids.get(intent.symbol) or intent.limit_price
    return intent.symbol.quote, None if price is None else intent.quantity * price


def order_uses(intent: OrderIntent, facts: OrderFacts) -> tuple[OrderUse, ...]:
    """Return how much of each limit that holds for it the order uses."""
    limits, found = facts.limits, []
    is_closing = intent.origin is OrderOrigin.CLOSE_ALL
    if limits.max_orders_per_minute is not None and not is_closing:
        found.append(
            OrderUse(
                name=LimitName.ORDERS_PER_MINUTE,
                value=Decimal(facts.sent_lately + 1),
                limit=Decimal(limits.max_orders_per_minute),
            )
        )
    if limits.max_order_notional is not None and not is_closing:
        found.append(
            OrderUse(
                name=LimitName.ORDER_NOTIONAL,
                value=notional(intent, facts),
                limit=limits.max_order_notional,
                unit=facts.base,
            )
        )
    deviation = None if limits.max_price_deviation is None else _deviation(intent, facts)
    if deviation is not None:
        found.append(deviation)
    exposure = None if is_closing else _exposure(intent, facts)
    return (*found, *(() if exposure is None else (exposure,)))


def check_order(intent: OrderIntent, facts: OrderFacts) -> Denied | None:
    """Say which limit forbids the order, its value and its use; None when none does."""
    return first_denial(order_uses(intent, facts))


def first_denial(found: Iterable[OrderUse]) -> Denied | None:
    """Return the refusal of the first limit that is exceeded, or that cannot be checked."""
    for use in found:
        if use.value is None:
            return Denied(
                code=DenialCode.PRICE_UNUSABLE,
                reason=f"{use.name.value} cannot be checked: a price is missing",
                details={"limit": use.name.value},
            )
        if use.value > use.limit:
            return _above(use, use.value)
    return None


def notional(intent: OrderIntent, facts: OrderFacts) -> Decimal | None:
    """Return what the order is worth in the base currency, at the worse of limit and middle."""
    if intent.symbol.base == facts.base:
        return intent.quantity
    prices = [
        price for price in (intent.limit_price, facts.mids.get(intent.symbol)) if price is not None
    ]
    rate = (
        Decimal(1) if intent.symbol.quote == facts.base else facts.rates.get(intent.symbol.quote)
    )
    if not prices or rate is None:
        return None
    return intent.quantity * max(prices) * rate


def _deviation(intent: OrderIntent, facts: OrderFacts) -> OrderUse | None:
    """Measure on the side that costs: a limit on the other side only waits, and harms nobody."""
    mid = facts.mids.get(intent.symbol)
    value: Decimal | None = None
    if mid is not None and intent.limit_price is not None:
        beyond = intent.limit_price / mid - 1
        value = max(_ZERO, beyond if intent.side is Side.BUY else -beyond)
    elif intent.origin is OrderOrigin.CLOSE_ALL:
        return None  # in an emergency market data may be what is missing
    limit = facts.limits.max_price_deviation or _ZERO
    return OrderUse(name=LimitName.PRICE_DEVIATION, value=value, limit=limit, unit="%")


def _exposure(intent: OrderIntent, facts: OrderFacts) -> OrderUse | None:
    """Measure what would be held of the asset that comes in; the base currency is no exposure."""
    asset, amount = bought(intent, facts.mids)
    limit = facts.limits.exposure_limit(asset)
    if asset == facts.base or limit is None:
        return None
    nav, rate = facts.nav, facts.rates.get(asset)
    value: Decimal | None = None
    if nav and rate is not None and amount is not None:
        held = facts.totals.get(asset, _ZERO) + facts.coming.get(asset, _ZERO)
        value = (held + amount) * rate / nav
    return OrderUse(name=LimitName.EXPOSURE, value=value, limit=limit, subject=asset, unit="%")


def _above(use: OrderUse, value: Decimal) -> Denied:
    about = "" if use.subject is None else f" of {use.subject}"
    return Denied(
        code=DenialCode.ABOVE_LIMIT,
        reason=f"the risk limit {use.name.value}{about} forbids it",
        details={
            "limit": use.name.value,
            "allowed": shown(use.limit, use.unit),
            "value": shown(value, use.unit),
            "use": f"{value / use.limit:.0%}",
        },
    )


def shown(value: Decimal, unit: str) -> str:
    """Write a value as its limit is thought of: percent, money, or a count."""
    if unit == "%":
        return f"{value * 100:.2f} %"
    return f"{value:.2f} {unit}" if unit else f"{value:f}"
