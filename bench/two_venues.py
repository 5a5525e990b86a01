"""Two venues in one bot: its memory, how soon Binance's changes show, and who waits for whom.

The whole bot, with the packages that an owner has, between a local Kraken, a local Binance and a
local Telegram.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bench.footprint import resident_mib
from bench.measures import Measure, milliseconds, quantile
from bench.production import link_packages
from simulators.clock import Clock
from tests.support.local_binance import LocalBinance, running_local_binance
from tests.support.local_telegram import OWNER
from tests.support.processes import Child, running
from tests.support.running_bot import BALANCES, BotSettings, RunningBot, running_bot
from tests.support.two_venues import binance_tables

SAMPLES = 30
PAUSE_SECONDS = 0.04
"""Between two looks: below Telegram's thirty messages a second, which the bot keeps to."""
_HELD = {"USDT": "2800", "BTC": "0.02", "BNB": "2.5"}
_TARGETS = {"BTC": "0.30", "BNB": "0.20", "SOL": "0.20"}
_PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD", "USDT/USD")
_COMMANDS = ("/balance", "/portfolio", "/status", "/orders", "/jobs", "/pnl", "/risk")
_MEMORY_AIM_MIB = 130
_SHOWN_AIM = 0.250
_BESIDE_AIM = 2.0
"""With the other venue hanging, at most so many times as long; the rest is the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoVenues:
    """Seconds of each sample; `beside` are those taken while Binance answered nothing."""

    memory_mib: float
    shown: tuple[float, ...]
    balances: tuple[float, ...]
    beside_balances: tuple[float, ...]
    plans: tuple[float, ...]
    beside_plans: tuple[float, ...]


async def measure(folder: Path, *, clock: Clock, samples: int = SAMPLES) -> TwoVenues:
    """Connect both, work a little, then have Binance hang and go on with Kraken."""
    async with _both(folder) as (bot, binance, child):
        await _until_streamed(bot, clock)
        for command in _COMMANDS:
            await _answered(bot, command)
        await _planned(bot, clock)
        memory = resident_mib(child.pid)
        shown = await _show(bot, binance, clock, samples)
        balances = await _timed(bot, clock, samples)
        plans = [await _planned(bot, clock) for _ in range(max(1, samples // 10))]
        await binance.fault("hang_before", seconds=60.0)
        beside = await _timed(bot, clock, samples)
        beside_plans = [await _planned(bot, clock) for _ in range(max(1, samples // 10))]
        await binance.clear_faults()
    return TwoVenues(
        memory_mib=memory,
        shown=shown,
        balances=balances,
        beside_balances=beside,
        plans=tuple(plans),
        beside_plans=tuple(beside_plans),
    )


@asynccontextmanager
async def _both(folder: Path) -> AsyncIterator[tuple[RunningBot, LocalBinance, Child]]:
    environment = {"PYTHONPATH": str(link_packages(folder / "packages"))}
    async with (
        running_local_binance(folder / "binance", balances=_HELD) as binance,
        running_bot(folder, balances=BALANCES, started=False, pairs=_PAIRS) as bot,
    ):
        bot.configure(BotSettings(more=binance_tables(binance, targets=_TARGETS)))
        await bot.allow_trading()
        words = ("-S", "bot.py", "run", "--config", bot.config)
        async with running(*words, ready=None, environment=environment) as child:
            await bot.telegram.until_polled(within=60.0)
            yield bot, binance, child
            await child.terminate(within=60.0)


async def _until_streamed(bot: RunningBot, clock: Clock) -> None:
    for venue in ("kraken", "binance"):
        while " stream " not in await _balance(bot, venue):
            await clock.sleep(0.1)


async def _balance(bot: RunningBot, venue: str) -> str:
    return (await bot.ask(f"/balance {venue}", wanted="source, age", within=60.0)).text


async def _answered(bot: RunningBot, command: str) -> None:
    await bot.ask(command, wanted=lambda shown: shown.event == "message", within=60.0)


async def _show(
    bot: RunningBot, binance: LocalBinance, clock: Clock, samples: int
) -> tuple[float, ...]:
    """Change the account at Binance, and ask /balance until it shows that."""
    found: list[float] = []
    held = Decimal(_HELD["USDT"])
    for _ in range(samples):
        held += 1
        began = clock.monotonic()
        await binance.deposit("USDT", "1")
        while not _shows(await _balance(bot, "binance"), held):
            await clock.sleep(PAUSE_SECONDS)
        found.append(clock.monotonic() - began)
        await clock.sleep(4 * PAUSE_SECONDS)
    return tuple(found)


def _shows(text: str, held: Decimal) -> bool:
    return any(line.split()[:2] == ["USDT", f"{held}"] for line in text.splitlines())


async def _timed(bot: RunningBot, clock: Clock, samples: int) -> tuple[float, ...]:
    """Ask for everything that is held; both venues are in the answer."""
    found: list[float] = []
    for _ in range(samples):
        began = clock.monotonic()
        await bot.ask("/balance", wanted="All venues")
        found.append(clock.monotonic() - began)
        await clock.sleep(2 * PAUSE_SECONDS)
    return tuple(found)


async def _planned(bot: RunningBot, clock: Clock) -> float:
    """Ask for the plans of both, and wait for Kraken's words and then for the other's."""
    began, mark = clock.monotonic(), await bot.telegram.mark()
    await bot.telegram.say(OWNER, "/rebalance preview")
    await bot.telegram.wait_for("Rebalance kraken", 60.0, after=mark)
    took = clock.monotonic() - began
    await bot.telegram.wait_for(
        lambda shown: "Rebalance binance" in shown.text or "binance ❌" in shown.text,
        60.0,
        after=mark,
    )
    return took


def rows(found: TwoVenues) -> Sequence[Measure]:
    """Return the rows of the table."""
    shown = quantile(found.shown, 0.99)
    return [
        Measure(
            name="memory with Kraken and Binance connected",
            value=f"{found.memory_mib:.0f} MiB",
            aim=f"< {_MEMORY_AIM_MIB} MiB",
            fits=found.memory_mib < _MEMORY_AIM_MIB,
            note="resident, after every kind of answer and two plans",
        ),
        Measure(
            name="balance changed at Binance to /balance showing it, p99",
            value=milliseconds(shown),
            aim=f"< {milliseconds(_SHOWN_AIM)}",
            fits=shown < _SHOWN_AIM,
            note=f"{len(found.shown)} deposits, p50 {milliseconds(quantile(found.shown, 0.5))}",
        ),
        _beside("/balance", found.balances, found.beside_balances),
        _beside("Kraken's plan", found.plans, found.beside_plans),
    ]


def _beside(what: str, usual: Sequence[float], beside: Sequence[float]) -> Measure:
    before, after = quantile(usual, 0.5), quantile(beside, 0.5)
    return Measure(
        name=f"{what} while Binance hangs, p50",
        value=milliseconds(after),
        aim=f"< {_BESIDE_AIM:g} x usual",
        fits=after < _BESIDE_AIM * before,
        note=f"usually {milliseconds(before)}, {len(beside)} samples",
    )
