"""Orders: what we mean to do, what the journal holds, and what a venue says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    CorrelationId,
    RunId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus, is_terminal


class OrderType(StrEnum):
    """Kinds of order that Steelyard sends."""

    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    """How long an order works."""

    GTC = "gtc"
    IOC = "ioc"


class OrderOrigin(StrEnum):
    """Who wanted it."""

    REBALANCE = "rebalance"
    MANUAL = "manual"
    CLOSE_ALL = "close_all"
    EXTERNAL = "external"
    """Found at the venue, unknown to the journal; never touched without being asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An order we mean to place: quantity in base, price in quote, already on lot and tick."""

    venue: VenueName
    symbol: Symbol
    side: Side
    quantity: Decimal
    order_type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None
    reserve_asset: Asset
    reserve_amount: Decimal
    """What it can spend at worst, fee included, in `reserve_asset`."""
    origin: OrderOrigin
    reason: str
    run_id: RunId | None
    correlation_id: CorrelationId

    def __post_init__(self) -> None:
        """Refuse what no venue can take."""
        if self.quantity <= 0 or self.reserve_amount < 0:
            message = f"{self.symbol} quantity was {self.quantity}; it must be positive"
            raise ValueError(message)
        if (self.order_type is OrderType.LIMIT) != (self.limit_price is not None):
            message = f"{self.symbol}: a limit order has a limit price, a market order has none"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the journal holds it; amounts so far come from its fills."""

    client_order_id: ClientOrderId
    intent: OrderIntent
    status: OrderStatus
    venue_order_id: VenueOrderId | None
    filled_quantity: Decimal
    cost: Decimal
    fee: Decimal
    created_at: datetime
    submitted_at: datetime | None
    deadline_at: datetime | None
    """After this time the venue's engine refuses it; part of the proof of absence."""
    updated_at: datetime
    note: str | None
    """The last word on it: the venue's text, or how an unknown outcome was settled."""

    @property
    def is_working(self) -> bool:
        """True while it can still spend something."""
        return not is_terminal(self.status)

    @property
    def remaining(self) -> Decimal:
        """Quantity not filled yet."""
        return self.intent.quantity - self.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """Cost by quantity; None before the first fill."""
        return self.cost / self.filled_quantity if self.filled_quantity else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order as the venue states it, at the moment it was asked."""

    venue: VenueName
    venue_order_id: VenueOrderId
    client_order_id: ClientOrderId | None
    symbol: Symbol
    side: Side
    order_type: OrderType | None
    """None for kinds that Steelyard never sends."""
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    cost: Decimal
    fee: Decimal | None
    """In quote; None where the venue tells fees only by fill, or in other assets."""
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None
