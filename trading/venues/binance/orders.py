"""Reads and writes Binance's orders and trades.

Its order and trade numbers count by symbol: an id of ours for them is "BTCUSDT-28".
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_never

from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    FillId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order import OrderType, TimeInForce, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal
from trading.venues.decoding import Malformed, Row, to_time

THOUSAND = 1000
SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
ORDER_TYPES = {"MARKET": OrderType.MARKET, "LIMIT": OrderType.LIMIT}
_STATUS = {
    "NEW": OrderStatus.OPEN,
    "PENDING_NEW": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "PENDING_CANCEL": OrderStatus.OPEN,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}
_ZERO = Decimal(0)


def order_id(code: str, number: int) -> VenueOrderId:
    """Return our form of an order's number."""
    return VenueOrderId(f"{code}-{number}")


def fill_id(code: str, number: int) -> FillId:
    """Return our form of a trade's number."""
    return FillId(f"{code}-{number}")


def split_order_id(venue_order_id: VenueOrderId) -> tuple[str, str] | None:
    """Return code and number; None for what is no order of Binance's."""
    code, separator, number = venue_order_id.rpartition("-")
    if not separator or not code or not (number.isascii() and number.isdigit()):
        return None
    return code, number


def order_parameters(order: ApprovedOrder, *, code: str) -> dict[str, str]:
    """Return the parameters of a new order; the answer is to tell of its fills at once."""
    intent = order.intent
    parameters = {
        "symbol": code,
        "side": intent.side.value.upper(),
        "type": intent.order_type.value.upper(),
        "quantity": f"{intent.quantity:f}",
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "FULL",
    }
    if intent.limit_price is not None:
        parameters["price"] = f"{intent.limit_price:f}"
        parameters["timeInForce"] = _time_in_force(intent.time_in_force)
    return parameters


def milliseconds(row: Row, name: str) -> datetime:
    """Return a time given in milliseconds since 1970."""
    return to_time(row.decimal(name) / THOUSAND, f"{row.where}.{name}")


def status_of(row: Row, name: str) -> OrderStatus:
    """Return the status that a word stands for; one that is not known is malformed."""
    word = row.text(name)
    if word not in _STATUS:
        raise Malformed(f"{row.where}: the order status {word!r} is not known")
    return _STATUS[word]


def side_of(row: Row, name: str) -> Side:
    """Return the side that a word stands for."""
    word = row.text(name)
    if word not in SIDES:
        raise Malformed(f"{row.where}: the side {word!r} is not known")
    return SIDES[word]


def parse_order(row: Row, *, venue: VenueName, symbol: Symbol) -> VenueOrder:
    """Read one order of a list, of a query, or of the answer to a new one."""
    kind = ORDER_TYPES.get(row.text("type"))
    status = status_of(row, "status")
    opened = "time" if "time" in row.fields else "transactTime"
    changed = "updateTime" if "updateTime" in row.fields else "transactTime"
    return VenueOrder(
        venue=venue,
        venue_order_id=order_id(row.text("symbol"), row.integer("orderId")),
        client_order_id=ClientOrderId(row.text("clientOrderId")),
        symbol=symbol,
        side=side_of(row, "side"),
        order_type=kind,
        status=status,
        quantity=row.decimal("origQty"),
        filled_quantity=row.decimal("executedQty"),
        limit_price=row.decimal("price") if kind is OrderType.LIMIT else None,
        cost=_cost(row),
        fee=None,
        opened_at=milliseconds(row, opened),
        closed_at=milliseconds(row, changed) if is_terminal(status) else None,
        reason=row.optional_text("expiryReason"),
    )


def parse_trade(row: Row, *, venue: VenueName, symbol: Symbol) -> Fill:
    """Read one row of myTrades; the fee may be in any asset, BNB for one."""
    code, is_buyer = row.text("symbol"), row.raw("isBuyer")
    if not isinstance(is_buyer, bool):
        raise Malformed(f"{row.where}.isBuyer was {is_buyer!r}")
    return checked(
        Fill(
            venue=venue,
            fill_id=fill_id(code, row.integer("id")),
            venue_order_id=order_id(code, row.integer("orderId")),
            client_order_id=None,
            symbol=symbol,
            side=Side.BUY if is_buyer else Side.SELL,
            quantity=row.decimal("qty"),
            price=row.decimal("price"),
            cost=row.decimal("quoteQty"),
            fee=row.decimal("commission"),
            fee_asset=fee_asset(row, "commissionAsset", symbol),
            executed_at=milliseconds(row, "time"),
        )
    )


def parse_full_answer(
    row: Row, *, venue: VenueName, symbol: Symbol
) -> tuple[VenueOrder, tuple[Fill, ...]]:
    """Read the answer to a new order: the order as it is after it traded, and its fills."""
    order = parse_order(row, venue=venue, symbol=symbol)
    fills = []
    for entry in row.array("fills") if "fills" in row.fields else ():
        part = Row.of(entry, f"{row.where}.fills")
        quantity, price = part.decimal("qty"), part.decimal("price")
        fills.append(
            checked(
                Fill(
                    venue=venue,
                    fill_id=fill_id(row.text("symbol"), part.integer("tradeId")),
                    venue_order_id=order.venue_order_id,
                    client_order_id=order.client_order_id,
                    symbol=symbol,
                    side=order.side,
                    quantity=quantity,
                    price=price,
                    cost=quantity * price,
                    fee=part.decimal("commission"),
                    fee_asset=fee_asset(part, "commissionAsset", symbol),
                    executed_at=milliseconds(row, "transactTime"),
                )
            )
        )
    return order, tuple(fills)


def fee_asset(row: Row, name: str, symbol: Symbol) -> Asset:
    """Return what a fee was paid in; a fill without a fee names nothing."""
    return Asset(row.optional_text(name) or symbol.quote)


def checked(fill: Fill) -> Fill:
    """Return a fill that can be; another is malformed."""
    if fill.quantity <= 0 or fill.price <= 0 or fill.cost < 0:
        raise Malformed(f"fill {fill.fill_id} was of {fill.quantity} at {fill.price}")
    return fill


def _cost(row: Row) -> Decimal:
    """Return what was traded in quote; very old orders say a number below 0, for unknown."""
    return max(_ZERO, row.decimal("cummulativeQuoteQty"))


def _time_in_force(value: TimeInForce) -> str:
    match value:
        case TimeInForce.GTC:
            return "GTC"
        case TimeInForce.IOC:
            return "IOC"
        case _:
            assert_never(value)
