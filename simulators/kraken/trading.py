"""Private orders: placing them alone or in a batch, cancelling them, the dead man's switch."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from simulators.kraken.counters import Counters
from simulators.kraken.errors import (
    CANCEL_ONLY,
    LIMIT_ONLY,
    ORDER_RATE_LIMIT,
    ORDERS_LIMIT,
    POST_ONLY,
    UNKNOWN_ORDER,
    KrakenError,
    invalid_argument,
)
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.numbers import rfc3339
from simulators.kraken.placing import Ticket
from simulators.kraken.rendering import describe
from simulators.kraken.tickets import (
    check_deadline,
    flag,
    read_instruction,
    read_pair,
    read_ticket,
    text,
    whole,
)
from trading.venues.paper.values import Order, OrderKind

Words = Mapping[str, Any]
SMALLEST_BATCH, LARGEST_BATCH = 2, 15
LARGEST_CANCEL_BATCH = 50
LONGEST_TIMEOUT = 86400


class TradingEndpoints:
    def __init__(self, *, exchange: Exchange, faults: Faults, counters: Counters) -> None:
        self._exchange = exchange
        self._faults = faults
        self._counters = counters

    def routes(self) -> dict[str, Callable[[Words], Any]]:
        return {
            "AddOrder": self.add_order,
            "AddOrderBatch": self.add_order_batch,
            "CancelOrder": self.cancel_order,
            "CancelOrderBatch": self.cancel_order_batch,
            "CancelAll": self.cancel_all,
            "CancelAllOrdersAfter": self.cancel_all_after,
        }

    def add_order(self, words: Words) -> dict[str, Any]:
        exchange = self._exchange
        instruction = read_instruction(words, catalogue=exchange.catalogue, now=exchange.now())
        ticket = instruction.ticket
        if instruction.validate_only:
            exchange.check(ticket)
            return {"descr": describe(ticket)}
        order = self.place(ticket, names=("AddOrder",))
        return {"descr": describe(ticket), "txid": [order.order_id]}

    def add_order_batch(self, words: Words) -> dict[str, Any]:
        """Understand all of the orders or refuse them all; then each stands for itself."""
        exchange = self._exchange
        now = exchange.now()
        rows = words.get("orders")
        if not isinstance(rows, list) or not SMALLEST_BATCH <= len(rows) <= LARGEST_BATCH:
            raise invalid_argument("orders")
        if not all(isinstance(row, dict) for row in rows):
            raise invalid_argument("orders")
        check_deadline(words, now)
        pair = read_pair(words, exchange.catalogue)
        tickets = [read_ticket(row, pair=pair, now=now) for row in rows]
        if flag(words, "validate"):
            return {"orders": [{"descr": describe(ticket)} for ticket in tickets]}
        return {"orders": [self._batch_row(ticket) for ticket in tickets]}

    def place(self, ticket: Ticket, *, names: Sequence[str]) -> Order:
        """Place an order under the rules of the moment, whichever wire it came by.

        `names` are what the call is called there, for the faults that are meant for it.
        """
        self._check_mode(ticket)
        self._check_counters(ticket)
        self._thin_the_book(ticket, names)
        return self._exchange.place(ticket)

    def cancel_orders(self, orders: Sequence[Order]) -> dict[str, Any]:
        """Cancel these, and count what that costs."""
        if not orders:
            raise KrakenError(UNKNOWN_ORDER)
        now, monotonic = self._exchange.now(), self._exchange.monotonic()
        orders = self._still_open(orders)
        self._exchange.cancel([order.order_id for order in orders])
        for order in orders:
            self._counters.cancelled(
                symbol=order.request.market,
                age_seconds=(now - order.opened_at).total_seconds(),
                now=monotonic,
            )
        return {"count": len(orders)}

    def count_change(self, order: Order, *, is_edit: bool) -> None:
        """Count a change of an open order; over the pair's limit it is refused."""
        symbol, now = order.request.market, self._exchange.monotonic()
        if not is_edit and not self._counters.allows_order(symbol=symbol, now=now):
            raise KrakenError(ORDER_RATE_LIMIT)  # an edit places an order, which is counted there
        count = self._counters.edited if is_edit else self._counters.amended
        age = (self._exchange.now() - order.opened_at).total_seconds()
        count(symbol=symbol, age_seconds=age, now=now)

    def _still_open(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Leave out what was filled while the cancellation was on its way, if a fault says so."""
        fault = self._faults.strike("fill_before_cancel", "CancelOrder")
        if fault is None:
            return orders
        for order in orders:
            self._exchange.meet(order, Decimal(str(fault.parameters["fraction"])))
        resting = self._exchange.engine.state.orders
        left = [order for order in orders if order.order_id in resting]
        if not left:
            raise KrakenError(UNKNOWN_ORDER)
        return left

    def cancel_order(self, words: Words) -> dict[str, Any]:
        names = {name: text(words, name) for name in ("txid", "cl_ord_id", "userref")}
        given = {name: value for name, value in names.items() if value}
        if len(given) != 1:
            raise invalid_argument("txid")
        return self.cancel_orders(self._open_orders(**names))

    def cancel_order_batch(self, words: Words) -> dict[str, Any]:
        wanted = _listed(words, "orders", "txid")
        clients = _listed(words, "cl_ord_ids", "cl_ord_id")
        if not 1 <= len(wanted) + len(clients) <= LARGEST_CANCEL_BATCH:
            raise invalid_argument("orders")
        found = [
            order
            for order in self._exchange.open_orders
            if order.order_id in wanted
            or order.request.client_order_id in clients
            or _reference(order) in wanted
        ]
        return self.cancel_orders(found)

    def cancel_all(self, _: Words) -> dict[str, Any]:
        orders = self._exchange.open_orders
        return self.cancel_orders(orders) if orders else {"count": 0}

    def cancel_all_after(self, words: Words) -> dict[str, Any]:
        seconds = whole(words, "timeout")
        if not 0 <= seconds <= LONGEST_TIMEOUT:
            raise invalid_argument("timeout")
        trigger = self._exchange.arm_dead_man(seconds)
        return {
            "currentTime": rfc3339(self._exchange.now()),
            "triggerTime": "0" if trigger is None else rfc3339(trigger),
        }

    def _batch_row(self, ticket: Ticket) -> dict[str, Any]:
        try:
            order = self.place(ticket, names=("AddOrderBatch",))
        except KrakenError as error:
            return {"descr": describe(ticket), "error": error.text}
        return {"descr": describe(ticket), "txid": order.order_id}

    def _check_mode(self, ticket: Ticket) -> None:
        match self._exchange.status:
            case "cancel_only":
                raise KrakenError(CANCEL_ONLY)
            case "post_only" if not ticket.post_only:
                raise KrakenError(POST_ONLY)
            case "limit_only" if ticket.kind is not OrderKind.LIMIT:
                raise KrakenError(LIMIT_ONLY)

    def _check_counters(self, ticket: Ticket) -> None:
        symbol = ticket.pair.symbol
        resting = [o for o in self._exchange.open_orders if o.request.market == symbol]
        if not self._counters.allows_open(len(resting)):
            raise KrakenError(ORDERS_LIMIT)
        if not self._counters.allows_order(symbol=symbol, now=self._exchange.monotonic()):
            raise KrakenError(ORDER_RATE_LIMIT)

    def _thin_the_book(self, ticket: Ticket, names: Sequence[str]) -> None:
        if self._faults.strike("zero_liquidity", *names):
            self._exchange.thin(ticket, Decimal(0))
        elif fault := self._faults.strike("partial_fill_only", *names):
            self._exchange.thin(ticket, Decimal(str(fault.parameters["fraction"])))

    def _open_orders(self, *, txid: str, cl_ord_id: str, userref: str) -> list[Order]:
        """Find the open orders a cancellation means; a txid may also be a user reference."""
        return [
            order
            for order in self._exchange.open_orders
            if txid in {order.order_id, _reference(order)}
            or (cl_ord_id and order.request.client_order_id == cl_ord_id)
            or (userref and _reference(order) == userref)
        ]


def _reference(order: Order) -> str | None:
    reference = order.request.user_reference
    return None if reference is None else str(reference)


def _listed(words: Words, name: str, inner: str) -> set[str]:
    """Read a list of ids, given bare or as objects with one field."""
    rows = words.get(name, [])
    if not isinstance(rows, list):
        raise invalid_argument(name)
    return {str(row.get(inner, "")) if isinstance(row, dict) else str(row) for row in rows}
