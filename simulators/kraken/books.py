"""This venue's books: the shared ones, and the nonces that are used up."""

import sqlite3
from typing import ClassVar

from simulators.exchange.books import Books
from simulators.kraken.identifiers import Identifiers


class KrakenBooks(Books):
    file_name: ClassVar[str] = "kraken.sqlite3"
    more_tables: ClassVar[str] = (
        "CREATE TABLE IF NOT EXISTS nonces (key TEXT PRIMARY KEY, last TEXT NOT NULL) STRICT;"
    )

    def __init__(self, *, connection: sqlite3.Connection, seed: str) -> None:
        super().__init__(connection=connection, seed=seed)
        self.identifiers = Identifiers(seed=seed)

    @property
    def names(self) -> Identifiers:
        return self.identifiers

    def last_nonces(self) -> dict[str, int]:
        rows = self.connection.execute("SELECT key, last FROM nonces")
        return {row["key"]: int(row["last"]) for row in rows}

    def write_nonce(self, key: str, nonce: int) -> None:
        self.replace("nonces", {"key": key, "last": str(nonce)})
