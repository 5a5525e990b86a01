"""This venue's books: the shared ones, and what an order says beyond the engine's words."""

import hashlib
import sqlite3
from decimal import Decimal
from typing import ClassVar

from simulators.exchange.books import Books

CLIENT_ORDER_ID_LENGTH = 22
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class PlainNames:
    """Everything that is numbered goes by its number."""

    def __init__(self, *, seed: str) -> None:
        self._seed = seed

    def trade(self, number: int) -> str:
        return str(number)

    def ledger(self, number: int) -> str:
        return str(number)

    def transfer(self, number: int) -> str:
        """Name a deposit or a withdrawal as the chain does."""
        return hashlib.sha256(f"{self._seed}/transfer/{number}".encode()).hexdigest()

    def client_order(self, number: int | str) -> str:
        """Name an order whose owner did not."""
        digest = hashlib.sha256(f"{self._seed}/client/{number}".encode()).digest()
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:CLIENT_ORDER_ID_LENGTH])


class BinanceBooks(Books):
    file_name: ClassVar[str] = "binance.sqlite3"
    more_tables: ClassVar[str] = (
        "CREATE TABLE IF NOT EXISTS quote_quantities ("
        " order_id TEXT PRIMARY KEY, quantity TEXT NOT NULL) STRICT;"
    )

    def __init__(self, *, connection: sqlite3.Connection, seed: str) -> None:
        super().__init__(connection=connection, seed=seed)
        self.plain_names = PlainNames(seed=seed)

    @property
    def names(self) -> PlainNames:
        return self.plain_names

    def quote_quantity(self, order_id: str) -> Decimal | None:
        """How much of the quote asset a market order was for, if it was said so."""
        row = self.connection.execute(
            "SELECT quantity FROM quote_quantities WHERE order_id = ?", (order_id,)
        ).fetchone()
        return None if row is None else Decimal(row["quantity"])

    def write_quote_quantity(self, order_id: str, quantity: Decimal) -> None:
        self.replace("quote_quantities", {"order_id": order_id, "quantity": str(quantity)})
