"""The durable books: every change is written before anybody hears of it.

One process holds them (SQLite's exclusive lock), in write-ahead mode: a kill at any moment leaves
the books as they were after some whole number of changes. What outlives a kill need not outlive a
power cut here, so a commit does not wait for the disk: the venue's speed is not the disk's.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Protocol, Self

from simulators.exchange.rows import (
    SCHEMA,
    Cell,
    fill_cells,
    ledger_cells,
    order_cells,
    order_of,
)
from simulators.market.bars import Bar
from simulators.market.values import Position
from trading.venues.paper.values import (
    Balance,
    EngineState,
    LedgerEntered,
    LedgerRow,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderState,
    Transition,
)


class BooksInUseError(Exception):
    """Another process holds these books."""


class Names(Protocol):
    """How the venue names what it has numbered; the same number always gets the same name."""

    def trade(self, number: int) -> str: ...

    def ledger(self, number: int) -> str: ...

    def transfer(self, number: int) -> str: ...


class Books(ABC):
    """A venue's own books say what their file is called and what else they keep."""

    file_name: ClassVar[str]
    more_tables: ClassVar[str] = ""

    def __init__(self, *, connection: sqlite3.Connection, seed: str) -> None:
        self._connection = connection
        self.seed = seed
        """What the books were begun with, whatever the venue is started with now."""

    @property
    @abstractmethod
    def names(self) -> Names: ...

    @classmethod
    def open(cls, folder: Path, *, seed: int) -> Self:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / cls.file_name, timeout=1.0, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {cls.more_tables} COMMIT;")
        except sqlite3.OperationalError as error:
            connection.close()
            raise BooksInUseError(f"{folder} is in use by another simulator: {error}") from error
        connection.execute(
            "INSERT OR IGNORE INTO meta (name, value) VALUES ('seed', ?)", (str(seed),)
        )
        (kept,) = connection.execute("SELECT value FROM meta WHERE name = 'seed'").fetchone()
        return cls(connection=connection, seed=kept)

    @property
    def connection(self) -> sqlite3.Connection:
        """For reading only: all writing goes through `transaction`."""
        return self._connection

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write several things at once; on the disk when the block ends, or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def load_state(self) -> EngineState:
        balances = {
            row["asset"]: Balance(total=Decimal(row["total"]), hold=Decimal(row["hold"]))
            for row in self._connection.execute("SELECT * FROM balances")
        }
        open_orders = self._connection.execute(
            "SELECT * FROM orders WHERE state = ? ORDER BY number", (OrderState.OPEN.value,)
        )
        return EngineState(
            balances=MappingProxyType(balances),
            orders=MappingProxyType({row["id"]: order_of(row) for row in open_orders}),
            sequence=int(self.setting("sequence") or 0),
        )

    def write_transition(self, transition: Transition) -> None:
        for event in transition.events:
            match event:
                case (
                    OrderAccepted(order=order)
                    | OrderAmended(order=order)
                    | OrderEnded(order=order)
                ):
                    self.replace("orders", order_cells(order))
                case OrderFilled(order=order, fill=fill):
                    self.replace("orders", order_cells(order))
                    self.insert("fills", fill_cells(fill, self.names.trade(fill.number)))
                case LedgerEntered(row=row):
                    self._write_ledger(row)
        for asset, balance in transition.changed_balances().items():
            self.replace(
                "balances",
                {"asset": asset, "total": str(balance.total), "hold": str(balance.hold)},
            )
        self.write_setting("sequence", str(transition.after.sequence))

    def setting(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])

    def write_setting(self, name: str, value: str) -> None:
        self.replace("meta", {"name": name, "value": value})

    def positions(self) -> dict[str, Position]:
        return {
            row["symbol"]: Position(
                price=Decimal(row["price"]),
                steps=row["steps"],
                elapsed=row["elapsed"],
                scale=Decimal(row["scale"]),
            )
            for row in self._connection.execute("SELECT * FROM prices")
        }

    def write_positions(self, positions: Mapping[str, Position]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO prices VALUES (?, ?, ?, ?, ?)",
            [
                (symbol, str(place.price), place.steps, place.elapsed, str(place.scale))
                for symbol, place in positions.items()
            ],
        )

    def bars(self, symbol: str) -> list[Bar]:
        rows = self._connection.execute(
            "SELECT * FROM bars WHERE symbol = ? ORDER BY start", (symbol,)
        )
        return [_bar(row) for row in rows]

    def write_bars(self, bars: Iterable[tuple[str, Bar]]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_bar_cells(symbol, bar) for symbol, bar in bars],
        )

    def forget_bars(self, *, before: int) -> None:
        self._connection.execute("DELETE FROM bars WHERE start < ?", (before,))

    def _write_ledger(self, row: LedgerRow) -> None:
        reference = (
            self.names.transfer(row.number)
            if row.fill_number is None
            else self.names.trade(row.fill_number)
        )
        self.insert("ledger", ledger_cells(row, self.names.ledger(row.number), reference))

    def insert(self, table: str, cells: Mapping[str, Cell]) -> None:
        self._write("INSERT", table, cells)

    def replace(self, table: str, cells: Mapping[str, Cell]) -> None:
        self._write("INSERT OR REPLACE", table, cells)

    def _write(self, verb: str, table: str, cells: Mapping[str, Cell]) -> None:
        names = ", ".join(cells)
        marks = ", ".join(f":{name}" for name in cells)
        self._connection.execute(f"{verb} INTO {table} ({names}) VALUES ({marks})", dict(cells))


def _bar(row: sqlite3.Row) -> Bar:
    return Bar(
        start=row["start"],
        open=Decimal(row["open"]),
        high=Decimal(row["high"]),
        low=Decimal(row["low"]),
        close=Decimal(row["close"]),
        volume=Decimal(row["volume"]),
        cost=Decimal(row["cost"]),
        count=row["count"],
    )


def _bar_cells(symbol: str, bar: Bar) -> tuple[Cell, ...]:
    prices = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.cost)
    return (symbol, bar.start, *(str(value) for value in prices), bar.count)
