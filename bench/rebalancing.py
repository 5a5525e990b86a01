"""How long a rebalance of five assets takes against the round trips that it cannot do without.

Kraken wants rising nonces of a key, so its private calls go one after the other: the balances,
each order, what became of the orders and their fills after the sales and again after the
purchases, and the balances after each. That many round trips, and nothing else, is the ideal.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bench.measures import Measure
from simulators.clock import Clock
from tests.support.running_bot import BotSettings, RunningBot, running_bot

LATENCY_MS = 60.0
TIMES = 3
REST_SECONDS = 12.0
"""Between two runs: what they may ask of Kraken in a row is refilled once a second."""
TARGETS: Mapping[str, str] = {
    "BTC": "0.30",
    "ETH": "0.20",
    "SOL": "0.15",
    "ADA": "0.10",
    "XMR": "0.10",
}
RISING = ("BTC/USD", "SOL/USD", "XMR/USD")
HIGHER, LOWER = Decimal("1.06"), Decimal("0.94")
_LOOKS = 2
"""What became of the orders, and their fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One rebalance: from its first row to its last, and the least it could have taken."""

    sells: int
    buys: int
    seconds: float

    @property
    def round_trips(self) -> int:
        balances = 1
        stages = [count for count in (self.sells, self.buys) if count]
        return balances + sum(count + _LOOKS + balances for count in stages)

    @property
    def ideal_seconds(self) -> float:
        return self.round_trips * LATENCY_MS / 1000


async def measure(
    folder: Path, *, clock: Clock, times: int = TIMES, rest_seconds: float = REST_SECONDS
) -> tuple[Run, ...]:
    """Invest once, then unsettle the prices and rebalance so many times."""
    settings = BotSettings(
        targets=TARGETS, rebalance={"max_turnover": "1.0", "band_abs": "0.002", "min_order": "1"}
    )
    runs = []
    async with running_bot(
        folder, settings=settings, balances={"USD": "10000"}, latency_ms=LATENCY_MS
    ) as bot:
        prices = (await bot.kraken.current())["market"]["prices"]
        await _rebalance(bot)
        for number in range(times):
            await clock.sleep(rest_seconds)
            await _unsettle(bot, prices, up=number % 2 == 0)
            runs.append(await _rebalance(bot))
    return tuple(runs)


async def _unsettle(bot: RunningBot, prices: Mapping[str, str], *, up: bool) -> None:
    """Move some prices up and the others down, so that each asset has an order coming."""
    for asset in TARGETS:
        pair = f"{asset}/USD"
        moved = Decimal(prices[pair]) * (HIGHER if (pair in RISING) is up else LOWER)
        await bot.kraken.market(pair=pair, price=str(moved))


async def _rebalance(bot: RunningBot) -> Run:
    known = {row["run_id"] for row in bot.database.table("runs")}
    plan = await bot.ask(
        "/rebalance", wanted=lambda shown: "Place" in "".join(shown.labels), within=30.0
    )
    mark = await bot.press(plan, "Place")
    await bot.telegram.wait_for("Done", 60, after=mark)
    await bot.settled()
    (run,) = [row for row in bot.database.table("runs") if row["run_id"] not in known]
    orders = bot.database.rows("SELECT * FROM orders WHERE run_id = ?", (run["run_id"],))
    sides = [order["side"] for order in orders]
    took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    return Run(sells=sides.count("sell"), buys=sides.count("buy"), seconds=took.total_seconds())


def rows(runs: Sequence[Run]) -> Sequence[Measure]:
    """Return the row of the table."""
    median = sorted(runs, key=lambda run: run.seconds / run.ideal_seconds)[len(runs) // 2]
    ratio = statistics.median(run.seconds / run.ideal_seconds for run in runs)
    return [
        Measure(
            name=f"rebalance of {len(TARGETS)} assets at {LATENCY_MS:.0f} ms",
            value=f"{ratio:.2f} x ideal",
            note=f"{median.seconds:.2f} s for {median.sells} sells and {median.buys} buys; "
            f"{median.round_trips} round trips in a row are {median.ideal_seconds:.2f} s",
        )
    ]
