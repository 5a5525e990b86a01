"""How soon what a venue changes is shown, how fast updates are believed, and what idling asks.

The first and the last are measured on the whole bot between a local Kraken and a local Telegram.
The idle bot's jobs run 24 times as often as by default (and reconciling 40 times), so that a
short while is a long one: the calls are counted by the minute of the default pace.
"""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from bench.measures import Measure, milliseconds, quantile
from simulators.clock import Clock
from tests.support.memory_venue import MemoryVenue
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.streamed_account import StreamedParts, streamed_account
from trading.clock import SystemClock
from trading.model.balance import BalanceSnapshot, VenueBalance
from trading.model.identifiers import Asset
from trading.venues.streaming import AccountPushed

UPDATES_A_SECOND = 5000
PAUSE_SECONDS = 0.04
"""Between two looks: below Telegram's thirty messages a second, which the bot keeps to."""
ASSETS = 20
BURST = 10
"""Updates that are pushed in one turn, as they come off the wire."""
_PACE = 24
_SHOWN_AIM = 0.250
_BELIEVED_AIM = 0.001
_LAG_AIM = 0.010


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    samples: int = 30
    updates_seconds: float = 4.0
    idle_seconds: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """Seconds, and the calls of the idle bot in a minute of its default pace, by endpoint."""

    shown: tuple[float, ...]
    believed: tuple[float, ...]
    lags: tuple[float, ...]
    updates_a_second: float
    idle_calls: dict[str, float]


async def measure(folder: Path, *, clock: Clock, size: Size) -> Streaming:
    """Take all three, one after the other."""
    pace = {
        "trading_loop": '"2500ms"',
        "balance_sync": '"1s"',
        "price_scan": '"2500ms"',
        "reconcile": '"3s"',
        "heartbeat": '"2500ms"',
        "referee": '"10s"',
    }
    async with running_bot(folder, settings=BotSettings(jobs=pace), speed=1.0) as bot:
        await _until_streamed(bot, clock)
        await clock.sleep(size.idle_seconds / 5)  # what the start still asks is not idling
        calls = await _idle(bot, clock, size.idle_seconds)
        shown = await _show(bot, clock, size.samples)
    believed, lags, rate = await _update(folder, clock, size.updates_seconds)
    return Streaming(
        shown=shown, believed=believed, lags=lags, updates_a_second=rate, idle_calls=calls
    )


async def _show(bot: RunningBot, clock: Clock, samples: int) -> tuple[float, ...]:
    """Change the account at the venue, and ask /balance until it shows that."""
    found: list[float] = []
    held = Decimal(6500)
    for _ in range(samples):
        held += 1
        began = clock.monotonic()
        await bot.kraken.deposit("USD", "1")
        while not _shows(await _balance(bot), held):
            await clock.sleep(PAUSE_SECONDS)
        found.append(clock.monotonic() - began)
        await clock.sleep(4 * PAUSE_SECONDS)
    return tuple(found)


async def _until_streamed(bot: RunningBot, clock: Clock) -> None:
    while " stream " not in await _balance(bot):
        await clock.sleep(0.1)


async def _balance(bot: RunningBot) -> str:
    return (await bot.ask("/balance", wanted="source, age")).text


def _shows(text: str, held: Decimal) -> bool:
    return any(line.split()[:2] == ["USD", f"{held}"] for line in text.splitlines())


async def _idle(bot: RunningBot, clock: Clock, seconds: float) -> dict[str, float]:
    """Count what an undisturbed bot asks of REST."""
    before = await _calls(bot)
    began = clock.monotonic()
    await clock.sleep(seconds)
    after = await _calls(bot)
    minutes = (clock.monotonic() - began) / 60 * _PACE
    return {
        name: (count - before.get(name, 0)) / minutes
        for name, count in after.items()
        if count > before.get(name, 0)
    }


async def _calls(bot: RunningBot) -> dict[str, int]:
    return dict((await bot.kraken.current())["calls"]["rest"])


async def _update(
    folder: Path, clock: Clock, seconds: float
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Push updates at the full rate through the core's listener, and read each of them."""
    real = SystemClock()
    venue = MemoryVenue(clock=real)
    async with streamed_account(folder / "updates.db", clock=real, venue=venue) as parts:
        lags: list[float] = []
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch_lag(clock, lags))
            gc.collect()
            began = clock.monotonic()
            believed = await _push_all(parts, clock, seconds)
            took = clock.monotonic() - began
            watching.cancel()
    return believed, tuple(lags), len(believed) / took


async def _push_all(parts: StreamedParts, clock: Clock, seconds: float) -> tuple[float, ...]:
    found: list[float] = []
    held = {
        Asset(f"A{number}"): VenueBalance(
            asset=Asset(f"A{number}"), free=Decimal(100), locked=Decimal(0)
        )
        for number in range(ASSETS)
    }
    assets = list(held)
    parts.listener.account_pushed(_account(parts, held, is_baseline=True))
    await parts.manager.sync(parts.venue.name)
    total, began = int(seconds * UPDATES_A_SECOND), clock.monotonic()
    for number in range(total):
        asset = assets[number % ASSETS]
        held = {**held, asset: replace(held[asset], free=held[asset].free + Decimal("0.01"))}
        before = clock.monotonic()
        parts.listener.account_pushed(_account(parts, held))
        reading = await parts.manager.balance(parts.venue.name, asset)
        found.append(clock.monotonic() - before)
        if reading.free != held[asset].free:
            raise RuntimeError(f"{asset} reads {reading.free} instead of {held[asset].free}")
        if number % BURST == BURST - 1:
            due = began + (number + 1) / UPDATES_A_SECOND
            await clock.sleep(max(0.0, due - clock.monotonic()))
    return tuple(found)


def _account(
    parts: StreamedParts, held: dict[Asset, VenueBalance], *, is_baseline: bool = False
) -> AccountPushed:
    snapshot = BalanceSnapshot(
        venue=parts.venue.name,
        balances=held,
        received_at=parts.clock.now(),
        received_monotonic=parts.clock.monotonic(),
        held_elsewhere={},
    )
    parts.venue.shown = held
    return AccountPushed(snapshot=snapshot, is_baseline=is_baseline)


async def _watch_lag(clock: Clock, lags: list[float]) -> None:
    """Note by how much a short sleep is too long."""
    pause = 0.005
    while True:
        before = clock.monotonic()
        await clock.sleep(pause)
        lags.append(max(0.0, clock.monotonic() - before - pause))


def rows(found: Streaming) -> Sequence[Measure]:
    """Return the rows of the table."""
    shown, believed = quantile(found.shown, 0.99), quantile(found.believed, 0.99)
    lag = quantile(found.lags, 0.99)
    idle = sum(found.idle_calls.values())
    others = {name: rate for name, rate in found.idle_calls.items() if name in _ASKED_IN_VAIN}
    listed = ", ".join(f"{name} {rate:.1f}" for name, rate in sorted(found.idle_calls.items()))
    return [
        Measure(
            name="balance changed at the venue to /balance showing it, p99",
            value=milliseconds(shown),
            aim=f"< {milliseconds(_SHOWN_AIM)}",
            fits=shown < _SHOWN_AIM,
            note=f"{len(found.shown)} deposits, p50 {milliseconds(quantile(found.shown, 0.5))}",
        ),
        Measure(
            name="stream update to readable balance, p99",
            value=f"{believed * 1000:.3f} ms",
            aim=f"< {milliseconds(_BELIEVED_AIM)}",
            fits=believed < _BELIEVED_AIM,
            note=f"{len(found.believed)} updates of {ASSETS} assets, "
            f"{found.updates_a_second:.0f} a second",
        ),
        Measure(
            name="loop lag meanwhile, p99",
            value=milliseconds(lag),
            aim=f"< {milliseconds(_LAG_AIM)}",
            fits=lag < _LAG_AIM,
            note=f"{len(found.lags)} short sleeps",
        ),
        Measure(
            name="REST calls a minute when idle",
            value=f"{idle:.1f}",
            aim="the referee's",
            fits=not others,
            note=listed or "none",
        ),
    ]


_ASKED_IN_VAIN = frozenset({"Ticker", "Depth", "Ledgers", "SystemStatus", "AssetPairs", "Assets"})
"""What a bot that streams has no need to ask."""
