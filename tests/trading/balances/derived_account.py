"""An order at a venue, what a stream tells of it, and the account that is derived from that."""

from dataclasses import dataclass, field
from decimal import Decimal

from trading.model.identifiers import ClientOrderId

ZERO = Decimal(0)
BUFFER = Decimal("0.02")
FEE = Decimal("0.01")
"""What the venue takes at most; never more than the buffer."""


@dataclass(kw_only=True)
class Purchase:
    """A buy at a limit of 1: quantities are worst costs before fees."""

    order_id: ClientOrderId
    quantity: Decimal
    locks_fee: bool
    stage: str = "held"
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    told: str = "held"

    @property
    def worst(self) -> Decimal:
        return self.quantity * (1 + BUFFER)

    @property
    def lock(self) -> Decimal:
        return self.lock_of(self.filled) if self.stage == "open" else ZERO

    def lock_of(self, filled: Decimal) -> Decimal:
        """What the venue locks for the rest."""
        return (self.quantity - filled) * (1 + (FEE if self.locks_fee else ZERO))

    @property
    def still_to_spend(self) -> Decimal:
        """At worst, beyond what it has spent already."""
        if self.stage == "ended":
            return ZERO
        return (self.quantity - self.filled) * (1 + FEE)


@dataclass(kw_only=True)
class Told:
    """An order as the stream has told of it."""

    order: Purchase
    filled: Decimal
    spent: Decimal
    stage: str
    in_money: Decimal = ZERO
    """How much of what was spent the streamed money shows gone."""

    @property
    def lock(self) -> Decimal:
        lock = self.order.lock_of(self.filled) if self.stage == "open" else ZERO
        return lock + max(ZERO, self.spent - self.in_money)


@dataclass(frozen=True, kw_only=True)
class OrderFrame:
    """The stream's word on an order."""

    told: Told


@dataclass(frozen=True, kw_only=True)
class MoneyFrame:
    """The stream's word on what an order's fill took."""

    order: Purchase
    money: Decimal
    took: Decimal


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The account at the moment when the stream was asked for it."""

    money: Decimal
    told: tuple[Told, ...]


Frame = OrderFrame | MoneyFrame | Baseline


@dataclass(kw_only=True)
class Derived:
    """The adapter's account: it counts an acknowledged order as locked before it is told of."""

    money: Decimal
    told: dict[ClientOrderId, Told] = field(default_factory=dict)

    @property
    def free(self) -> Decimal:
        return self.money - sum((told.lock for told in self.told.values()), ZERO)

    def acknowledge(self, order: Purchase) -> None:
        new = Told(order=order, filled=ZERO, spent=ZERO, stage="open")
        self.told.setdefault(order.order_id, new)

    def hear(self, frame: OrderFrame | MoneyFrame) -> None:
        if isinstance(frame, OrderFrame):
            told = frame.told
            known = self.told.setdefault(told.order.order_id, told)
            known.filled, known.spent, known.stage = told.filled, told.spent, told.stage
        else:
            self.money -= frame.took
            self.acknowledge(frame.order)
            self.told[frame.order.order_id].in_money += frame.took
