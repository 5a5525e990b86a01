"""What the store costs over bare sqlite3: the same rows, tables and pragmas, side by side."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.measures import Measure
from simulators.clock import Clock
from storage.connections import WRITING
from storage.database import Database
from storage.inbox import InboxRepository
from storage.orders import OrderRepository
from tests.support.stores import NEW_ORDER, NOW, inbox_row, move, open_database, order_id

OPERATIONS = 200
ROUNDS = 5
CALLERS = 20
Row = dict[str, Any]
Statement = tuple[str, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Operations a second, of two commits each: through the store, and bare."""

    name: str
    store: float
    bare: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contest:
    """One operation, done both ways; the bare way is a list of statements for each commit."""

    name: str
    through_the_store: Callable[[int], Awaitable[None]]
    bare: Callable[[int], Sequence[Sequence[Statement]]]
    at_once: int = 1
    """So many callers of the store ask together; the bare way has no callers but one."""
    first: int = 1
    """The first key; no two contests on one table share any."""


async def measure(
    folder: Path, *, clock: Clock, operations: int = OPERATIONS, rounds: int = ROUNDS
) -> tuple[Rates, ...]:
    """Take turns, a round each, so that both meet the same machine."""
    (folder / "bare").mkdir()
    beside = folder / "bare" / "steelyard.db"
    async with open_database(folder) as database, open_database(folder / "bare"):
        contests = (
            (inbox := await _inbox(database, folder / "steelyard.db")),
            replace(inbox, name=f"{inbox.name}, {CALLERS} at once", at_once=CALLERS, first=10**6),
            await _orders(database, folder / "steelyard.db"),
        )
        with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
            for pragma in WRITING:
                connection.execute(pragma)
            return tuple(
                [
                    await _take_turns(contest, connection, clock, (operations, rounds))
                    for contest in contests
                ]
            )


async def _take_turns(
    contest: _Contest, connection: sqlite3.Connection, clock: Clock, size: tuple[int, int]
) -> Rates:
    operations, rounds = size
    store_seconds = bare_seconds = 0.0
    for number in range(rounds):
        first = contest.first + number * operations
        keys = range(first, first + operations)
        began = clock.monotonic()
        for start in range(keys.start, keys.stop, contest.at_once):
            some = keys[start - keys.start :][: contest.at_once]
            await asyncio.gather(*map(contest.through_the_store, some))
        store_seconds += clock.monotonic() - began
        began = clock.monotonic()
        for key in keys:
            for statements in contest.bare(key):
                _commit(connection, statements)
        bare_seconds += clock.monotonic() - began
    total = operations * rounds
    return Rates(name=contest.name, store=total / store_seconds, bare=total / bare_seconds)


async def _inbox(database: Database, path: Path) -> _Contest:
    inbox = InboxRepository(database=database)

    async def accept_and_claim(key: int) -> None:
        await inbox.accept([inbox_row(key)])
        assert await inbox.claim(key, NOW)

    await accept_and_claim(0)
    row = _stored(path, "inbox", "arrival")

    def bare(key: int) -> Sequence[Sequence[Statement]]:
        claimed = "UPDATE inbox SET status = 'claimed', claimed_at = :claimed_at "
        claimed += "WHERE update_id = :update_id AND status = 'new'"
        named = row | {"update_id": key, "raw": inbox_row(key).raw}
        return [
            [_insert("inbox", named | {"status": "new", "claimed_at": None})],
            [(claimed, named)],
        ]

    return _Contest(name="inbox accept + claim", through_the_store=accept_and_claim, bare=bare)


async def _orders(database: Database, path: Path) -> _Contest:
    journal = OrderRepository(database=database)

    async def plan_and_submit(key: int) -> None:
        del key
        (order,) = await journal.plan([NEW_ORDER], order_id)
        await journal.move(move(order, "submitting"))

    await plan_and_submit(0)
    row = _stored(path, "orders", "sequence")
    event = _stored(path, "order_events", "sequence")

    def bare(key: int) -> Sequence[Sequence[Statement]]:
        name = {"client_order_id": f"{row['client_order_id']}-{key}"}
        submitted = "UPDATE orders SET status = :status, updated_at = :updated_at "
        submitted += "WHERE client_order_id = :client_order_id AND status = 'planned'"
        first = event | name | {"status": "planned", "previous": None}
        return [
            [
                _insert("orders", row | name | {"status": "planned"}),
                _insert("order_events", first),
            ],
            [_insert("order_events", event | name), (submitted, row | name)],
        ]

    return _Contest(name="order plan + submit", through_the_store=plan_and_submit, bare=bare)


def _stored(path: Path, name: str, key: str) -> Row:
    """Return the newest row as the store wrote it, without the number that SQLite gives."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        newest = connection.execute(f"SELECT * FROM {name} ORDER BY {key} DESC").fetchone()  # noqa: S608 - our own words
    return {column: value for column, value in dict(newest).items() if column != key}


def _insert(name: str, row: Row) -> Statement:
    marks = ", ".join(f":{column}" for column in row)
    return f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", row  # noqa: S608 - our own words


def _commit(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for words, values in statements:
        connection.execute(words, values)
    connection.execute("COMMIT")


def rows(found: Sequence[Rates]) -> Sequence[Measure]:
    """Return the rows of the table."""
    return [
        Measure(
            name=f"store, {each.name}",
            value=f"{each.store:.0f}/s",
            note=f"bare sqlite3 in turn: {each.bare:.0f}/s, ratio {each.store / each.bare:.2f}",
        )
        for each in found
    ]
