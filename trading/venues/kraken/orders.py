"""Reads and writes Kraken's orders, fills and ledger rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar, assert_never

from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.model.order import OrderType, TimeInForce, VenueOrder
from trading.model.order_status import OrderStatus
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.codes import AssetCodes

Word = TypeVar("Word")

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_ORDER_TYPES = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}
_ENDED = {
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
}
_WORKING = frozenset({"pending", "open"})
_LEDGER_KINDS = {
    "trade": LedgerKind.TRADE,
    "spend": LedgerKind.TRADE,
    "receive": LedgerKind.TRADE,
    "deposit": LedgerKind.DEPOSIT,
    "withdrawal": LedgerKind.WITHDRAWAL,
    "transfer": LedgerKind.TRANSFER,
    "staking": LedgerKind.REWARD,
    "reward": LedgerKind.REWARD,
    "dividend": LedgerKind.REWARD,
}
"""What is not listed here (rollovers, adjustments, whatever comes) is OTHER, by design."""


def add_order_parameters(order: ApprovedOrder, *, pair: str, deadline: datetime) -> dict[str, str]:
    """Return the parameters of AddOrder.

    The fee is asked for in quote, so that a fill never takes more base than the order says; the
    engine refuses the order after `deadline`, so that it cannot be executed late.
    """
    intent = order.intent
    parameters = {
        "pair": pair,
        "type": intent.side.value,
        "ordertype": intent.order_type.value,
        "volume": f"{intent.quantity:f}",
        "oflags": "fciq",
        "cl_ord_id": order.client_order_id,
        "deadline": deadline.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if intent.limit_price is not None:
        parameters["price"] = f"{intent.limit_price:f}"
        parameters["timeinforce"] = _time_in_force(intent.time_in_force)
    return parameters


def pair_of(row: Row) -> str:
    """Return the pair code of an order row, or of a fill row."""
    return row.row("descr").text("pair") if "descr" in row.fields else row.text("pair")


def parse_order(order_id: str, row: Row, *, venue: VenueName, symbol: Symbol) -> VenueOrder:
    """Read one row of OpenOrders, ClosedOrders or QueryOrders."""
    description = row.row("descr")
    order_type = _ORDER_TYPES.get(description.text("ordertype"))
    limit_price = description.decimal("price") if order_type is OrderType.LIMIT else None
    client_order_id = row.optional_text("cl_ord_id")
    return VenueOrder(
        venue=venue,
        venue_order_id=VenueOrderId(order_id),
        client_order_id=ClientOrderId(client_order_id) if client_order_id else None,
        symbol=symbol,
        side=_side(description),
        order_type=order_type,
        status=_status(row),
        quantity=row.decimal("vol"),
        filled_quantity=row.decimal("vol_exec"),
        limit_price=limit_price,
        cost=row.decimal("cost"),
        fee=row.decimal("fee"),
        opened_at=row.time("opentm"),
        closed_at=row.time("closetm") if row.fields.get("closetm") else None,
        reason=row.optional_text("reason"),
    )


def parse_fill(fill_id: str, row: Row, *, venue: VenueName, symbol: Symbol) -> Fill:
    """Read one row of TradesHistory; Kraken states cost and fee in quote there."""
    client_order_id = row.optional_text("cl_ord_id")
    quantity = row.decimal("vol")
    if quantity <= 0:
        raise Malformed(f"{row.where}.vol was {quantity}")
    return Fill(
        venue=venue,
        fill_id=FillId(fill_id),
        venue_order_id=VenueOrderId(row.text("ordertxid")),
        client_order_id=ClientOrderId(client_order_id) if client_order_id else None,
        symbol=symbol,
        side=_side(row),
        quantity=quantity,
        price=row.decimal("price"),
        cost=row.decimal("cost"),
        fee=row.decimal("fee"),
        fee_asset=symbol.quote,
        executed_at=row.time("time"),
    )


def parse_ledger_entry(
    ledger_id: str, row: Row, *, venue: VenueName, codes: AssetCodes
) -> LedgerEntry:
    """Read one row of Ledgers."""
    return LedgerEntry(
        venue=venue,
        ledger_id=ledger_id,
        kind=_ledger_kind(row),
        asset=codes.name(row.text("asset")),
        amount=row.decimal("amount"),
        fee=row.decimal("fee"),
        balance=row.decimal("balance"),
        at=row.time("time"),
    )


def _ledger_kind(row: Row) -> LedgerKind:
    """What goes to and fro between a spot and an earning balance is no reward, and no loss."""
    word = row.text("type")
    if word == "earn":
        is_reward = row.optional_text("subtype") == "reward"
        return LedgerKind.REWARD if is_reward else LedgerKind.TRANSFER
    return _LEDGER_KINDS.get(word, LedgerKind.OTHER)


def parse_transaction_ids(result: object) -> tuple[str, ...]:
    """Read the answer to AddOrder."""
    ids = Row.of(result, "AddOrder").array("txid")
    if not ids or not all(isinstance(text, str) and text for text in ids):
        raise Malformed(f"AddOrder names no order: {ids}")
    return tuple(ids)


def _side(row: Row) -> Side:
    return _known(_SIDES, row.text("type"), row)


def _status(row: Row) -> OrderStatus:
    word = row.text("status")
    if word in _WORKING:
        return OrderStatus.PARTIALLY_FILLED if row.decimal("vol_exec") else OrderStatus.OPEN
    return _known(_ENDED, word, row)


def _known(words: Mapping[str, Word], text: str, row: Row) -> Word:
    if text not in words:
        raise Malformed(f"{row.where}: the word {text!r} is not known")
    return words[text]


def _time_in_force(value: TimeInForce) -> str:
    match value:
        case TimeInForce.GTC:
            return "GTC"
        case TimeInForce.IOC:
            return "IOC"
        case _:
            assert_never(value)
