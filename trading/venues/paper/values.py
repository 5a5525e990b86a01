"""The words of the matching engine: markets, orders, fills, ledger rows and levels of a book."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

ZERO = Decimal(0)
LARGEST_EXPONENT = 15  # beyond it products and quotients would not fit the decimal context


def is_amount(value: Decimal) -> bool:
    """Whether a number can be a price, a quantity or a sum of money."""
    return value.is_finite() and value > 0 and abs(value.adjusted()) <= LARGEST_EXPONENT


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderKind(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"


AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class OrderState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class LedgerKind(StrEnum):
    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class CloseReason(StrEnum):
    """Why an order ended without being filled whole."""

    USER = "User requested"
    EXPIRED = "Order expired"
    IMMEDIATE_OR_CANCEL = "Immediate or cancel"
    FILL_OR_KILL = "Fill or kill"
    NO_LIQUIDITY = "Insufficient liquidity"
    POST_ONLY = "Post only order"
    SELF_TRADE = "Self trade prevention"
    DEAD_MAN = "Cancel all orders after timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What may be traded, and in which steps.

    `cost_step` is the unit in which costs and fees are counted, in the quote asset. With a
    `base_fee_step` a buyer pays his fee in the base asset instead, out of what he receives.
    """

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_step: Decimal
    cost_step: Decimal
    minimum_quantity: Decimal
    minimum_cost: Decimal
    base_fee_step: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("tick_size", "lot_step", "cost_step", "base_fee_step"):
            step = getattr(self, name)
            if step is not None and not (step.is_finite() and step > 0):
                raise ValueError(f"{name} of {self.symbol} must be positive, was {step}")
        if self.base == self.quote:
            raise ValueError(f"{self.symbol} trades {self.base} against itself")

    def pays_in_base(self, side: Side) -> bool:
        """Whether the fee of this side is taken from the base asset."""
        return self.base_fee_step is not None and side is Side.BUY


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Shares of the cost, not percentages: 0.004 is 0.4 %. A rebate is negative."""

    taker: Decimal
    maker: Decimal

    def __post_init__(self) -> None:
        if not (ZERO <= self.taker < 1 and -1 < self.maker < 1):
            raise ValueError(f"fees must be shares, were {self.taker} and {self.maker}")

    @property
    def highest(self) -> Decimal:
        return max(self.taker, self.maker, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as it arrives. The owner chooses `order_id`; it must never be used again."""

    order_id: str
    market: str
    side: Side
    kind: OrderKind
    quantity: Decimal
    fees: Fees
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expires_at: datetime | None = None
    client_order_id: str | None = None
    user_reference: int | None = None

    def __post_init__(self) -> None:
        if not is_amount(self.quantity):
            raise ValueError(f"quantity must be positive, was {self.quantity}")
        if (self.kind is OrderKind.LIMIT) is (self.limit_price is None):
            raise ValueError("a limit order has a price, a market order has none")
        if self.limit_price is not None and not is_amount(self.limit_price):
            raise ValueError(f"price must be positive, was {self.limit_price}")
        if (self.time_in_force is TimeInForce.GTD) is (self.expires_at is None):
            raise ValueError("a GTD order, and only that, has an expiry")
        if self.post_only and not self.may_rest:
            raise ValueError("only an order that may rest can be post-only")

    @property
    def may_rest(self) -> bool:
        return self.kind is OrderKind.LIMIT and self.time_in_force not in AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted order. `number` gives the order of arrival; `hold` is what it locks."""

    number: int
    request: OrderRequest
    state: OrderState
    opened_at: datetime
    hold: Decimal
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fee: Decimal = ZERO
    closed_at: datetime | None = None
    reason: CloseReason | None = None

    @property
    def order_id(self) -> str:
        return self.request.order_id

    @property
    def remaining(self) -> Decimal:
        return self.request.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """None while nothing is filled."""
        return self.cost / self.filled if self.filled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    number: int
    order_id: str
    market: str
    side: Side
    kind: OrderKind
    price: Decimal
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    is_maker: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One movement of one asset: `balance` is the total after `amount - fee`."""

    number: int
    asset: str
    kind: LedgerKind
    amount: Decimal
    fee: Decimal
    balance: Decimal
    fill_number: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    total: Decimal = ZERO
    hold: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.total - self.hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What the rest of the world offers: best price first on both sides."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmended:
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """`order` is the order after the fill."""

    order: Order
    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded:
    """The order left the book: filled whole, cancelled or expired."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntered:
    row: LedgerRow


Event = OrderAccepted | OrderAmended | OrderFilled | OrderEnded | LedgerEntered


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """All the engine knows. `orders` holds open orders only; `sequence` numbers every event."""

    balances: Mapping[str, Balance] = field(default_factory=lambda: MappingProxyType({}))
    orders: Mapping[str, Order] = field(default_factory=lambda: MappingProxyType({}))
    depths: Mapping[str, Depth] = field(default_factory=lambda: MappingProxyType({}))
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change that was computed and checked but not yet made."""

    before: EngineState
    after: EngineState
    events: tuple[Event, ...]

    def changed_balances(self) -> dict[str, Balance]:
        return {
            asset: balance
            for asset, balance in self.after.balances.items()
            if self.before.balances.get(asset) != balance
        }

    def fills(self) -> tuple[Fill, ...]:
        return tuple(event.fill for event in self.events if isinstance(event, OrderFilled))
