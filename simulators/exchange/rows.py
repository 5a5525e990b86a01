"""How the engine's values are written in rows, and read back."""

import sqlite3
from datetime import datetime
from decimal import Decimal

from simulators.exchange.numbers import from_microseconds, microseconds
from trading.venues.paper.values import (
    CloseReason,
    Fees,
    Fill,
    LedgerKind,
    LedgerRow,
    Order,
    OrderKind,
    OrderRequest,
    OrderState,
    Side,
    TimeInForce,
)

Cell = str | int | None

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS balances (
    asset TEXT PRIMARY KEY, total TEXT NOT NULL, hold TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, client_order_id TEXT,
    user_reference INTEGER, market TEXT NOT NULL, side TEXT NOT NULL, kind TEXT NOT NULL,
    time_in_force TEXT NOT NULL, post_only INTEGER NOT NULL, quantity TEXT NOT NULL,
    limit_price TEXT, expires_at INTEGER, taker_fee TEXT NOT NULL, maker_fee TEXT NOT NULL,
    state TEXT NOT NULL, filled TEXT NOT NULL, cost TEXT NOT NULL, fee TEXT NOT NULL,
    hold TEXT NOT NULL, opened_at INTEGER NOT NULL, closed_at INTEGER, reason TEXT) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_state ON orders (state, closed_at, number);
CREATE INDEX IF NOT EXISTS orders_by_client ON orders (client_order_id);
CREATE TABLE IF NOT EXISTS fills (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL,
    market TEXT NOT NULL, side TEXT NOT NULL, kind TEXT NOT NULL, price TEXT NOT NULL,
    quantity TEXT NOT NULL, cost TEXT NOT NULL, fee TEXT NOT NULL, is_maker INTEGER NOT NULL,
    at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS fills_by_order ON fills (order_id);
CREATE TABLE IF NOT EXISTS ledger (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reference TEXT NOT NULL,
    asset TEXT NOT NULL, kind TEXT NOT NULL, amount TEXT NOT NULL, fee TEXT NOT NULL,
    balance TEXT NOT NULL, fill_number INTEGER, at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS ledger_by_fill ON ledger (fill_number);
CREATE TABLE IF NOT EXISTS prices (
    symbol TEXT PRIMARY KEY, price TEXT NOT NULL, steps INTEGER NOT NULL,
    elapsed REAL NOT NULL, scale TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL, start INTEGER NOT NULL, open TEXT NOT NULL, high TEXT NOT NULL,
    low TEXT NOT NULL, close TEXT NOT NULL, volume TEXT NOT NULL, cost TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (symbol, start)) STRICT, WITHOUT ROWID;
"""


def order_cells(order: Order) -> dict[str, Cell]:
    request = order.request
    return {
        "id": order.order_id,
        "number": order.number,
        "client_order_id": request.client_order_id,
        "user_reference": request.user_reference,
        "market": request.market,
        "side": request.side.value,
        "kind": request.kind.value,
        "time_in_force": request.time_in_force.value,
        "post_only": int(request.post_only),
        "quantity": str(request.quantity),
        "limit_price": None if request.limit_price is None else str(request.limit_price),
        "expires_at": _cell(request.expires_at),
        "taker_fee": str(request.fees.taker),
        "maker_fee": str(request.fees.maker),
        "state": order.state.value,
        "filled": str(order.filled),
        "cost": str(order.cost),
        "fee": str(order.fee),
        "hold": str(order.hold),
        "opened_at": microseconds(order.opened_at),
        "closed_at": _cell(order.closed_at),
        "reason": None if order.reason is None else order.reason.value,
    }


def order_of(row: sqlite3.Row) -> Order:
    limit_price = row["limit_price"]
    request = OrderRequest(
        order_id=row["id"],
        market=row["market"],
        side=Side(row["side"]),
        kind=OrderKind(row["kind"]),
        quantity=Decimal(row["quantity"]),
        fees=Fees(taker=Decimal(row["taker_fee"]), maker=Decimal(row["maker_fee"])),
        limit_price=None if limit_price is None else Decimal(limit_price),
        time_in_force=TimeInForce(row["time_in_force"]),
        post_only=bool(row["post_only"]),
        expires_at=_time(row["expires_at"]),
        client_order_id=row["client_order_id"],
        user_reference=row["user_reference"],
    )
    return Order(
        number=row["number"],
        request=request,
        state=OrderState(row["state"]),
        opened_at=from_microseconds(row["opened_at"]),
        hold=Decimal(row["hold"]),
        filled=Decimal(row["filled"]),
        cost=Decimal(row["cost"]),
        fee=Decimal(row["fee"]),
        closed_at=_time(row["closed_at"]),
        reason=None if row["reason"] is None else CloseReason(row["reason"]),
    )


def fill_cells(fill: Fill, fill_id: str) -> dict[str, Cell]:
    return {
        "number": fill.number,
        "id": fill_id,
        "order_id": fill.order_id,
        "market": fill.market,
        "side": fill.side.value,
        "kind": fill.kind.value,
        "price": str(fill.price),
        "quantity": str(fill.quantity),
        "cost": str(fill.cost),
        "fee": str(fill.fee),
        "is_maker": int(fill.is_maker),
        "at": microseconds(fill.at),
    }


def fill_of(row: sqlite3.Row) -> Fill:
    return Fill(
        number=row["number"],
        order_id=row["order_id"],
        market=row["market"],
        side=Side(row["side"]),
        kind=OrderKind(row["kind"]),
        price=Decimal(row["price"]),
        quantity=Decimal(row["quantity"]),
        cost=Decimal(row["cost"]),
        fee=Decimal(row["fee"]),
        is_maker=bool(row["is_maker"]),
        at=from_microseconds(row["at"]),
    )


def ledger_cells(row: LedgerRow, ledger_id: str, reference: str) -> dict[str, Cell]:
    return {
        "number": row.number,
        "id": ledger_id,
        "reference": reference,
        "asset": row.asset,
        "kind": row.kind.value,
        "amount": str(row.amount),
        "fee": str(row.fee),
        "balance": str(row.balance),
        "fill_number": row.fill_number,
        "at": microseconds(row.at),
    }


def ledger_of(row: sqlite3.Row) -> LedgerRow:
    return LedgerRow(
        number=row["number"],
        asset=row["asset"],
        kind=LedgerKind(row["kind"]),
        amount=Decimal(row["amount"]),
        fee=Decimal(row["fee"]),
        balance=Decimal(row["balance"]),
        fill_number=row["fill_number"],
        at=from_microseconds(row["at"]),
    )


def _cell(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)
