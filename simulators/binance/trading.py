"""Private orders: placing, testing, cancelling, and asking about them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from simulators.binance.endpoints import Endpoint, Security
from simulators.binance.errors import (
    BinanceError,
    bad_key,
    no_such_order,
    rejected,
    unknown_order,
)
from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.limits import Limits
from simulators.binance.rendering import Rendering
from simulators.binance.tickets import ResponseType, read_response_type, read_ticket
from simulators.binance.words import Words, choice, client_order_id, flag, listed, whole
from trading.venues.paper.values import Order, OrderFilled, Transition

NOTHING_TRADED = frozenset({"halt", "break", "cancel_only"})


class Restriction(StrEnum):
    ONLY_NEW = "ONLY_NEW"
    ONLY_PARTIALLY_FILLED = "ONLY_PARTIALLY_FILLED"


class TradingEndpoints:
    def __init__(self, *, exchange: Exchange, faults: Faults, limits: Limits) -> None:
        self._exchange = exchange
        self._faults = faults
        self._limits = limits
        self._rendering = Rendering(exchange=exchange)
        exchange.listeners.append(self._count_fills)

    def endpoints(self) -> list[Endpoint]:
        def order(method: str, path: str, socket_method: str, work: Any, **more: Any) -> Endpoint:
            return Endpoint(
                method=method,
                path=f"/api/v3/{path}",
                socket_method=socket_method,
                work=work,
                security=Security.SIGNED,
                **more,
            )

        return [
            order(
                "POST", "order", "order.place", self.place, is_refunded=True, counts_orders=True
            ),
            order("POST", "order/test", "order.test", self.test, weight=_weight_of_test),
            order("DELETE", "order", "order.cancel", self.cancel, is_refunded=True),
            order(
                "DELETE", "openOrders", "openOrders.cancelAll", self.cancel_all, is_refunded=True
            ),
            order("GET", "order", "order.status", self.status, weight=4),
            order(
                "GET", "openOrders", "openOrders.status", self.open_orders, weight=_weight_of_open
            ),
        ]

    def place(self, words: Words) -> dict[str, Any]:
        names = ("order", "POST order", "order.place")
        ticket = read_ticket(words, self._exchange.catalogue)
        kind = read_response_type(words, ticket.kind)
        self._check_trading(names)
        self._limits.check_order(self._exchange.now())
        if self._faults.strike("zero_liquidity", *names):
            self._exchange.thin(ticket, ticket.listed.lot_step * 0)
        elif fault := self._faults.strike("partial_fill_only", *names):
            self._exchange.thin(ticket, fault.fraction())
        self._limits.count_order(self._exchange.now())
        try:
            placed = self._exchange.place(ticket)
        except BinanceError:
            self._limits.count_order(self._exchange.now(), -1)
            raise
        match kind:
            case ResponseType.ACK:
                return self._rendering.acknowledged(placed.order)
            case ResponseType.RESULT:
                return self._rendering.result(placed.order)
            case ResponseType.FULL:
                return self._rendering.full(placed.order, placed.fills)

    def test(self, words: Words) -> dict[str, Any]:
        ticket = read_ticket(words, self._exchange.catalogue)
        read_response_type(words, ticket.kind)
        self._exchange.check(ticket)
        if not flag(words, "computeCommissionRates"):
            return {}
        fees = self._exchange.fees
        rates = {"maker": f"{fees.maker:.8f}", "taker": f"{fees.taker:.8f}"}
        return {"standardCommissionForOrder": rates, "taxCommissionForOrder": rates}

    def cancel(self, words: Words) -> dict[str, Any]:
        symbol = listed(words, self._exchange.catalogue).symbol
        name = client_order_id(words, "newClientOrderId")
        found = self._find(words, symbol, self._exchange.open_orders, unknown_order())
        self._check_restriction(words, found)
        (still,) = self._still_open([found])
        called = self._exchange.cancel_named([still], name)
        return self._rendering.cancelled(self._as_it_is(still), called)

    def cancel_all(self, words: Words) -> list[dict[str, Any]]:
        symbol = listed(words, self._exchange.catalogue).symbol
        found = [o for o in self._exchange.open_orders if o.request.market == symbol]
        if not found:
            raise unknown_order()
        still = self._still_open(found)
        called = self._exchange.cancel_named(still, None)
        return [self._rendering.cancelled(self._as_it_is(each), called) for each in still]

    def status(self, words: Words) -> dict[str, Any]:
        symbol = listed(words, self._exchange.catalogue).symbol
        if self._faults.strike("unseen_order", "order", "GET order", "order.status"):
            raise no_such_order()
        identity, name = whole(words, "orderId"), words.get("origClientOrderId")
        if identity is not None:
            known = list(self._exchange.archive.orders([str(identity)]).values())
        elif name:
            known = self._exchange.archive.orders_named(name)
        else:
            raise _no_identity()
        return self._rendering.order(self._find(words, symbol, known, no_such_order()))

    def open_orders(self, words: Words) -> list[dict[str, Any]]:
        symbol = None
        if words.get("symbol"):
            symbol = listed(words, self._exchange.catalogue).symbol
        shown = [o for o in self._exchange.open_orders if symbol in {None, o.request.market}]
        if self._faults.strike("unseen_order", "openOrders", "openOrders.status"):
            shown = shown[:-1]
        return [self._rendering.order(order) for order in shown]

    def _find(
        self, words: Words, symbol: str, among: Sequence[Order], refused: BinanceError
    ) -> Order:
        """Find the order that is meant, the youngest of its name; all that is said must fit."""
        identity, name = whole(words, "orderId"), words.get("origClientOrderId")
        if identity is None and not name:
            raise _no_identity()
        for order in reversed(among):
            if (
                order.request.market == symbol
                and identity in {None, int(order.order_id)}
                and (not name or order.request.client_order_id == name)
            ):
                return order
        raise refused

    def _check_trading(self, names: Sequence[str]) -> None:
        if self._faults.strike("cannot_trade", *names):
            raise bad_key()
        if self._exchange.status in NOTHING_TRADED:
            raise rejected("Market is closed.")

    def _check_restriction(self, words: Words, order: Order) -> None:
        if not words.get("cancelRestrictions"):
            return
        refused = BinanceError(
            -1145,
            "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.",
        )
        wanted = choice(words, "cancelRestrictions", Restriction, refused)
        if (wanted is Restriction.ONLY_NEW) is bool(order.filled):
            raise BinanceError(-2011, "Order was not canceled due to cancel restrictions.")

    def _still_open(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Leave out what was filled while the cancellation was on its way, if a fault says so."""
        fault = self._faults.strike(
            "fill_before_cancel", "order", "DELETE order", "openOrders", "order.cancel"
        )
        if fault is not None:
            for order in orders:
                self._exchange.meet(order, fault.fraction())
        resting = self._exchange.engine.state.orders
        left = [order for order in orders if order.order_id in resting]
        if not left:
            raise unknown_order()
        return left

    def _as_it_is(self, order: Order) -> Order:
        return self._exchange.archive.orders([order.order_id])[order.order_id]

    def _count_fills(self, transition: Transition) -> None:
        """Take an order off the count of the unfilled with its first fill."""
        first = [
            event
            for event in transition.events
            if isinstance(event, OrderFilled) and event.order.filled == event.fill.quantity
        ]
        if first:
            self._limits.count_order(self._exchange.now(), -len(first))


def _no_identity() -> BinanceError:
    return BinanceError(
        -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    )


def _weight_of_test(words: Words) -> int:
    return 20 if words.get("computeCommissionRates") == "true" else 1


def _weight_of_open(words: Words) -> int:
    return 6 if words.get("symbol") else 80
