"""The venue itself: the shared core with this venue's filters, ids and ways of saying things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from simulators.binance.books import BinanceBooks
from simulators.binance.catalogue import Catalogue
from simulators.binance.errors import BinanceError, refusal, rejected
from simulators.binance.filters import AVERAGE_MINUTES, Situation, check
from simulators.binance.numbers import milliseconds
from simulators.binance.tickets import OrderType, Ticket
from simulators.clock import Clock
from simulators.exchange.core import ExchangeCore
from simulators.exchange.numbers import from_microseconds
from simulators.market.market import SimulatedMarket
from simulators.market.tape import Tape
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.values import (
    ZERO,
    CloseReason,
    Depth,
    Event,
    Fees,
    Fill,
    LedgerEntered,
    Order,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    Side,
    Transition,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order as it stands after it traded what it could, and those trades."""

    order: Order
    fills: Sequence[Fill]


class Exchange(ExchangeCore):
    def __init__(
        self,
        *,
        catalogue: Catalogue,
        engine: MatchingEngine,
        books: BinanceBooks,
        market: SimulatedMarket,
        tapes: Mapping[str, Tape],
        fees: Fees,
        clock: Clock,
    ) -> None:
        super().__init__(
            engine=engine, books=books, market=market, tapes=tapes, refusal=refusal, clock=clock
        )
        self.catalogue = catalogue
        self.fees = fees
        self.names = books.plain_names
        self.updated_at = _last_change(books) or self.now()
        """When the account last changed."""
        self.cancel_names: dict[str, str] = {}
        """What a cancellation that is being done calls itself, by the order's id."""
        self._binance_books = books
        self._update_id = milliseconds(self.now()) * 1000
        self.listeners.append(self._note_change)
        self.market_listeners.append(self._count_update)

    @property
    def update_id(self) -> int:
        """The number of the last change of any public book; it only ever rises."""
        return self._update_id

    def average_price(self, symbol: str) -> Decimal:
        """Weigh the trades of the last five minutes; without any, the price of now."""
        now = self.now()
        start = int((now - timedelta(minutes=AVERAGE_MINUTES)).timestamp())
        bars = [bar for bar in self.tapes[symbol].recent(AVERAGE_MINUTES + 1) if bar.start > start]
        volume = sum((bar.volume for bar in bars), ZERO)
        if not volume:
            return self.market.price(symbol)
        return sum((bar.cost for bar in bars), ZERO) / volume

    def quote_quantity(self, order: Order) -> Decimal:
        return self._binance_books.quote_quantity(order.order_id) or ZERO

    def check(self, ticket: Ticket) -> None:
        """Say whether an order would be accepted, and leave it at that."""
        self._wanted(ticket)

    def place(self, ticket: Ticket) -> Placed:
        transition = self._wanted(ticket)
        order = _placed_order(transition)
        wanted = ticket.quote_quantity
        self.commit(
            transition,
            None
            if wanted is None
            else lambda: self._binance_books.write_quote_quantity(order.order_id, wanted),
        )
        fills = [fill for fill in transition.fills() if fill.order_id == order.order_id]
        return Placed(order=order, fills=fills)

    def cancel_named(self, orders: Sequence[Order], name: str | None) -> str:
        """Cancel open orders; answer what the cancellation is called."""
        called = name or self.names.client_order(f"cancel/{orders[0].order_id}")
        self.cancel_names = {order.order_id: called for order in orders}
        try:
            self.cancel([order.order_id for order in orders])
        finally:
            self.cancel_names = {}
        return called

    def thin(self, ticket: Ticket, fraction: Decimal) -> None:
        """Leave no more on the other side than a share of an order that is about to come."""
        quantity = ticket.quantity or self._quantity_for(ticket)
        self.limit_depth(ticket.listed.symbol, ticket.side, quantity * fraction)

    def _wanted(self, ticket: Ticket) -> Transition:
        symbol = ticket.listed.symbol
        resting = [order for order in self.open_orders if order.request.market == symbol]
        situation = Situation(average_price=self.average_price(symbol), open_orders=len(resting))
        check(ticket, situation)
        number = self.engine.state.sequence + 1
        transition = self.submitted(
            ticket.request(
                order_id=str(number),
                client_order_id=ticket.client_order_id or self.names.client_order(number),
                quantity=ticket.quantity or self._quantity_for(ticket),
                fees=self.fees,
            )
        )
        would_take = _placed_order(transition).reason is CloseReason.POST_ONLY
        if ticket.kind is OrderType.LIMIT_MAKER and would_take:
            raise rejected("Order would immediately match and take.")
        return transition

    def _quantity_for(self, ticket: Ticket) -> Decimal:
        """Find how much the quote quantity of a market order buys, or must be sold for it."""
        depth = self.engine.state.depths.get(ticket.listed.symbol, Depth())
        levels = depth.asks if ticket.side is Side.BUY else depth.bids
        left, found = ticket.quote_quantity or ZERO, ZERO
        for level in levels:
            quantity = min(level.quantity, left / level.price)
            left -= quantity * level.price
            found += quantity
        step = ticket.listed.lot_step
        found = (found / step).to_integral_value(rounding=ROUND_DOWN) * step
        if found < step:
            raise BinanceError(
                -1013, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."
            )
        return found

    def _note_change(self, transition: Transition) -> None:
        self.updated_at = _time_of(transition.events[-1])

    def _count_update(self) -> None:
        self._update_id += 1


def _placed_order(transition: Transition) -> Order:
    """Find the accepted order as it is after all that happened to it."""
    accepted = next(e.order for e in transition.events if isinstance(e, OrderAccepted))
    orders = [
        event.order
        for event in transition.events
        if isinstance(event, OrderAccepted | OrderFilled | OrderEnded)
        and event.order.order_id == accepted.order_id
    ]
    return orders[-1]


def _time_of(event: Event) -> datetime:
    match event:
        case OrderFilled(fill=fill):
            return fill.at
        case LedgerEntered(row=row):
            return row.at
        case OrderAccepted(order=order) | OrderAmended(order=order) | OrderEnded(order=order):
            return order.closed_at or order.opened_at


def _last_change(books: BinanceBooks) -> datetime | None:
    """Find when the account last changed, in the books of an earlier life."""
    row = books.connection.execute(
        "SELECT max(at) AS at FROM (SELECT max(at) AS at FROM ledger"
        " UNION ALL SELECT max(opened_at) FROM orders"
        " UNION ALL SELECT max(closed_at) FROM orders)"
    ).fetchone()
    return None if row["at"] is None else from_microseconds(row["at"])
