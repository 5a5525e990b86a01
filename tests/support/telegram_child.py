"""A bot of its own process whose commands only write a line to a file: made to be killed.

Started as `python -m tests.support.telegram_child API_URL TOKEN FOLDER`: a parent that forks the
bot, prints its pid as JSON once it runs, and forks the next one when it dies. Each command writes
"start ID" and "end ID" to FOLDER/deeds with a moment between: what the file says is what really
happened, whatever the database believes.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from handlers.telegram.edge import TelegramEdge
from tests.support.stores import open_database
from tests.support.telegram_edge import hooks_of, settings, stores
from tests.support.telegram_services import fake_services
from trading.clock import SystemClock
from trading.errors import CommandError
from trading.model.balance import VenueBalances
from trading.model.identifiers import Asset, VenueName

MOMENT_SECONDS = 0.02


class Deeds:
    """An append-only file: the side effects that must happen at most once."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())


class RecordingVerifications:
    """/verify KRAKEN AMOUNT is the deed here: its amount is the number of the command."""

    def __init__(self, deeds: Deeds, clock: SystemClock) -> None:
        self._deeds = deeds
        self._clock = clock

    async def show(self, venue: VenueName | None) -> Sequence[VenueBalances]:
        del venue
        return ()

    async def refresh(self, venue: VenueName | None) -> Sequence[Any]:
        del venue
        return ()

    async def accept(self, venue: VenueName, by: str) -> None:
        del venue, by

    def accesses(self, limit: int) -> Sequence[Any]:
        del limit
        return ()

    async def verify(
        self, venue: VenueName, asset: Asset, amount: Decimal, *, now: bool = False
    ) -> Any:
        del venue, asset, now
        self._deeds.write(f"start {amount}")
        await self._clock.sleep(MOMENT_SECONDS)
        self._deeds.write(f"end {amount}")
        raise _Done(f"deed {amount} done")


class _Done(CommandError):
    """An answer in words is all that this test needs of the rendering."""


async def main(api_url: str, token: str, folder: Path) -> None:
    clock = SystemClock()
    async with open_database(folder, clock=clock) as database:
        edge = TelegramEdge(
            settings=settings(api_url, token),
            stores=stores(database, clock),
            services=fake_services(clock).services(
                balances=RecordingVerifications(Deeds(folder / "deeds"), clock)
            ),
            hooks=hooks_of([]),
            clock=clock,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(edge.run())
            sys.stdout.write(json.dumps({"pid": os.getpid()}) + "\n")
            sys.stdout.flush()


def deeds(folder: Path) -> Mapping[str, tuple[int, int]]:
    """How often each deed was started and ended."""
    path = folder / "deeds"
    counts: dict[str, tuple[int, int]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        word, _, name = line.partition(" ")
        started, ended = counts.get(name, (0, 0))
        counts[name] = (started + (word == "start"), ended + (word == "end"))
    return counts


def respawn(api_url: str, token: str, folder: Path) -> None:
    """Fork a bot, say its pid, wait for its death, and again: imports are paid for once."""
    current = 0

    def end(number: int, frame: object) -> None:
        del number, frame
        if current:
            os.kill(current, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        current = os.fork()
        if current == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            asyncio.run(main(api_url, token, folder))
            os._exit(1)
        os.waitpid(current, 0)


if __name__ == "__main__":
    respawn(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
