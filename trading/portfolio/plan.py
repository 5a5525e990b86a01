"""A rebalance plan as a value: what it was made from, what it will do, what it cannot do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.balance import BalanceSource
from trading.model.denial import Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Side

_NOISE = Decimal("0.005")
"""Prices move all the time: so much, as a fraction, changes no plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """A marketable limit order, immediate-or-cancel; on lot and tick, money in `quote`."""

    asset: Asset
    """The asset whose weight it corrects."""
    symbol: Symbol
    side: Side
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    reserve_asset: Asset
    reserve_amount: Decimal
    value: Decimal
    """What it moves at the reference price, in the venue's base currency."""

    @property
    def allowance(self) -> Decimal:
        """How far the market may move until this is not what was planned any more, in quote."""
        return max(abs(self.limit_price - self.reference_price), self.reference_price * _NOISE)

    def is_out_of_reach(self, reference_price: Decimal) -> bool:
        """True when the middle of the market has become worse than what was accepted."""
        change = reference_price - self.reference_price
        return (change if self.side is Side.BUY else -change) > self.allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One asset before and after; values in base currency, weights as fractions.

    `after` assumes that every order fills whole at its reference price, less the taker fee.
    """

    asset: Asset
    total: Decimal
    price: Decimal | None
    """Base currency for one unit; None where nothing is held and no price is to be had."""
    target: Decimal
    band: Decimal | None
    """Half width; None for the base currency, which takes what is left."""
    value_before: Decimal
    weight_before: Decimal
    value_after: Decimal
    weight_after: Decimal

    @property
    def is_outside_band(self) -> bool:
        """True when the asset has drifted further than its band allows."""
        return self.band is not None and abs(self.weight_before - self.target) > self.band


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReading:
    """One balance that the plan rests on."""

    asset: Asset
    free: Decimal
    locked: Decimal
    source: BalanceSource
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An asset that is left as it is although one might expect a trade, with the reason."""

    asset: Asset
    denial: Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The fewest orders that bring every asset of one venue inside its band."""

    venue: VenueName
    base: Asset
    planned_at: datetime
    value: Decimal
    """The managed value in base currency: the base and every asset with a target."""
    rows: tuple[PlanRow, ...]
    sells: tuple[PlannedOrder, ...]
    buys: tuple[PlannedOrder, ...]
    skipped: tuple[Skipped, ...]
    readings: tuple[PlanReading, ...]
    estimated_cost: Decimal
    """Taker fees at the reference prices, in base currency."""
    limited_by: str | None
    """Which limit (cash, turnover, number of orders) kept it from doing all; None: none did."""

    @property
    def orders(self) -> tuple[PlannedOrder, ...]:
        """Sells, then buys."""
        return self.sells + self.buys

    @property
    def turnover_fraction(self) -> Decimal:
        """What it trades by what there is."""
        traded = sum((order.value for order in self.orders), Decimal(0))
        return traded / self.value if self.value else Decimal(0)

    @property
    def hash(self) -> str:
        """Fingerprint of what the owner confirms: the orders and what they rest on."""
        facts = {
            "venue": self.venue,
            "orders": [
                [str(order.symbol), order.side, _text(order.quantity), _text(order.limit_price)]
                for order in self.orders
            ],
            "readings": [
                [reading.asset, _text(reading.free), _text(reading.locked)]
                for reading in self.readings
            ],
            "planned_at": self.planned_at.isoformat(),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def _text(amount: Decimal) -> str:
    """Write equal amounts alike, however many zeros they end in."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
