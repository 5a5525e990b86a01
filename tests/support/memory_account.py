"""The books of the venue in memory: what is held, ordered, filled, and why it changed."""

from dataclasses import replace
from decimal import Decimal

from trading.clock import Clock
from trading.errors import OrderWithdrawn, VenueRejected
from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import Asset, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.model.order import OrderIntent, OrderType, TimeInForce, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal

ZERO = Decimal(0)


def refuse_withdrawn(order: ApprovedOrder) -> None:
    """Send nothing of an order whose approval was taken back, as every adapter must."""
    if (denied := order.withdrawn()) is not None:
        raise OrderWithdrawn(str(denied))


class MemoryAccount:
    """Orders that cross trade whole and at once, at the touch; a GTC limit that does not rests."""

    def __init__(self, *, clock: Clock, venue: VenueName, fee: Decimal) -> None:
        self._clock = clock
        self._venue = venue
        self._fee = fee
        self.free: dict[Asset, Decimal] = {}
        self.locked: dict[Asset, Decimal] = {}
        self.quotes: dict[Symbol, tuple[Decimal, Decimal]] = {}
        self.orders: dict[VenueOrderId, VenueOrder] = {}
        self.fills: list[Fill] = []
        self.ledger: list[LedgerEntry] = []

    def credit(self, kind: LedgerKind, asset: Asset, amount: Decimal) -> None:
        """Change the free balance, with its row in the ledger."""
        self.free[asset] = self.free.get(asset, ZERO) + amount
        self.ledger.append(
            LedgerEntry(
                venue=self._venue,
                ledger_id=f"L{len(self.ledger) + 1}",
                kind=kind,
                asset=asset,
                amount=amount,
                fee=ZERO,
                balance=self.total(asset),
                at=self._clock.now(),
            )
        )

    def total(self, asset: Asset) -> Decimal:
        return self.free.get(asset, ZERO) + self.locked.get(asset, ZERO)

    @property
    def totals(self) -> dict[Asset, Decimal]:
        """Everything held; what is not held is not mentioned."""
        held = self.free.keys() | self.locked.keys()
        return {asset: self.total(asset) for asset in held if self.total(asset)}

    def place(self, order: ApprovedOrder) -> VenueOrderId:
        """Take an order, or reject it for want of funds."""
        refuse_withdrawn(order)
        intent = order.intent
        bid, ask = self.quotes[intent.symbol]
        touch = ask if intent.side is Side.BUY else bid
        limit = touch if intent.limit_price is None else intent.limit_price
        crosses = limit >= touch if intent.side is Side.BUY else limit <= touch
        spends, amount = self._spending(intent, touch if crosses else limit)
        if self.free.get(spends, ZERO) < amount:
            raise VenueRejected(self._venue, "insufficient funds")
        placed = self._open(order)
        if crosses:
            self._trade(placed, touch)
        elif intent.time_in_force is TimeInForce.IOC or intent.order_type is OrderType.MARKET:
            self._end(placed, OrderStatus.CANCELLED)
        else:
            self.free[spends] -= amount
            self.locked[spends] = self.locked.get(spends, ZERO) + amount
        return placed.venue_order_id

    def cancel(self, venue_order_id: VenueOrderId) -> bool:
        """Take an order out of the book; False when it is not open."""
        order = self.orders.get(venue_order_id)
        if order is None or is_terminal(order.status) or order.limit_price is None:
            return False
        spends, amount = self._lock(order)
        self.locked[spends] -= amount
        self.free[spends] = self.free.get(spends, ZERO) + amount
        self._end(order, OrderStatus.CANCELLED)
        return True

    def _spending(self, intent: OrderIntent, price: Decimal) -> tuple[Asset, Decimal]:
        if intent.side is Side.SELL:
            return intent.symbol.base, intent.quantity
        return intent.symbol.quote, intent.quantity * price * (1 + self._fee)

    def _lock(self, order: VenueOrder) -> tuple[Asset, Decimal]:
        price = order.limit_price or ZERO
        if order.side is Side.SELL:
            return order.symbol.base, order.quantity
        return order.symbol.quote, order.quantity * price * (1 + self._fee)

    def _open(self, order: ApprovedOrder) -> VenueOrder:
        intent = order.intent
        placed = VenueOrder(
            venue=self._venue,
            venue_order_id=VenueOrderId(f"M{len(self.orders) + 1}"),
            client_order_id=order.client_order_id,
            symbol=intent.symbol,
            side=intent.side,
            order_type=intent.order_type,
            status=OrderStatus.OPEN,
            quantity=intent.quantity,
            filled_quantity=ZERO,
            limit_price=intent.limit_price,
            cost=ZERO,
            fee=ZERO,
            opened_at=self._clock.now(),
            closed_at=None,
            reason=None,
        )
        self.orders[placed.venue_order_id] = placed
        return placed

    def _trade(self, order: VenueOrder, price: Decimal) -> None:
        cost = order.quantity * price
        fee = cost * self._fee
        sign = 1 if order.side is Side.BUY else -1
        self.credit(LedgerKind.TRADE, order.symbol.base, sign * order.quantity)
        self.credit(LedgerKind.TRADE, order.symbol.quote, -sign * cost - fee)
        self.fills.append(
            Fill(
                venue=self._venue,
                fill_id=FillId(f"F{len(self.fills) + 1}"),
                venue_order_id=order.venue_order_id,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side,
                quantity=order.quantity,
                price=price,
                cost=cost,
                fee=fee,
                fee_asset=order.symbol.quote,
                executed_at=self._clock.now(),
            )
        )
        filled = replace(order, filled_quantity=order.quantity, cost=cost, fee=fee)
        self._end(filled, OrderStatus.FILLED)

    def _end(self, order: VenueOrder, status: OrderStatus) -> None:
        ended = replace(order, status=status, closed_at=self._clock.now())
        self.orders[order.venue_order_id] = ended
