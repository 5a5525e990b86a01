"""Invalid nonces: eight processes with four tasks each on one key, while the clock is set back.

The local Kraken judges nonces as Kraken does, in the order in which requests arrive. Beside the
bot's own nonces, on the same load: the plain time of day in milliseconds, and microseconds with
1,500 ahead for each connection. Every call is sent once; nothing is tried again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measures import Measure, table
from bench.nonce_worker import GO, READY, Work
from simulators.clock import Clock, RealClock
from tests.support.local_kraken import running_local_kraken
from tests.support.processes import running
from tests.support.waiting import eventually

PROCESSES, TASKS = 8, 4
REQUESTS, DRAWS = 1_000, 100_000
WHOLE_REQUESTS, WHOLE_DRAWS = 20_000, 1_000_000
BACK_EVERY_SECONDS, BACK_BY_SECONDS = 1.0, 0.25
LONGEST_SECONDS = 1_800.0
NAMES = {
    "authority": "the bot's",
    "milliseconds": "milliseconds",
    "connection": "microseconds + 1,500 a connection",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One scheme under load: how its calls ended."""

    scheme: str
    is_set_back: bool
    processes: int
    accepted: int
    refused: int
    failed: int
    seconds: float

    @property
    def total(self) -> int:
        return self.accepted + self.refused + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Nonces drawn without asking anybody."""

    drawn: int
    repeated: int
    out_of_order: int
    regenerated: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was measured."""

    loads: tuple[Load, ...]
    draws: Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done; `is_whole` puts the others to the load with a steady clock too."""

    requests: int = REQUESTS
    draws: int = DRAWS
    processes: int = PROCESSES
    is_whole: bool = False


async def measure(folder: Path, *, clock: Clock, size: Size) -> Found:
    """Put every scheme under the load, one after the other."""
    loads = []
    for scheme in NAMES:
        has_both = size.is_whole and scheme != "authority"
        for is_set_back in (False, True) if has_both else (True,):
            place = folder / f"{scheme}-{is_set_back}"
            place.mkdir(mode=0o700)
            loads.append(await _load(place, scheme, size, is_set_back=is_set_back, clock=clock))
    return Found(loads=tuple(loads), draws=await _draw(folder, size, clock))


async def _load(folder: Path, scheme: str, size: Size, *, is_set_back: bool, clock: Clock) -> Load:
    async with running_local_kraken(folder / "kraken") as kraken:
        work = Work(
            scheme=scheme,
            folder=str(folder),
            rest_url=kraken.rest_url,
            key=kraken.key,
            secret=kraken.secret,
            count=size.requests // size.processes,
            tasks=TASKS,
            began=clock.monotonic(),
            back_every=BACK_EVERY_SECONDS,
            back_by=BACK_BY_SECONDS if is_set_back else 0.0,
            number=0,
        )
        said, seconds = await _work(work, size, clock)
    accepted, refused, failed = (
        sum(each[name] for each in said) for name in ("accepted", "refused", "failed")
    )
    return Load(
        scheme=scheme,
        is_set_back=is_set_back,
        processes=size.processes,
        accepted=accepted,
        refused=refused,
        failed=failed,
        seconds=seconds,
    )


async def _draw(folder: Path, size: Size, clock: Clock) -> Draws:
    work = Work(
        scheme="draws",
        folder=str(folder),
        rest_url="",
        key="",
        secret="",
        count=size.draws // size.processes,
        tasks=TASKS,
        began=clock.monotonic(),
        back_every=BACK_EVERY_SECONDS,
        back_by=BACK_BY_SECONDS,
        number=0,
    )
    said, seconds = await _work(work, size, clock)
    drawn = [_read(Path(name)) for each in said for name in each["files"]]
    together = [nonce for one in drawn for nonce in one]
    return Draws(
        drawn=len(together),
        repeated=len(together) - len(set(together)),
        out_of_order=sum(later <= earlier for one in drawn for earlier, later in pairwise(one)),
        regenerated=sum(each["regenerated"] for each in said),
        seconds=seconds,
    )


def _read(path: Path) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(path.read_bytes())
    return numbers


async def _work(work: Work, size: Size, clock: Clock) -> tuple[Sequence[Mapping[str, Any]], float]:
    """Have all processes do it at once; return what each says, and how long that took."""
    async with AsyncExitStack() as stack:
        children = [
            await stack.enter_async_context(
                running(
                    "-m",
                    "bench.nonce_worker",
                    json.dumps({**asdict(work), "number": number}),
                    ready=None,
                )
            )
            for number in range(size.processes)
        ]
        await eventually(
            lambda: all(READY in child.lines for child in children),
            within=60.0,
            because="every process is ready",
        )
        (Path(work.folder) / GO).touch()
        began = clock.monotonic()
        codes = [await child.wait(within=LONGEST_SECONDS) for child in children]
        seconds = clock.monotonic() - began
        assert codes == [0] * size.processes, [child.said() for child in children]
        return [child.ready() for child in children], seconds


def rows(found: Found) -> Sequence[Measure]:
    """Return the rows of the table."""
    return [*(_load_row(each) for each in found.loads), _draw_row(found.draws)]


def _load_row(load: Load) -> Measure:
    is_ours = load.scheme == "authority"
    clock = "clock set back" if load.is_set_back else "clock steady"
    return Measure(
        name=f"invalid nonces, {NAMES[load.scheme]}, {clock}",
        value=f"{load.refused} of {load.total} ({100 * load.refused / load.total:.2f} %)",
        aim="0" if is_ours else "",
        fits=load.refused + load.failed == 0 if is_ours else None,
        note=f"{load.processes} processes x {TASKS} tasks on one key, "
        f"{load.accepted / load.seconds:.0f} accepted/s, {load.failed} failed otherwise",
    )


def _draw_row(draws: Draws) -> Measure:
    wrong = draws.repeated + draws.out_of_order
    return Measure(
        name=f"{draws.drawn:,} nonces drawn, clock set back",
        value=f"{draws.repeated} twice, {draws.out_of_order} out of order",
        aim="0",
        fits=wrong == 0,
        note=f"{draws.drawn / draws.seconds:.0f}/s, {draws.regenerated} made anew",
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table of the whole load."""
    parser = argparse.ArgumentParser(prog="python -m bench.nonce", description=__doc__)
    parser.add_argument("--requests", type=int, default=WHOLE_REQUESTS)
    parser.add_argument("--draws", type=int, default=WHOLE_DRAWS)
    known = parser.parse_args(arguments)
    size = Size(requests=known.requests, draws=known.draws, is_whole=True)
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as folder:
        found = asyncio.run(measure(Path(folder), clock=RealClock(), size=size))
    measures = rows(found)
    print(table(measures))
    return int(not all(each.fits is not False for each in measures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
