"""`python -m bench`: every measure in one table, in less than four minutes."""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import (
    footprint,
    frames,
    latency,
    market,
    nonce,
    rebalancing,
    store,
    streaming,
    two_venues,
    workflow,
)
from bench.measures import Measure, table
from simulators.clock import Clock, RealClock

KILLS = (
    "kills at random moments: make soak; a month of real prices: make history; "
    "20,000 requests and a million nonces: make nonces; "
    "failures and how long they take to heal: make failures"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything is done; the defaults are what the table is made of."""

    samples: int = latency.SAMPLES
    starts: int = footprint.STARTS
    work_seconds: float = footprint.WORK_SECONDS
    operations: int = store.OPERATIONS
    rounds: int = store.ROUNDS
    rebalances: int = rebalancing.TIMES
    rest_seconds: float = rebalancing.REST_SECONDS
    beside: bool = True
    nonces: nonce.Size = field(default_factory=nonce.Size)
    streams: streaming.Size = field(default_factory=streaming.Size)
    frames_seconds: float = frames.SECONDS
    symbols: tuple[int, ...] = market.SIZES
    market_times: int = market.TIMES
    venues_samples: int = two_venues.SAMPLES


TINY = Sizes(
    samples=10,
    starts=1,
    work_seconds=3.0,
    operations=5,
    rounds=1,
    rebalances=1,
    rest_seconds=0.0,
    beside=False,
    nonces=nonce.Size(requests=16, draws=400, processes=2),
    streams=streaming.Size(samples=2, updates_seconds=0.2, idle_seconds=0.5),
    frames_seconds=0.3,
    symbols=(2,),
    market_times=1,
    venues_samples=1,
)
Bench = Callable[[Path, Clock, Sizes], Awaitable[Sequence[Measure]]]


async def _latency(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    return latency.rows(await latency.measure(folder, clock=clock, samples=sizes.samples))


async def _footprint(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await footprint.measure(
        folder, clock=clock, starts=sizes.starts, work_seconds=sizes.work_seconds
    )
    return footprint.rows(found)


async def _store(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await store.measure(
        folder, clock=clock, operations=sizes.operations, rounds=sizes.rounds
    )
    return store.rows(found)


async def _rebalancing(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await rebalancing.measure(
        folder,
        clock=clock,
        times=sizes.rebalances,
        rest_seconds=sizes.rest_seconds,
        beside=sizes.beside,
    )
    return rebalancing.rows(found)


async def _nonces(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    return nonce.rows(await nonce.measure(folder, clock=clock, size=sizes.nonces))


async def _streams(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    return streaming.rows(await streaming.measure(folder, clock=clock, size=sizes.streams))


async def _frames(_folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    return frames.rows(await frames.measure(clock=clock, seconds=sizes.frames_seconds))


async def _market(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await market.measure(
        folder, clock=clock, sizes=sizes.symbols, times=sizes.market_times
    )
    return market.rows(found)


async def _workflow(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await workflow.measure(
        folder,
        clock=clock,
        sizes=sizes.symbols,
        times=sizes.market_times,
        beside=sizes.beside,
    )
    return workflow.rows(found)


async def _venues(folder: Path, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    found = await two_venues.measure(folder, clock=clock, samples=sizes.venues_samples)
    return two_venues.rows(found)


BENCHES: dict[str, Bench] = {
    "latency": _latency,
    "footprint": _footprint,
    "store": _store,
    "rebalance": _rebalancing,
    "nonces": _nonces,
    "streams": _streams,
    "frames": _frames,
    "market": _market,
    "workflow": _workflow,
    "venues": _venues,
}


async def run(name: str, *, clock: Clock, sizes: Sizes) -> Sequence[Measure]:
    """Run one bench in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as folder:
        return await BENCHES[name](Path(folder), clock, sizes)


def _machine() -> str:
    """Say what it was measured on; a load above the number of processors spoils every time."""
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{system}, {os.cpu_count()} processors, load {os.getloadavg()[1]:.1f}"


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args(arguments).only or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    clock = RealClock()
    began = clock.monotonic()
    measures: list[Measure] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measures += asyncio.run(run(name, clock=clock, sizes=Sizes()))
    print(table(measures))
    print(f"{_machine()}, measured in {clock.monotonic() - began:.0f} s")
    print(KILLS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
