"""A month of real prices through the whole bot, and a referee over three books at its end.

`python -m bench.history` plays January 2018, five-minute candles of ETH, LTC, XMR, ZEC and DASH
against BTC. Only the market runs fast: the bot's clock stays real, so that its balances and
prices age as they would. The bot rebalances by its own schedule; nobody presses anything.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

from bench.footprint import resident_mib
from simulators.clock import Clock, RealClock
from simulators.market.candles import candle_files, read_candles
from tests.support.local_telegram import OWNER
from tests.support.referee import balance_differences, compare, shown_balances
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

ASSETS = ("ETH", "LTC", "XMR", "ZEC", "DASH")
BASE = "BTC"
WEIGHT = Decimal("0.18")
START_VALUE = Decimal(10)
SATOSHI = Decimal("0.00000001")
CANDLES = Path(__file__).parents[2] / "shared" / "data" / "candles"
INSIDE = "everything is inside its band"
TICK_MS = 100.0
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the market runs, and for how long; without a length, to the recording's end."""

    speed: float = 3_200.0
    seconds: float | None = None
    schedule_seconds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What came of it; amounts in BTC. `differences` empty: three books equal to the satoshi.

    `memory_growth` is that of the bot's resident memory over the last two thirds.
    """

    seconds: float
    market_days: float
    memory_growth: float
    runs: Mapping[str, int]
    orders: int
    fills: int
    told: int
    turnover: Decimal
    fees: Decimal
    value: Decimal
    hold_value: Decimal
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    seconds: float
    market_days: float
    memory_growth: float


async def play(folder: Path, *, candles: Path, pace: Pace, clock: Clock) -> History:
    """Run the bot through the recording at this pace; everything it leaves lies in `folder`."""
    start = opening_balances(candles)
    settings = BotSettings(
        targets={asset: str(WEIGHT) for asset in ASSETS},
        bot={"base_currency": f'"{BASE}"'},
        rebalance={
            "band_abs": "0.002",
            "min_order": "0.002",
            "max_turnover": "1.0",
            "max_slippage": "0.02",
            "cooldown": '"0s"',
            "schedule": f'"{pace.schedule_seconds}s"',
        },
        # Between two looks the market moves for hours, and a price of a second ago is old. Weeks
        # pass in a day: no limit that counts minutes or days, or what is lost in them, fits.
        risk={
            "price_max_jump": "0.9",
            "price_max_age": '"1s"',
            "max_orders_per_minute": '"off"',
            "max_daily_loss": '"off"',
            "max_drawdown": '"off"',
        },
    )
    async with running_bot(
        folder,
        settings=settings,
        balances={asset: str(amount) for asset, amount in start.items()},
        candles=candles,
        pairs=tuple(f"{asset}/{BASE}" for asset in ASSETS),
        speed=0.0,
        tick_ms=TICK_MS,
    ) as bot:
        played = await _play(bot, pace, clock, recorded_seconds(candles))
        await bot.kraken.market(freeze=True)
        await _come_to_rest(bot, clock)
        return await _sum_up(bot, start=start, played=played)


def opening_balances(candles: Path) -> dict[str, Decimal]:
    """Hold every target's weight at the prices with which the recording opens."""
    files = candle_files(candles)
    start = {BASE: START_VALUE * (1 - WEIGHT * len(ASSETS))}
    for asset in ASSETS:
        opening = read_candles(files[f"{asset}/{BASE}"].path)[0].open
        start[asset] = (START_VALUE * WEIGHT / opening).quantize(SATOSHI, ROUND_DOWN)
    return start


def recorded_seconds(candles: Path) -> float:
    """Return the length of the longest recording that is played."""
    files = candle_files(candles)
    ends = [read_candles(files[f"{asset}/{BASE}"].path) for asset in ASSETS]
    return max((each[-1].start - each[0].start).total_seconds() for each in ends)


async def _play(bot: RunningBot, pace: Pace, clock: Clock, recorded_for: float) -> _Played:
    """Let the market run; a bot that ended before it is a failure, not a short run."""
    length = recorded_for / pace.speed if pace.seconds is None else pace.seconds
    memory: list[float] = []
    began = clock.monotonic()
    await bot.kraken.market(speed=pace.speed)
    while (passed := clock.monotonic() - began) < length or pace.seconds is None:
        assert bot.process.is_running, bot.log()
        if passed < length / 3:
            memory.clear()
        memory.append(resident_mib(bot.process.pid))
        market = (await bot.kraken.current())["market"]
        if len(market["finished"]) == len(ASSETS):
            break
        await clock.sleep(0.5)
    return _Played(
        seconds=passed,
        market_days=min(passed * pace.speed, recorded_for) / DAY_SECONDS,
        memory_growth=memory[-1] / memory[0] - 1,
    )


async def _come_to_rest(bot: RunningBot, clock: Clock, *, within: float = 60.0) -> None:
    """Prices stand still: wait until a scheduled run begun since then finds nothing to do."""
    frozen_at = clock.now().isoformat()

    def is_at_rest() -> bool:
        jobs = bot.database.rows("SELECT * FROM jobs WHERE name = 'rebalance_kraken'")
        return any(
            job["last_started_at"] > frozen_at and job["last_outcome"] == INSIDE for job in jobs
        )

    await eventually(is_at_rest, within=within, every=0.2, because="a run had nothing to do")
    await bot.ask("/pause rebalance_kraken", wanted="rebalance_kraken")
    await bot.settled()


async def _sum_up(bot: RunningBot, *, start: Mapping[str, Decimal], played: _Played) -> History:
    shown = await bot.ask("/balance", wanted=lambda each: bool(shown_balances(each.text)))
    verdict = await compare(bot, owner=OWNER)
    book = await bot.kraken.book()
    totals = {asset: Decimal(each["total"]) for asset, each in book["balances"].items()}
    return History(
        seconds=played.seconds,
        market_days=played.market_days,
        memory_growth=played.memory_growth,
        runs=Counter(row["status"] for row in bot.database.table("runs")),
        orders=verdict.orders,
        fills=verdict.fills,
        told=verdict.messages,
        turnover=sum((Decimal(fill["cost"]) for fill in book["fills"]), Decimal(0)),
        fees=sum((Decimal(fill["fee"]) for fill in book["fills"]), Decimal(0)),
        value=worth(totals, book),
        hold_value=worth(start, book),
        differences=(
            *verdict.problems,
            *balance_differences(book, shown_balances(shown.text)),
            *unexplained(start, book),
        ),
    )


def worth(amounts: Mapping[str, Decimal], book: Mapping[str, Any]) -> Decimal:
    """Value amounts at the prices of a venue's book, in BTC."""
    return sum(
        (
            amount if asset == BASE else amount * Decimal(book["prices"][f"{asset}/{BASE}"])
            for asset, amount in amounts.items()
        ),
        Decimal(0),
    )


def unexplained(start: Mapping[str, Decimal], book: Mapping[str, Any]) -> list[str]:
    """Start and fills must add up to what is there now, to the last digit."""
    expected = dict(start)
    for fill in book["fills"]:
        asset, sign = fill["pair"].split("/")[0], 1 if fill["side"] == "buy" else -1
        expected[asset] += sign * Decimal(fill["volume"])
        expected[BASE] -= sign * Decimal(fill["cost"]) + Decimal(fill["fee"])
    actual = {asset: Decimal(each["total"]) for asset, each in book["balances"].items()}
    return [
        f"{asset}: start and fills make {expected.get(asset, 0)}, the venue has {total}"
        for asset, total in actual.items()
        if expected.get(asset, Decimal(0)) != total
    ]


def report(history: History) -> str:
    """Return a few lines for people."""
    runs = ", ".join(f"{count} {status}" for status, count in sorted(history.runs.items()))
    change = (history.value / history.hold_value - 1) * 100
    lines = [
        f"played        {history.market_days:.1f} days of market in {history.seconds:.0f} s",
        f"runs          {sum(history.runs.values())} ({runs})",
        f"orders        {history.orders}, fills {history.fills}, told {history.told}",
        f"turnover      {history.turnover:.8f} {BASE}",
        f"fees          {history.fees:.8f} {BASE}",
        f"final value   {history.value:.8f} {BASE}",
        f"held instead  {history.hold_value:.8f} {BASE} (rebalanced {change:+.2f} %)",
        f"memory        {history.memory_growth:+.1%} over the last two thirds",
        f"differences   {len(history.differences)} (venue, journal, chat; to the last digit)",
        *(f"  {difference}" for difference in history.differences),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Play it and print what came of it; 1 where the books differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--candles", type=Path, default=CANDLES, help="folder of recorded candles")
    parser.add_argument("--speed", type=float, default=Pace().speed, help="market s a second")
    parser.add_argument("--seconds", type=float, help="stop so soon instead of at the end")
    parser.add_argument("--keep", type=Path, help="folder for the books; else they are dropped")
    known = parser.parse_args(arguments)
    if not known.candles.is_dir():
        print(f"no recorded candles in {known.candles}; name a folder with --candles")
        return 2
    pace = Pace(speed=known.speed, seconds=known.seconds)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if known.keep is None else known.keep
        folder.mkdir(parents=True, exist_ok=True)
        history = asyncio.run(play(folder, candles=known.candles, pace=pace, clock=RealClock()))
    print(report(history))
    return 1 if history.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
