"""An order that the owner asks for by hand: the wish, what it would do, what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.errors import CommandError
from trading.intents.portfolio import Allocation
from trading.model.balance import BalanceSource
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import Asset, CorrelationId, VenueName
from trading.model.instrument import Instrument, Side
from trading.model.order import Order, OrderIntent, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much: a number in `unit` (None: the asset itself), or a fraction of what is free."""

    amount: Decimal | None = None
    unit: Asset | None = None
    fraction: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what is neither or both."""
        if (self.amount is None) == (self.fraction is None):
            message = "a size is an amount or a fraction"
            raise ValueError(message)
        if self.fraction is not None and not 0 < self.fraction <= 1:
            message = f"a fraction was {self.fraction}; it is above 0 and at most 1"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRequest:
    """What was asked for; without a limit price it takes what the market has, within limits."""

    venue: VenueName
    side: Side
    base: Asset
    quote: Asset | None
    """None: the currency in which the venue is valued."""
    size: Size
    limit_price: Decimal | None = None
    time_in_force: TimeInForce | None = None

    def as_payload(self) -> dict[str, str | None]:
        """Return it as text, to be kept with its confirmation."""
        size = self.size
        return {
            "venue": self.venue,
            "side": self.side.value,
            "base": self.base,
            "quote": self.quote,
            "amount": _text(size.amount),
            "unit": size.unit,
            "fraction": _text(size.fraction),
            "limit_price": _text(self.limit_price),
            "time_in_force": None if self.time_in_force is None else self.time_in_force.value,
        }

    @classmethod
    def of_payload(cls, payload: Mapping[str, object]) -> ManualRequest:
        """Read back what `as_payload` wrote."""

        def text(name: str) -> str | None:
            value = payload.get(name)
            return None if value is None else str(value)

        def number(name: str) -> Decimal | None:
            value = text(name)
            return None if value is None else Decimal(value)

        def code(name: str) -> Asset | None:
            value = text(name)
            return None if value is None else Asset(value)

        style = text("time_in_force")
        base = code("base")
        if base is None:
            raise CommandError("the confirmation names no asset; nothing was done, ask again")
        return cls(
            venue=VenueName(str(payload["venue"])),
            side=Side(str(payload["side"])),
            base=base,
            quote=code("quote"),
            size=Size(amount=number("amount"), unit=code("unit"), fraction=number("fraction")),
            limit_price=number("limit_price"),
            time_in_force=None if style is None else TimeInForce(style),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRules:
    """What holds for orders by hand at one venue; fractions."""

    max_slippage: Decimal
    order_buffer: Decimal
    allocation: Allocation | None
    """Targets and bands, against which an order's effect is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketNow:
    """The venue's own book at one moment; prices in quote."""

    middle: Decimal
    bid: Decimal
    ask: Decimal
    age_seconds: float
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsNow:
    """The balance that pays for the order, as it was when it was checked."""

    asset: Asset
    free: Decimal
    locked: Decimal
    reserved: Decimal
    """What other orders of the bot will still spend."""
    source: BalanceSource
    verified: bool
    age_seconds: float

    @property
    def spendable(self) -> Decimal:
        """What no order has a claim on."""
        return max(Decimal(0), self.free - self.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One asset before and after; weights are fractions, None where they are not known."""

    asset: Asset
    weight_before: Decimal | None
    weight_after: Decimal | None
    target: Decimal | None
    band: Decimal | None
    """Half width; None for what has no target, and for the base currency."""

    def is_outside(self, weight: Decimal | None) -> bool:
        """True when this weight lies outside the band."""
        if weight is None or self.target is None or self.band is None:
            return False
        return abs(weight - self.target) > self.band


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What the order does to the whole; money in the currency the venue is valued in."""

    currency: Asset
    nav: Decimal | None
    """None while something held has no price."""
    value: Decimal | None
    """What it moves."""
    rows: tuple[EffectRow, ...]

    @property
    def share_of_nav(self) -> Decimal | None:
        """What it moves by what there is."""
        return self.value / self.nav if self.value is not None and self.nav else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPreview:
    """Everything one wants to see before the button; money in the pair's quote."""

    request: ManualRequest
    intent: OrderIntent
    """Exactly what will be sent; its reserve is the worst case."""
    instrument: Instrument
    market: MarketNow
    expected_price: Decimal
    """What it would fill at on average, by the book; its limit where it would rest."""
    funds: FundsNow
    other_funds: tuple[Decimal, Decimal] | None
    """Free and locked of the asset that it brings; None where that is not known."""
    effect: Effect
    notes: tuple[str, ...]
    denied: Denied | None
    """Why it would not be sent now; None when it would."""
    made_at: datetime
    expires_at: datetime
    again: str | None = None
    """Why it is shown again."""

    @property
    def value(self) -> Decimal:
        """What it is worth at the expected price."""
        return self.intent.quantity * self.expected_price

    @property
    def fee(self) -> Decimal:
        """What the venue takes of it, as a taker."""
        return self.value * self.instrument.taker_fee_fraction

    @property
    def share_of_funds(self) -> Decimal | None:
        """What it spends, at the expected price, by what is held of that asset."""
        held = self.funds.free + self.funds.locked
        spent = self.intent.quantity if self.intent.side is Side.SELL else self.value + self.fee
        return spent / held if held else None

    @property
    def allowance(self) -> Decimal:
        """How far the middle may move until this is not what was confirmed any more."""
        limit = self.intent.limit_price or self.market.middle
        return max(min(abs(limit - self.market.middle), self.market.middle * _MOST), self._noise)

    @property
    def _noise(self) -> Decimal:
        return self.market.middle * _NOISE

    @property
    def hash(self) -> str:
        """Fingerprint of what the owner confirms: the order and what it rests on."""
        intent = self.intent
        facts = {
            "venue": intent.venue,
            "symbol": str(intent.symbol),
            "side": intent.side.value,
            "quantity": _text(intent.quantity),
            "limit_price": _text(intent.limit_price),
            "time_in_force": intent.time_in_force.value,
            "funds": [self.funds.asset, _text(self.funds.free), _text(self.funds.locked)],
            "other": [_text(amount) for amount in self.other_funds or ()],
            "made_at": self.made_at.isoformat(),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


_NOISE = Decimal("0.005")
"""Prices move all the time: so much, as a fraction, changes no order."""
_MOST = Decimal("0.02")
"""A limit far from the market is no licence for the market to run away before the button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualResult:
    """What became of it; money in the pair's quote."""

    order: Order
    fills: tuple[Fill, ...]
    middle: Decimal
    """Of the book, just before it was sent: what slippage is measured from."""
    duration_seconds: float
    correlation_id: CorrelationId

    @property
    def fees(self) -> Mapping[Asset, Decimal]:
        """What the venue took, by asset."""
        fees: dict[Asset, Decimal] = {}
        for fill in self.fills:
            fees[fill.fee_asset] = fees.get(fill.fee_asset, Decimal(0)) + fill.fee
        return fees

    @property
    def average_price(self) -> Decimal | None:
        """Cost by quantity of the fills; None without any."""
        quantity = sum((fill.quantity for fill in self.fills), Decimal(0))
        return sum((fill.cost for fill in self.fills), Decimal(0)) / quantity if quantity else None

    @property
    def slippage_fraction(self) -> Decimal | None:
        """How much worse than the middle it filled; negative when it was better."""
        if self.average_price is None:
            return None
        worse = self.average_price - self.middle
        return (worse if self.order.intent.side is Side.BUY else -worse) / self.middle

    @property
    def slippage(self) -> Decimal | None:
        """The same in money, on what was filled."""
        fraction = self.slippage_fraction
        if fraction is None:
            return None
        quantity = sum((fill.quantity for fill in self.fills), Decimal(0))
        return fraction * self.middle * quantity


def _text(amount: Decimal | None) -> str | None:
    """Write equal amounts alike, however many zeros they end in."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
