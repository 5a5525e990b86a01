"""Orders over the private socket: the same engine, counters and refusals as over REST."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.kraken.errors import (
    UNAVAILABLE,
    UNKNOWN_ORDER,
    KrakenError,
    invalid_argument,
)
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.placing import Ticket
from simulators.kraken.tickets import check_deadline, read_ticket
from simulators.kraken.trading import (
    LARGEST_BATCH,
    LONGEST_TIMEOUT,
    SMALLEST_BATCH,
    TradingEndpoints,
)
from simulators.kraken.websocket.amending import Amending
from simulators.kraken.websocket.order_words import deadline_words, listed_pair, order_words
from simulators.kraken.websocket.requests import Request, boolean
from simulators.kraken.websocket.speech import Frame
from simulators.kraken.websocket.times import stamp
from trading.venues.paper.values import Order

# The methods here, and what REST calls the same: a fault that is meant for one hurts both.
REST_NAMES: Mapping[str, str] = {
    "add_order": "AddOrder",
    "batch_add": "AddOrderBatch",
    "amend_order": "AmendOrder",
    "edit_order": "EditOrder",
    "cancel_order": "CancelOrder",
    "batch_cancel": "CancelOrderBatch",
    "cancel_all": "CancelAll",
    "cancel_all_orders_after": "CancelAllOrdersAfter",
}
SMALLEST_CANCEL_BATCH, LARGEST_CANCEL_BATCH = 2, 50


class OrderEntry:
    def __init__(
        self,
        *,
        exchange: Exchange,
        trading: TradingEndpoints,
        faults: Faults,
        check_token: Callable[[Any], str],
    ) -> None:
        self._exchange = exchange
        self._trading = trading
        self._faults = faults
        self._check_token = check_token
        self._amending = Amending(exchange=exchange, trading=trading)

    def answer(self, request: Request) -> list[Frame]:
        self._check_token(request.params.get("token"))
        if self._exchange.status == "maintenance":
            raise KrakenError(UNAVAILABLE)
        match request.method:
            case "add_order":
                result: Any = self._add(request.params)
            case "batch_add":
                result = self._add_batch(request.params)
            case "amend_order":
                result = self._amending.amend(request.params)
            case "edit_order":
                result = self._amending.edit(request.params)
            case "cancel_order":
                return self._cancel_each(request)
            case "batch_cancel":
                result = self._cancel_batch(request.params)
            case "cancel_all":
                result = self._trading.cancel_all({})
            case _:
                result = self._cancel_all_after(request.params)
        return [request.success(result, now=self._exchange.now())]

    def _add(self, params: Mapping[str, Any]) -> dict[str, Any]:
        now = self._exchange.now()
        check_deadline(deadline_words(params), now)
        ticket = read_ticket(
            order_words(params), pair=listed_pair(params, self._exchange.catalogue), now=now
        )
        if boolean(params, "validate", default=False):
            self._exchange.check(ticket)
            return _references(ticket)
        order = self._trading.place(ticket, names=("add_order", "AddOrder"))
        return {"order_id": order.order_id, **_references(ticket)}

    def _add_batch(self, params: Mapping[str, Any]) -> Any:
        """Understand all of the orders or refuse them all; then each stands for itself."""
        now = self._exchange.now()
        check_deadline(deadline_words(params), now)
        rows = params.get("orders")
        if not isinstance(rows, list) or not SMALLEST_BATCH <= len(rows) <= LARGEST_BATCH:
            raise invalid_argument("orders")
        if not all(isinstance(row, dict) for row in rows):
            raise invalid_argument("orders")
        pair = listed_pair(params, self._exchange.catalogue)
        tickets = [read_ticket(order_words(row), pair=pair, now=now) for row in rows]
        if boolean(params, "validate", default=False):
            answers = [{**_references(ticket), "success": True} for ticket in tickets]
        else:
            answers = [self._batch_row(ticket) for ticket in tickets]
        # The documentation shows a bare list; recorded answers have it in an object.
        return answers if self._faults.strike("ws_plain_batch") else {"orders": answers}

    def _batch_row(self, ticket: Ticket) -> dict[str, Any]:
        try:
            order = self._trading.place(ticket, names=("batch_add", "AddOrderBatch"))
        except KrakenError as error:
            return {**_references(ticket), "success": False, "error": error.text}
        return {"order_id": order.order_id, **_references(ticket), "success": True}

    def _cancel_each(self, request: Request) -> list[Frame]:
        """Answer for each order on its own, as the venue does."""
        params = request.params
        names = ("order_id", "cl_ord_id", "order_userref")
        given = [name for name in names if params.get(name)]
        if len(given) != 1 or not isinstance(params[given[0]], list):
            raise invalid_argument("order_id")
        name = given[0]
        return [
            frame for wanted in params[name] for frame in self._cancel_one(request, name, wanted)
        ]

    def _cancel_one(self, request: Request, name: str, wanted: Any) -> list[Frame]:
        found = [order for order in self._exchange.open_orders if _is_meant(order, name, wanted)]
        now = self._exchange.now()
        if not found:
            return [request.failure(UNKNOWN_ORDER, now=now, **{name: wanted})]
        self._trading.cancel_orders(found)
        return [request.success(_cancelled(order), now=now) for order in found]

    def _cancel_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        orders, clients = params.get("orders", []), params.get("cl_ord_id", [])
        if not isinstance(orders, list) or not isinstance(clients, list):
            raise invalid_argument("orders")
        if not SMALLEST_CANCEL_BATCH <= len(orders) + len(clients) <= LARGEST_CANCEL_BATCH:
            raise invalid_argument("orders")
        found = [
            order
            for order in self._exchange.open_orders
            if order.order_id in orders
            or order.request.client_order_id in clients
            or order.request.user_reference in orders
        ]
        return self._trading.cancel_orders(found)

    def _cancel_all_after(self, params: Mapping[str, Any]) -> dict[str, str]:
        seconds = params.get("timeout")
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise invalid_argument("timeout")
        if not 0 <= seconds <= LONGEST_TIMEOUT:
            raise invalid_argument("timeout")
        trigger = self._exchange.arm_dead_man(seconds)
        return {
            "currentTime": stamp(self._exchange.now()),
            "triggerTime": "0" if trigger is None else stamp(trigger),
        }


def _references(ticket: Ticket) -> dict[str, Any]:
    references: dict[str, Any] = {}
    if ticket.client_order_id is not None:
        references["cl_ord_id"] = ticket.client_order_id
    if ticket.user_reference is not None:
        references["order_userref"] = ticket.user_reference
    return references


def _cancelled(order: Order) -> dict[str, str]:
    result = {"order_id": order.order_id}
    if order.request.client_order_id is not None:
        result["cl_ord_id"] = order.request.client_order_id
    return result


def _is_meant(order: Order, name: str, wanted: Any) -> bool:
    known = {
        "order_id": order.order_id,
        "cl_ord_id": order.request.client_order_id,
        "order_userref": order.request.user_reference,
    }
    return wanted is not None and bool(known[name] == wanted)
