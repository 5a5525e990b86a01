"""`python -m bench.nonce_worker JSON`: one of several processes that share an API key.

Its clock is set back again and again, in all processes at the same moments, as NTP would.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trading.clock import SystemClock
from trading.errors import NonceRefused, VenueError
from trading.venues.decoding import decode_json
from trading.venues.kraken.session import KrakenSession, PrivateCall
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.kraken.signing import RequestBuilder
from trading.venues.nonce import NonceSource
from trading.venues.port import Priority
from trading.venues.transport import HttpTransport

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
REFUSED = "EAPI:Invalid nonce"
BUFFER_MICROSECONDS = 1500
READY, GO = "ready", "go"
"""What a process says once it could begin, and the file that lets all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one process is to do; `began` is on the monotonic clock, which all processes share."""

    scheme: str
    folder: str
    rest_url: str
    key: str
    secret: str
    count: int
    tasks: int
    began: float
    back_every: float
    back_by: float
    number: int


class SteppingClock(SystemClock):
    """The machine's clock, set back by so much each time so much has passed."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def now(self) -> datetime:
        work = self._work
        steps = int((self.monotonic() - work.began) // work.back_every) if work.back_by else 0
        return super().now() - timedelta(seconds=steps * work.back_by)


class Tally:
    """How a process's calls ended."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.failed = 0

    async def count(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            await call()
        except NonceRefused:
            self.refused += 1
        except VenueError:
            self.failed += 1
        else:
            self.accepted += 1

    def said(self, **more: Any) -> Mapping[str, Any]:
        return {
            "accepted": self.accepted,
            "refused": self.refused,
            "failed": self.failed,
            **more,
        }


async def with_authority(work: Work) -> Mapping[str, Any]:
    """Ask as the bot does, each call sent once."""
    settings = KrakenSettings(
        key=work.key,
        secret=work.secret,
        rest_url=work.rest_url,
        tier=Tier.PRO,
        timeout_seconds=60.0,
        queue_timeout_seconds=300.0,
    )
    tally = Tally()
    call = PrivateCall(
        method="Balance", parameters={}, priority=Priority.ORDERS, cost=0, may_change=True
    )
    async with KrakenSession(
        name="bench",
        settings=settings,
        clock=SteppingClock(work),
        nonce_directory=Path(work.folder),
    ) as session:

        async def task() -> None:
            for _ in range(work.count // work.tasks):
                await tally.count(lambda: session.private(call))

        await _together(work.tasks, lambda _: task())
    return tally.said()


def milliseconds(clock: SystemClock) -> Callable[[int], int]:
    """Return the plain scheme: the time of day in milliseconds, whoever asks."""
    return lambda _: (clock.now() - EPOCH) // timedelta(milliseconds=1)


def per_connection(clock: SystemClock) -> Callable[[int], int]:
    """Return microseconds and a buffer ahead, made anew where a connection would repeat itself."""
    last: dict[int, int] = {}

    def draw(connection: int) -> int:
        nonce = (clock.now() - EPOCH) // MICROSECOND + BUFFER_MICROSECONDS
        last[connection] = max(nonce, last.get(connection, 0) + 1)
        return last[connection]

    return draw


async def with_scheme(
    work: Work, scheme: Callable[[SystemClock], Callable[[int], int]]
) -> Mapping[str, Any]:
    """Ask with nonces of another making, as many calls at once as there are tasks."""
    draw = scheme(SteppingClock(work))
    builder = RequestBuilder(key=work.key, secret=work.secret, base_url=work.rest_url)
    tally = Tally()
    async with HttpTransport(venue="bench", timeout_seconds=60.0, user_agent="bench") as transport:

        async def ask(connection: int) -> None:
            request = builder.private("Balance", {}, nonce=draw(connection))
            answer = decode_json((await transport.send(request)).body)
            if REFUSED in answer["error"]:
                raise NonceRefused("bench", REFUSED)

        async def task(connection: int) -> None:
            for _ in range(work.count // work.tasks):
                await tally.count(lambda: ask(connection))

        await _together(work.tasks, task)
    return tally.said()


def draw_only(work: Work) -> Mapping[str, Any]:
    """Draw in threads and write every nonce down, for the bench to compare with the others'."""
    each = work.count // work.tasks
    drawn = [array("Q", bytes(8 * each)) for _ in range(work.tasks)]
    path = Path(work.folder) / "draws.nonce"
    with NonceSource(path=path, clock=SteppingClock(work)) as nonces:

        def draw(mine: array[int]) -> None:
            for place in range(each):
                mine[place] = nonces.draw()

        threads = [threading.Thread(target=draw, args=(mine,)) for mine in drawn]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        regenerated = nonces.regenerated
    files = []
    for number, mine in enumerate(drawn):
        file = Path(work.folder) / f"draws-{work.number}-{number}.bin"
        file.write_bytes(mine.tobytes())
        files.append(str(file))
    return {"files": files, "regenerated": regenerated}


async def _together(tasks: int, make: Callable[[int], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            group.create_task(_run(make, number))


async def _run(make: Callable[[int], Awaitable[None]], number: int) -> None:
    await make(number)


async def _wait_for(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC240 -- a look at one file blocks nobody
        await SystemClock().sleep(0.002)


def main(arguments: Sequence[str]) -> None:
    """Do the work and say how it went, in one line of JSON."""
    work = Work(**json.loads(arguments[0]))
    print(READY, flush=True)
    asyncio.run(_wait_for(Path(work.folder) / GO))
    match work.scheme:
        case "draws":
            said = draw_only(work)
        case "authority":
            said = asyncio.run(with_authority(work))
        case "milliseconds":
            said = asyncio.run(with_scheme(work, milliseconds))
        case _:
            said = asyncio.run(with_scheme(work, per_connection))
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
