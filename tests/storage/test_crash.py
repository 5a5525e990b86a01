"""A process killed while it writes leaves a whole database, and loses nothing it confirmed."""

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.inbox import InboxRepository
from tests.support.processes import Child, running
from tests.support.stores import open_database
from tests.support.waiting import eventually

ROUNDS = 5


async def test_sigkill_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    dice = random.Random(11)
    confirmed: list[dict[str, object]] = []
    for _ in range(ROUNDS):
        async with running("-m", "tests.storage.worker", "write", tmp_path) as child:
            await until_said(child, 2 + dice.randrange(40), every=dice.uniform(0.001, 0.01))
            await child.kill()
        # The last line may have been cut off by the kill.
        confirmed += [json.loads(line) for line in child.lines[1:] if line.endswith("}")]
        check(tmp_path / "steelyard.db", confirmed)
    async with open_database(tmp_path) as database:
        inbox = InboxRepository(database=database)
        assert await database.quick_check() == ()
        assert {each["update_id"] for each in confirmed} <= {
            row.update_id for row in await inbox.pending()
        }


async def until_said(child: Child, lines: int, *, every: float) -> None:
    await eventually(lambda: len(child.lines) >= lines, every=every)


def check(path: Path, confirmed: list[dict[str, object]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
        orders = dict(connection.execute("SELECT client_order_id, status FROM orders"))
        events = connection.execute("SELECT client_order_id, status FROM order_events").fetchall()
        told = {row[0] for row in connection.execute("SELECT dedupe_key FROM outbox")}
    assert all(orders[str(each["order"])] == "submitting" for each in confirmed)
    # An order, its history and its notice are one transaction: all there, or none.
    assert {name for name, status in events if status == "planned"} == set(orders)
    submitting = {name for name, status in orders.items() if status == "submitting"}
    assert {name for name, status in events if status == "submitting"} == submitting == told
    assert len(orders) % 2 == 0
