"""Orders as `executions` tells them: sparse rows, merged by order, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.order import OrderType, VenueOrder
from trading.model.order_status import OrderStatus
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.stream_rows import (
    StreamNames,
    optional_stream_time,
    parse_execution,
    parse_side,
)

_ZERO = Decimal(0)
_TRADE = "trade"
_KINDS = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}
_WORKING = frozenset({"pending_new", "new", "partially_filled"})
_ENDED = {
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
}
_MOST_ENDED = 1000


@dataclass(slots=True, kw_only=True)
class TrackedOrder:
    """All that was told of one order; what was not told is None."""

    order_id: str
    client_order_id: ClientOrderId | None = None
    symbol: Symbol | None = None
    side: Side | None = None
    kind: str | None = None
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    cash_quantity: Decimal | None = None
    fee_preference: str | None = None
    is_margin: bool = False
    filled: Decimal = _ZERO
    cost: Decimal = _ZERO
    fee: Decimal = _ZERO
    ending: OrderStatus | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    fills: set[str] = field(default_factory=set)

    @property
    def remaining(self) -> Decimal | None:
        """What is still to be traded; None while the quantity is not known."""
        return None if self.quantity is None else max(_ZERO, self.quantity - self.filled)

    @property
    def is_known(self) -> bool:
        """False while a row that says what it is has not come."""
        return None not in (self.symbol, self.side, self.quantity)

    def as_venue_order(self, venue: VenueName) -> VenueOrder | None:
        """Return it for others; None while too little is known of it.

        The fee is that of the fills that were told, which may be all or some.
        """
        if self.symbol is None or self.side is None or self.quantity is None:
            return None
        if self.opened_at is None:
            return None
        working = OrderStatus.PARTIALLY_FILLED if self.filled else OrderStatus.OPEN
        return VenueOrder(
            venue=venue,
            venue_order_id=VenueOrderId(self.order_id),
            client_order_id=self.client_order_id,
            symbol=self.symbol,
            side=self.side,
            order_type=_KINDS.get(self.kind or ""),
            status=self.ending or working,
            quantity=self.quantity,
            filled_quantity=self.filled,
            limit_price=self.limit_price,
            cost=self.cost,
            fee=self.fee,
            opened_at=self.opened_at,
            closed_at=self.closed_at,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one row changed: the order after it, and the fill in it that was not told before."""

    order: TrackedOrder
    fill: Fill | None


class LiveOrders:
    """The account's open orders, and the last that ended.

    Once ended, an order stays so: a row that comes late adds what it knows and opens nothing.
    """

    def __init__(self, *, venue: VenueName) -> None:
        """Know of none."""
        self._venue = venue
        self._open: dict[str, TrackedOrder] = {}
        self._before: dict[str, TrackedOrder] = {}
        self._ended: dict[str, TrackedOrder] = {}
        self._untold: dict[str, TrackedOrder] = {}
        self._restarts = 0

    @property
    def open(self) -> Iterable[TrackedOrder]:
        """Every order that is not known to have ended."""
        return self._open.values()

    def is_open(self, order: TrackedOrder) -> bool:
        """Tell whether an order can still trade, as far as is known."""
        return self._open.get(order.order_id) is order

    def restart(self) -> None:
        """Begin again before a snapshot."""
        self._before |= self._open
        self._open = {}
        self._restarts += 1

    def vanished(self) -> tuple[TrackedOrder, ...]:
        """Return, after a snapshot, what ended unseen: open before it, or filled since.

        What was filled before the very first snapshot is history, not news.
        """
        gone, self._before = self._before, {}
        for order in gone.values():
            self._end(order)
        if self._restarts > 1:
            gone |= self._untold
        self._untold = {}
        return tuple(gone.values())

    def find(self, order_id: str) -> TrackedOrder | None:
        """Return an order that is open, was open before the snapshot, or has ended lately."""
        for orders in (self._open, self._before, self._ended):
            if order_id in orders:
                return orders[order_id]
        return None

    def tell(self, row: Row, names: StreamNames, *, is_snapshot: bool) -> Told:
        """Merge one row."""
        order_id = row.text("order_id")
        known = self.find(order_id)
        order = known or TrackedOrder(order_id=order_id)
        is_trade = row.fields.get("exec_type") == _TRADE
        _merge(order, row, names)
        fill = self._fill(order, row, names) if is_trade else None
        if fill is not None:
            # What a snapshot says of a known order has its replayed fills in it already.
            _add_fill(order, fill, row, fee_alone=is_snapshot and known is not None)
        _merge_sums(order, row)
        _merge_status(order, row)
        self._place(order, replays=is_snapshot and is_trade)
        return Told(order=order, fill=fill)

    def _place(self, order: TrackedOrder, *, replays: bool) -> None:
        """Keep it where it belongs; a fill that a snapshot replays opens no order."""
        if order.ending is not None:
            self._end(order)
        elif not replays:
            for others in (self._before, self._ended, self._untold):
                others.pop(order.order_id, None)
            self._open[order.order_id] = order
        elif self.find(order.order_id) is None:
            self._end(order)
            self._untold[order.order_id] = order

    def _fill(self, order: TrackedOrder, row: Row, names: StreamNames) -> Fill | None:
        fill_id = row.text("exec_id")
        if fill_id in order.fills:
            return None
        fill = parse_execution(
            row, venue=self._venue, names=names, client_order_id=order.client_order_id
        )
        order.fills.add(fill_id)
        return fill

    def _end(self, order: TrackedOrder) -> None:
        self._open.pop(order.order_id, None)
        self._before.pop(order.order_id, None)
        self._ended[order.order_id] = order
        while len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]


def _merge(order: TrackedOrder, row: Row, names: StreamNames) -> None:
    """Take what the row says of the order itself."""
    fields = row.fields
    if order.symbol is None and "symbol" in fields:
        order.symbol = names.symbol(row.text("symbol"))
    if order.side is None and "side" in fields:
        order.side = parse_side(row)
    order.kind = row.optional_text("order_type") or order.kind
    order.quantity = _amount(row, "order_qty") or order.quantity
    order.limit_price = _amount(row, "limit_price") or order.limit_price
    order.cash_quantity = _amount(row, "cash_order_qty") or order.cash_quantity
    order.fee_preference = row.optional_text("fee_ccy_pref") or order.fee_preference
    order.is_margin = order.is_margin or fields.get("margin") is True
    client_order_id = row.optional_text("cl_ord_id")
    if client_order_id is not None:
        order.client_order_id = ClientOrderId(client_order_id)
    if fields.get("triggers"):
        order.trigger_price = _amount(row.row("triggers"), "price") or order.trigger_price
    at = optional_stream_time(row, "timestamp")
    if at is not None and (order.opened_at is None or at < order.opened_at):
        order.opened_at = at


def _merge_sums(order: TrackedOrder, row: Row) -> None:
    """Take the sums that the row states, unless they are older than what is known."""
    filled = row.optional_decimal("cum_qty")
    if filled is not None and filled >= order.filled:
        order.filled = filled
        order.cost = max(order.cost, row.optional_decimal("cum_cost") or _ZERO)


def _merge_status(order: TrackedOrder, row: Row) -> None:
    word = row.optional_text("order_status")
    if word is None or word in _WORKING or order.ending is not None:
        return
    if word not in _ENDED:
        raise Malformed(f"{row.where}: the order status {word!r} is not known")
    order.ending = _ENDED[word]
    order.closed_at = optional_stream_time(row, "timestamp")
    order.reason = row.optional_text("reason") or row.optional_text("cancel_reason")


def _add_fill(order: TrackedOrder, fill: Fill, row: Row, *, fee_alone: bool) -> None:
    """Add a fill up, where the row does not state the sums itself."""
    if fill.fee_asset == fill.symbol.quote:
        order.fee += fill.fee
    if fee_alone:
        return
    if row.fields.get("cum_qty") is None:
        order.filled += fill.quantity
        order.cost += fill.cost
    elif row.fields.get("cum_cost") is None:
        order.cost += fill.cost


def _amount(row: Row, name: str) -> Decimal | None:
    """Return a positive amount; zero stands for "none" in some of Kraken's fields."""
    value = row.optional_decimal(name)
    return value if value is not None and value > 0 else None


def changes_of(fill: Fill) -> tuple[tuple[Asset, Decimal], ...]:
    """Return what a fill does to the account, asset by asset."""
    sign = 1 if fill.side is Side.BUY else -1
    return (
        (fill.symbol.base, sign * fill.quantity),
        (fill.symbol.quote, -sign * fill.cost),
        (fill.fee_asset, -fill.fee),
    )
