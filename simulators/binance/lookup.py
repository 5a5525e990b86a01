"""Looking past orders, trades and transfers up as this venue's questions ask for them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.exchange.rows import Cell, fill_of, ledger_of, order_of
from trading.venues.paper.values import Fill, LedgerKind, LedgerRow, Order

ORDERS = """
    SELECT * FROM orders WHERE market = :market
    AND (:first IS NULL OR number >= :first)
    AND (:start IS NULL OR opened_at >= :start) AND (:end IS NULL OR opened_at <= :end)"""
FILLS = """
    SELECT * FROM fills WHERE market = :market
    AND (:first IS NULL OR number >= :first) AND (:order_id IS NULL OR order_id = :order_id)
    AND (:start IS NULL OR at >= :start) AND (:end IS NULL OR at <= :end)"""
TRANSFERS = """
    SELECT * FROM ledger WHERE kind = :kind AND (:asset IS NULL OR asset = :asset)
    AND (:start IS NULL OR at >= :start) AND (:end IS NULL OR at <= :end)
    ORDER BY number DESC LIMIT :limit OFFSET :offset"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Rows of one market from a number on, or of a stretch of time in milliseconds.

    Without a beginning it is the newest rows that are meant; they are given oldest first.
    """

    market: str
    limit: int
    first: int | None = None
    start: int | None = None
    end: int | None = None
    order_id: str | None = None

    @property
    def has_beginning(self) -> bool:
        return self.first is not None or self.start is not None

    def cells(self) -> dict[str, Cell]:
        return {
            "market": self.market,
            "limit": self.limit,
            "first": self.first,
            "start": None if self.start is None else self.start * 1000,
            "end": None if self.end is None else self.end * 1000 + 999,
            "order_id": self.order_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    reference: str
    row: LedgerRow


class Lookup:
    def __init__(self, *, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def orders(self, wanted: Wanted) -> list[Order]:
        return [order_of(row) for row in self._rows(ORDERS, wanted)]

    def fills(self, wanted: Wanted) -> list[Fill]:
        return [fill_of(row) for row in self._rows(FILLS, wanted)]

    def transfers(
        self, kind: LedgerKind, *, asset: str | None, span: Sequence[int | None], page: slice
    ) -> list[Transfer]:
        """Give deposits or withdrawals, newest first; `span` is in milliseconds."""
        start, end = span
        values: dict[str, Cell] = {
            "kind": kind.value,
            "asset": asset,
            "start": None if start is None else start * 1000,
            "end": None if end is None else end * 1000 + 999,
            "offset": page.start,
            "limit": page.stop - page.start,
        }
        rows = self._connection.execute(TRANSFERS, values)
        return [Transfer(reference=row["reference"], row=ledger_of(row)) for row in rows]

    def _rows(self, query: str, wanted: Wanted) -> list[sqlite3.Row]:
        direction = "ASC" if wanted.has_beginning else "DESC"
        found = self._connection.execute(
            f"{query} ORDER BY number {direction} LIMIT :limit", wanted.cells()
        ).fetchall()
        return found if wanted.has_beginning else found[::-1]
