"""How soon the bot listens, and how much memory it takes before and after work."""

import os
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measures import Measure
from bench.production import link_packages
from simulators.clock import Clock
from tests.support.local_telegram import OWNER, STRANGER
from tests.support.processes import Child, running
from tests.support.running_bot import BotSettings, RunningBot, running_bot

STARTS = 7
START_AIM_SECONDS = 1.5
MEMORY_AIM_MIB = 100
GROWTH_AIM = 0.01
WORK_SECONDS = 90.0
WARM_UP_SHARE = 1 / 3
COMMANDS = ("/balance", "/portfolio", "/status", "/help", "/orders", "/trades", "/jobs", "/pnl")
HOURLY_BY_HAND = 60
# All that a bot does by itself, as fast as one key's call limit lets it: see `_equivalent`.
BUSY = BotSettings(
    rebalance={
        "max_turnover": "1.0",
        "band_abs": "0.002",
        "min_order": "1",
        "cooldown": '"0s"',
        "schedule": '"15s"',
    },
    jobs={
        "balance_sync": '"3s"',
        "trading_loop": '"2s"',
        "price_scan": '"2s"',
        "heartbeat": '"1s"',
        "reconcile": '"15s"',
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident MiB: at rest after the start, after the first third of the work, after all."""

    at_start: float
    warm: float
    at_end: float
    seconds: float
    commands: int
    runs: int
    valuations: int

    @property
    def growth(self) -> float:
        return self.at_end / self.warm - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """`starts` by the clock, `processor` the seconds of computing in each of them."""

    starts: tuple[float, ...]
    processor: tuple[float, ...]
    memory: Memory


async def measure(
    folder: Path, *, clock: Clock, starts: int = STARTS, work_seconds: float = WORK_SECONDS
) -> Footprint:
    """Start several times on one state directory, then let the last one work."""
    environment = {"PYTHONPATH": str(link_packages(folder / "packages"))}
    async with running_bot(folder, settings=BUSY, started=False, speed=600.0) as bot:
        await bot.allow_trading()
        bot.configure(BotSettings())
        seconds, processor = [], []
        for _ in range(starts):
            async with _started(bot, environment, clock) as (child, took):
                seconds.append(took)
                processor.append(processor_seconds(child.pid))
        bot.configure(BUSY)
        async with _started(bot, environment, clock) as (child, _):
            memory = await _work(bot, child, clock, work_seconds)
    return Footprint(starts=tuple(seconds), processor=tuple(processor), memory=memory)


@asynccontextmanager
async def _started(
    bot: RunningBot, environment: Mapping[str, str], clock: Clock
) -> AsyncIterator[tuple[Child, float]]:
    """Run the bot as an owner has it; seconds from its start to its first poll."""
    await _let_go(bot, clock)
    began = clock.monotonic()
    arguments = ("-S", "bot.py", "run", "--config", bot.config)
    async with running(*arguments, ready=None, environment=environment) as child:
        await bot.telegram.until_polled(within=60.0)
        yield child, clock.monotonic() - began
        await child.terminate(within=60.0)


async def _let_go(bot: RunningBot, clock: Clock) -> None:
    """Have the server answer the poll of a process that is gone: it cannot know that it is."""
    while (await bot.telegram.state())["polled"]:
        await bot.telegram.say(STRANGER, "hello")
        await clock.sleep(0.01)


async def _work(bot: RunningBot, child: Child, clock: Clock, seconds: float) -> Memory:
    await bot.ask("/balance", wanted="verified", within=30.0)
    at_start = resident_mib(child.pid)
    began = clock.monotonic()
    warm: float | None = None
    commands = 0
    while (passed := clock.monotonic() - began) < seconds:
        if warm is None and passed >= seconds * WARM_UP_SHARE:
            warm = resident_mib(child.pid)
        mark = await bot.telegram.mark()
        await bot.telegram.say(OWNER, COMMANDS[commands % len(COMMANDS)])
        await bot.telegram.wait_for(lambda each: each.event == "message", 30.0, after=mark)
        commands += 1
        await clock.sleep(seconds / HOURLY_BY_HAND / 2)
    at_end = resident_mib(child.pid)
    return Memory(
        at_start=at_start,
        warm=at_end if warm is None else warm,
        at_end=at_end,
        seconds=seconds,
        commands=commands,
        runs=len(bot.database.table("runs")),
        valuations=len(bot.database.table("nav")),
    )


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process, as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) / 1024
    raise AssertionError(f"process {pid} has no resident memory")


def processor_seconds(pid: int) -> float:
    """Return how long a process has computed so far, which a busy machine does not stretch."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def rows(found: Footprint) -> Sequence[Measure]:
    """Return the rows of the table."""
    median = statistics.median(found.starts)
    memory = found.memory
    work = (
        f"{memory.valuations} valuations, {memory.runs} rebalances, {memory.commands} commands, "
        f"syncs and scans in {memory.seconds:.0f} s"
    )
    return [
        Measure(
            name="start of process to first getUpdates",
            value=f"{median:.2f} s",
            aim=f"< {START_AIM_SECONDS} s",
            fits=median < START_AIM_SECONDS,
            note=f"median of {len(found.starts)}, {min(found.starts):.2f} to "
            f"{max(found.starts):.2f}; {statistics.median(found.processor):.2f} s of computing",
        ),
        Measure(
            name="resident memory after start",
            value=f"{memory.at_start:.1f} MiB",
            aim=f"< {MEMORY_AIM_MIB} MiB",
            fits=memory.at_start < MEMORY_AIM_MIB,
            note="after the first /balance",
        ),
        Measure(
            name="resident memory after work",
            value=f"{memory.at_end:.1f} MiB",
            aim=f"< {MEMORY_AIM_MIB} MiB",
            fits=memory.at_end < MEMORY_AIM_MIB,
            note=work,
        ),
        Measure(
            name="growth after warm-up",
            value=f"{memory.growth:+.1%}",
            aim=f"< {GROWTH_AIM:.0%}",
            fits=memory.growth < GROWTH_AIM,
            note=f"from {memory.warm:.1f} MiB after a third of that work",
        ),
    ]
