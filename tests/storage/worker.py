"""A process of its own, for the tests that kill one or need two.

`write FOLDER`: journals orders and accepts updates for ever, and says each only once committed.
`fill FOLDER`: meets a full disk, says what it is told, gets room again and says how it goes on.
`hold DATABASE`: holds the write lock until it is ended.
`take DATABASE TIMES`: takes the write lock again and again, and counts up.
`own FOLDER`: owns a state directory until it is ended.
`modules FOLDER`: opens a store and says whether Alembic was needed.
"""

import asyncio
import json
import resource
import signal
import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

from storage.errors import SteelyardError
from storage.inbox import InboxRepository
from storage.orders import OrderRepository
from storage.records import NewNotice
from storage.state_directory import StateDirectory
from tests.support.stores import NEW_ORDER, inbox_row, move, open_database, order_id


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def write(folder: Path) -> None:
    async with open_database(folder) as database:
        inbox = InboxRepository(database=database)
        orders = OrderRepository(database=database)
        first = await inbox.next_offset() or 1
        say(ready=True)
        for number in count(first):
            # Together, so that the two share a commit.
            planned, _ = await asyncio.gather(
                orders.plan([NEW_ORDER, NEW_ORDER], order_id), inbox.accept([inbox_row(number)])
            )
            notice = NewNotice(kind="order", payload="{}", dedupe_key=planned[0].client_order_id)
            await orders.move(move(planned[0], "submitting", notices=(notice,)))
            say(update_id=number, order=planned[0].client_order_id)


async def fill(folder: Path) -> None:
    async with open_database(folder) as database:
        inbox = InboxRepository(database=database)
        await inbox.accept([inbox_row(1)])
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        refusal = await until_refused(inbox)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await inbox.accept([inbox_row(-1)])
        kept = len(await inbox.pending())
        damage = await database.quick_check()
        say(refusal=refusal[0], stored=refusal[1], kept=kept, damage=damage)


async def until_refused(inbox: InboxRepository) -> tuple[str, int]:
    for number in range(2, 100_000):
        try:
            await inbox.accept([inbox_row(number)])
        except SteelyardError as error:
            return type(error).__name__, number - 1
    return "never", 0


def hold(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        say(ready=True)
        signal.pause()


def take(path: Path, times: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
        say(ready=True)
        for _ in range(times):
            connection.execute("BEGIN IMMEDIATE")
            (value,) = connection.execute("SELECT value FROM settings").fetchone()
            connection.execute("UPDATE settings SET value = ?", (str(int(value) + 1),))
            connection.execute("COMMIT")
        say(taken=times)


def own(folder: Path) -> None:
    with StateDirectory(root=folder).lock():
        say(ready=True)
        signal.pause()


async def modules(folder: Path) -> None:
    async with open_database(folder):
        say(alembic="alembic" in sys.modules)


def main() -> None:
    what, place = sys.argv[1], Path(sys.argv[2])
    if what in ("write", "fill", "modules"):
        asyncio.run({"write": write, "fill": fill, "modules": modules}[what](place))
    elif what == "take":
        take(place, int(sys.argv[3]))
    else:
        {"hold": hold, "own": own}[what](place)


if __name__ == "__main__":
    main()
