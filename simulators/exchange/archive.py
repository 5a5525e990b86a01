"""Looking things up in the books: past orders, fills and ledger rows, newest first."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulators.exchange.rows import Cell, fill_of, ledger_of, order_of
from trading.venues.paper.values import Fill, LedgerRow, Order

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Microseconds: after `start`, up to and including `end`, as the venue counts them."""

    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """`by_close` says whether the span is about closing or opening times."""

    span: Span
    by_close: bool = True
    client_order_id: str | None = None
    user_reference: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    span: Span
    assets: Sequence[str] = ()
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    trade_id: str
    fill: Fill
    ledger_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    entry_id: str
    reference: str
    row: LedgerRow


CLOSED_ORDERS = """
    FROM orders WHERE state <> 'open'
    AND (:start IS NULL OR iif(:by_close, closed_at, opened_at) > :start)
    AND (:end IS NULL OR iif(:by_close, closed_at, opened_at) <= :end)
    AND (:client_order_id IS NULL OR client_order_id = :client_order_id)
    AND (:user_reference IS NULL OR user_reference = :user_reference)
    ORDER BY closed_at DESC, number DESC"""
TRADES = """
    FROM fills WHERE (:start IS NULL OR at > :start) AND (:end IS NULL OR at <= :end)
    ORDER BY number DESC"""
LEDGER = """
    FROM ledger WHERE (:start IS NULL OR at > :start) AND (:end IS NULL OR at <= :end)
    AND (:kind IS NULL OR kind = :kind)
    AND (:assets IS NULL OR asset IN (SELECT value FROM json_each(:assets)))
    ORDER BY number DESC"""


class Archive:
    def __init__(self, *, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def orders(self, order_ids: Sequence[str]) -> dict[str, Order]:
        rows = self.connection.execute(
            "SELECT * FROM orders WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(order_ids)),),
        )
        return {row["id"]: order_of(row) for row in rows}

    def all_orders(self) -> list[Order]:
        rows = self.connection.execute("SELECT * FROM orders ORDER BY number")
        return [order_of(row) for row in rows]

    def closed_orders(self, wanted: OrderFilter, *, offset: int) -> tuple[list[Order], int]:
        """Give one page of closed orders, and how many there are in all."""
        values: dict[str, Cell] = {
            **_bounds(wanted.span),
            "by_close": int(wanted.by_close),
            "client_order_id": wanted.client_order_id,
            "user_reference": wanted.user_reference,
        }
        rows, count = self._page(CLOSED_ORDERS, values, offset)
        return [order_of(row) for row in rows], count

    def trades(self, span: Span, *, offset: int) -> tuple[list[Trade], int]:
        rows, count = self._page(TRADES, _bounds(span), offset)
        return [self._trade(row) for row in rows], count

    def trades_by_id(self, trade_ids: Sequence[str]) -> list[Trade]:
        rows = self.connection.execute(
            "SELECT * FROM fills WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(trade_ids)),),
        ).fetchall()
        return [self._trade(row) for row in rows]

    def trade_ids_of(self, order_id: str) -> list[str]:
        rows = self.connection.execute(
            "SELECT id FROM fills WHERE order_id = ? ORDER BY number", (order_id,)
        )
        return [row["id"] for row in rows]

    def orders_named(self, client_order_id: str) -> list[Order]:
        """Give the orders of one client order id, the youngest last."""
        rows = self.connection.execute(
            "SELECT * FROM orders WHERE client_order_id = ? ORDER BY number", (client_order_id,)
        )
        return [order_of(row) for row in rows]

    def fills_of(self, order_id: str) -> list[Fill]:
        rows = self.connection.execute(
            "SELECT * FROM fills WHERE order_id = ? ORDER BY number", (order_id,)
        )
        return [fill_of(row) for row in rows]

    def all_trades(self) -> list[Trade]:
        rows = self.connection.execute("SELECT * FROM fills ORDER BY number").fetchall()
        return [self._trade(row) for row in rows]

    def fills_since(self, at: int) -> list[Fill]:
        rows = self.connection.execute("SELECT * FROM fills WHERE at > ? ORDER BY number", (at,))
        return [fill_of(row) for row in rows]

    def ledger(self, wanted: LedgerFilter, *, offset: int) -> tuple[list[Entry], int]:
        values: dict[str, Cell] = {
            **_bounds(wanted.span),
            "kind": wanted.kind,
            "assets": json.dumps(list(wanted.assets)) if wanted.assets else None,
        }
        rows, count = self._page(LEDGER, values, offset)
        return [_entry(row) for row in rows], count

    def ledger_by_id(self, entry_ids: Sequence[str]) -> list[Entry]:
        rows = self.connection.execute(
            "SELECT * FROM ledger WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(entry_ids)),),
        )
        return [_entry(row) for row in rows]

    def all_ledger(self) -> list[Entry]:
        rows = self.connection.execute("SELECT * FROM ledger ORDER BY number")
        return [_entry(row) for row in rows]

    def counts(self) -> dict[str, int]:
        row = self.connection.execute(
            "SELECT (SELECT count(*) FROM orders) AS orders,"
            " (SELECT count(*) FROM fills) AS fills, (SELECT count(*) FROM ledger) AS ledger"
        ).fetchone()
        return dict(row)

    def time_of(self, identifier: str) -> int | None:
        """Find when an order was closed (or opened), a trade done, a ledger row entered."""
        for query in (
            "SELECT coalesce(closed_at, opened_at) FROM orders WHERE id = ?",
            "SELECT at FROM fills WHERE id = ?",
            "SELECT at FROM ledger WHERE id = ?",
        ):
            row = self.connection.execute(query, (identifier,)).fetchone()
            if row is not None:
                return int(row[0])
        return None

    def _trade(self, row: sqlite3.Row) -> Trade:
        ledger = self.connection.execute(
            "SELECT id FROM ledger WHERE fill_number = ? ORDER BY number", (row["number"],)
        )
        return Trade(
            trade_id=row["id"],
            fill=fill_of(row),
            ledger_ids=tuple(entry["id"] for entry in ledger),
        )

    def _page(
        self, query: str, values: Mapping[str, Cell], offset: int
    ) -> tuple[list[sqlite3.Row], int]:
        (count,) = self.connection.execute(f"SELECT count(*) {query}", values).fetchone()
        rows = self.connection.execute(
            f"SELECT * {query} LIMIT {PAGE} OFFSET :offset", {**values, "offset": offset}
        ).fetchall()
        return rows, count


def _bounds(span: Span) -> dict[str, Cell]:
    return {"start": span.start, "end": span.end}


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(entry_id=row["id"], reference=row["reference"], row=ledger_of(row))
