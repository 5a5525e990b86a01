"""Orders and trades as the answers and the events show them."""

from collections.abc import Sequence
from typing import Any

from simulators.binance.exchange import Exchange
from simulators.binance.numbers import eight, milliseconds
from simulators.binance.tickets import SELF_TRADE_PREVENTION, Direction, Force, OrderType
from trading.venues.paper.values import (
    ZERO,
    CloseReason,
    Fill,
    Order,
    OrderKind,
    OrderState,
    Side,
)

NO_LIST = -1
_DIRECTIONS = {Side.BUY: Direction.BUY, Side.SELL: Direction.SELL}
_ENDS = {
    CloseReason.USER: "CANCELED",
    CloseReason.SELF_TRADE: "EXPIRED_IN_MATCH",
}


def status_of(order: Order) -> str:
    match order.state:
        case OrderState.OPEN:
            return "PARTIALLY_FILLED" if order.filled else "NEW"
        case OrderState.CLOSED:
            return "FILLED"
        case OrderState.EXPIRED:
            return "EXPIRED"
        case OrderState.CANCELED:
            return _ENDS.get(order.reason or CloseReason.USER, "EXPIRED")


def direction_of(side: Side) -> str:
    return _DIRECTIONS[side].value


def type_of(order: Order) -> str:
    if order.request.kind is OrderKind.MARKET:
        return OrderType.MARKET.value
    return (OrderType.LIMIT_MAKER if order.request.post_only else OrderType.LIMIT).value


def force_of(order: Order) -> str:
    return Force[order.request.time_in_force.name].value


def expiry_reason(order: Order) -> str | None:
    """Say why an order expired; None where it did not."""
    if order.state is not OrderState.CANCELED or order.reason is CloseReason.USER:
        return None
    if order.reason is CloseReason.SELF_TRADE:
        return SELF_TRADE_PREVENTION
    return "INSUFFICIENT_LIQUIDITY"


class Rendering:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange

    def acknowledged(self, order: Order) -> dict[str, Any]:
        return {
            "symbol": self._name(order.request.market),
            "orderId": int(order.order_id),
            "orderListId": NO_LIST,
            "clientOrderId": order.request.client_order_id,
            "transactTime": milliseconds(order.opened_at),
        }

    def result(self, order: Order) -> dict[str, Any]:
        return {
            **self.acknowledged(order),
            **self._amounts(order),
            "workingTime": milliseconds(order.opened_at),
            "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        }

    def full(self, order: Order, fills: Sequence[Fill]) -> dict[str, Any]:
        shown = [
            {
                "price": eight(fill.price),
                "qty": eight(fill.quantity),
                "commission": eight(fill.fee),
                "commissionAsset": self.commission_asset(fill),
                "tradeId": fill.number,
            }
            for fill in fills
        ]
        return {**self.result(order), "fills": shown}

    def cancelled(self, order: Order, cancel_id: str) -> dict[str, Any]:
        return {
            "symbol": self._name(order.request.market),
            "origClientOrderId": order.request.client_order_id,
            "orderId": int(order.order_id),
            "orderListId": NO_LIST,
            "clientOrderId": cancel_id,
            "transactTime": milliseconds(order.closed_at or order.opened_at),
            **self._amounts(order),
            "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        }

    def order(self, order: Order) -> dict[str, Any]:
        """Show an order as questions about it do."""
        amounts = self._amounts(order)
        reason = expiry_reason(order)
        return {
            "symbol": self._name(order.request.market),
            "orderId": int(order.order_id),
            "orderListId": NO_LIST,
            "clientOrderId": order.request.client_order_id,
            **{name: value for name, value in amounts.items() if name != "origQuoteOrderQty"},
            "stopPrice": eight(ZERO),
            "icebergQty": eight(ZERO),
            "time": milliseconds(order.opened_at),
            "updateTime": milliseconds(self._updated_at(order)),
            "isWorking": True,
            "workingTime": milliseconds(order.opened_at),
            "origQuoteOrderQty": amounts["origQuoteOrderQty"],
            "selfTradePreventionMode": SELF_TRADE_PREVENTION,
            **({} if reason is None else {"expiryReason": reason}),
        }

    def trade(self, fill: Fill) -> dict[str, Any]:
        return {
            "symbol": self._name(fill.market),
            "id": fill.number,
            "orderId": int(fill.order_id),
            "orderListId": NO_LIST,
            "price": eight(fill.price),
            "qty": eight(fill.quantity),
            "quoteQty": eight(fill.cost),
            "commission": eight(fill.fee),
            "commissionAsset": self.commission_asset(fill),
            "time": milliseconds(fill.at),
            "isBuyer": fill.side is Side.BUY,
            "isMaker": fill.is_maker,
            "isBestMatch": True,
        }

    def commission_asset(self, fill: Fill) -> str:
        base, _, quote = fill.market.partition("/")
        return base if fill.side is Side.BUY else quote

    def _amounts(self, order: Order) -> dict[str, Any]:
        request = order.request
        return {
            "price": eight(request.limit_price or ZERO),
            "origQty": eight(request.quantity),
            "executedQty": eight(order.filled),
            "origQuoteOrderQty": eight(self._exchange.quote_quantity(order)),
            "cummulativeQuoteQty": eight(order.cost),
            "status": status_of(order),
            "timeInForce": force_of(order),
            "type": type_of(order),
            "side": direction_of(request.side),
        }

    def _updated_at(self, order: Order) -> Any:
        if order.closed_at is not None:
            return order.closed_at
        fills = self._exchange.archive.fills_of(order.order_id) if order.filled else ()
        return fills[-1].at if fills else order.opened_at

    def _name(self, symbol: str) -> str:
        return self._exchange.catalogue.listed(symbol).name
