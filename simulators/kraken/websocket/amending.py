"""Changing an open order: in place, or by cancelling it and placing another."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from simulators.exchange.numbers import microseconds
from simulators.kraken.errors import (
    CANCEL_ONLY,
    UNKNOWN_ORDER,
    KrakenError,
    invalid_argument,
)
from simulators.kraken.exchange import Exchange
from simulators.kraken.placing import Ticket
from simulators.kraken.tickets import amount, check_deadline
from simulators.kraken.trading import TradingEndpoints
from simulators.kraken.websocket.order_words import deadline_words, listed_pair, number
from simulators.kraken.websocket.requests import boolean
from trading.venues.paper.amendment import Amendment
from trading.venues.paper.values import Order, OrderKind

AMENDABLE = frozenset(
    {"token", "order_id", "cl_ord_id", "order_qty", "limit_price", "post_only", "deadline"}
    | {"symbol"}
)
EDITABLE = AMENDABLE - {"cl_ord_id"} | {"order_userref", "validate", "no_mpp"}


class Amending:
    def __init__(self, *, exchange: Exchange, trading: TradingEndpoints) -> None:
        self._exchange = exchange
        self._trading = trading

    def amend(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the order's ids, and its place in the queue."""
        order = self._order(params, AMENDABLE, "amend order")
        self._trading.count_change(order, is_edit=False)
        self._exchange.amend(
            Amendment(
                order_id=order.order_id,
                quantity=_amount(params, "order_qty"),
                limit_price=_amount(params, "limit_price"),
                post_only=boolean(params, "post_only", default=False),
            )
        )
        at = microseconds(self._exchange.now())
        named = {name: params[name] for name in ("order_id", "cl_ord_id") if name in params}
        return {"amend_id": self._exchange.identifiers.amendment(order.order_id, at), **named}

    def edit(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Cancel the order and place another; what was filled stays with the first."""
        order = self._order(params, EDITABLE, "edit order")
        pair = listed_pair(params, self._exchange.catalogue)
        if order.request.market != pair.symbol or "order_id" not in params:
            raise invalid_argument("symbol")
        wished = _amount(params, "order_qty") or order.request.quantity
        if wished <= order.filled:
            raise invalid_argument("order_qty")
        ticket = replace(
            _ticket(order, self._exchange),
            quantity=wished,
            limit_price=_amount(params, "limit_price") or order.request.limit_price,
            post_only=boolean(params, "post_only", default=order.request.post_only),
            user_reference=params.get("order_userref", order.request.user_reference),
        )
        if boolean(params, "validate", default=False):
            self._exchange.check(ticket)
            return {"original_order_id": order.order_id}
        self._trading.count_change(order, is_edit=True)
        self._exchange.cancel([order.order_id])
        placed = self._trading.place(ticket, names=("edit_order", "EditOrder"))
        return {"order_id": placed.order_id, "original_order_id": order.order_id}

    def _order(self, params: Mapping[str, Any], known: frozenset[str], what: str) -> Order:
        for name in params:
            if name not in known:
                raise KrakenError(f"Unsupported field: '{name}' for the given msg type: {what}")
        check_deadline(deadline_words(params), self._exchange.now())
        if self._exchange.status == "cancel_only":
            raise KrakenError(CANCEL_ONLY)
        order_id, client_order_id = params.get("order_id"), params.get("cl_ord_id")
        if (order_id is None) is (client_order_id is None):
            raise invalid_argument("order_id")
        for order in self._exchange.open_orders:
            if order.order_id == order_id or (
                client_order_id is not None and order.request.client_order_id == client_order_id
            ):
                return order
        raise KrakenError(UNKNOWN_ORDER)


def _amount(params: Mapping[str, Any], name: str) -> Decimal | None:
    if name not in params:
        return None
    return amount({name: number(name, params[name])}, name)


def _ticket(order: Order, exchange: Exchange) -> Ticket:
    request = order.request
    if request.kind is not OrderKind.LIMIT:
        raise invalid_argument("order_id")
    return Ticket(
        pair=exchange.catalogue.pair(request.market),
        side=request.side,
        kind=request.kind,
        quantity=request.quantity,
        limit_price=request.limit_price,
        time_in_force=request.time_in_force,
        post_only=request.post_only,
        expires_at=request.expires_at,
        user_reference=request.user_reference,
    )
