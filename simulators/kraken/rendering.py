"""Orders, trades and ledger rows as the REST answers show them."""

from collections.abc import Sequence
from typing import Any

from simulators.exchange.archive import Entry, Trade
from simulators.exchange.numbers import fixed
from simulators.kraken.catalogue import Catalogue, ListedPair
from simulators.kraken.numbers import unix
from simulators.kraken.placing import Ticket
from trading.venues.paper.values import ZERO, Order, OrderState

NO_PRICE = "0"
POSITION_ID = "TKH2SE-M7IF5-CFI7LT"  # spot trades carry one although they open no position


def describe(ticket: Ticket) -> dict[str, str]:
    """Describe an order in the venue's one line of words, and in its parts."""
    pair = ticket.pair
    price = (
        NO_PRICE if ticket.limit_price is None else fixed(ticket.limit_price, pair.price_decimals)
    )
    volume = fixed(ticket.quantity, pair.lot_decimals)
    line = f"{ticket.side.value} {volume} {pair.altname} @ {ticket.kind.value}"
    return {
        "pair": pair.altname,
        "type": ticket.side.value,
        "ordertype": ticket.kind.value,
        "price": price,
        "price2": NO_PRICE,
        "leverage": "none",
        "order": line if price == NO_PRICE else f"{line} {price}",
    }


def ticket_of(order: Order, pair: ListedPair) -> Ticket:
    request = order.request
    return Ticket(
        pair=pair,
        side=request.side,
        kind=request.kind,
        quantity=request.quantity,
        limit_price=request.limit_price,
    )


def render_order(
    order: Order, *, catalogue: Catalogue, trade_ids: Sequence[str] | None = None
) -> dict[str, Any]:
    request = order.request
    pair = catalogue.pair(request.market)
    average = order.average_price or ZERO
    shown: dict[str, Any] = {
        "refid": None,
        "userref": request.user_reference or 0,
        "status": order.state.value,
        "opentm": unix(order.opened_at),
        "starttm": 0,
        "expiretm": 0 if request.expires_at is None else unix(request.expires_at),
        "descr": {**describe(ticket_of(order, pair)), "close": ""},
        "vol": fixed(request.quantity, pair.lot_decimals),
        "vol_exec": fixed(order.filled, pair.lot_decimals),
        "cost": fixed(order.cost, pair.cost_decimals),
        "fee": fixed(order.fee, pair.cost_decimals),
        "price": fixed(average, pair.price_decimals),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if request.post_only else "fciq",
    }
    if request.client_order_id is not None:
        shown["cl_ord_id"] = request.client_order_id
    if order.state is not OrderState.OPEN and order.closed_at is not None:
        shown["reason"] = None if order.reason is None else order.reason.value
        shown["closetm"] = unix(order.closed_at)
    if trade_ids is not None:
        shown["trades"] = list(trade_ids)
    return shown


def render_trade(trade: Trade, *, catalogue: Catalogue, ledgers: bool) -> dict[str, Any]:
    fill = trade.fill
    pair = catalogue.pair(fill.market)
    shown: dict[str, Any] = {
        "ordertxid": fill.order_id,
        "postxid": POSITION_ID,
        "pair": pair.key,
        "time": unix(fill.at),
        "type": fill.side.value,
        "ordertype": fill.kind.value,
        "price": fixed(fill.price, max(5, pair.price_decimals)),
        "cost": fixed(fill.cost, pair.cost_decimals),
        "fee": fixed(fill.fee, pair.cost_decimals),
        "vol": fixed(fill.quantity, pair.lot_decimals),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.number,
        "maker": fill.is_maker,
    }
    if ledgers:
        shown["ledgers"] = list(trade.ledger_ids)
    return shown


def render_entry(entry: Entry, *, catalogue: Catalogue) -> dict[str, Any]:
    row = entry.row
    asset = catalogue.asset(row.asset)
    return {
        "refid": entry.reference,
        "time": unix(row.at),
        "type": row.kind.value,
        "subtype": "",
        "aclass": "currency",
        "asset": asset.code,
        "amount": fixed(row.amount, asset.decimals),
        "fee": fixed(row.fee, asset.decimals),
        "balance": fixed(row.balance, asset.decimals),
    }
