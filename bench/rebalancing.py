"""How long a rebalance of twenty assets takes against the two round trips it cannot do without.

All sells fit into one round trip and, since they bring the money, all buys into another: that is
the ideal. Measured from the first order that is sent to the last fill that is known. The same
trades are done beside it by the bot without streams, whose orders go one after another as
Kraken's rising nonces want it, and by ccxt, by REST and over its socket.
"""

import asyncio
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.measures import Measure
from simulators.clock import Clock
from tests.support.local_kraken import running_local_kraken
from tests.support.processes import run as run_python
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.shared import ROOT

LATENCY_MS = 100.0
TIMES = 5
REST_TIMES = 2
REST_SECONDS = 20.0
"""Before a run without streams: what it may ask of Kraken in a row is refilled once a second."""
AIM = 1.3
_MAJOR = ("BTC", "ETH", "SOL", "ADA", "XMR", "DOGE", "LTC", "XRP", "DOT", "LINK")
_MINOR = ("AVAX", "ATOM", "UNI", "AAVE", "BCH", "ALGO", "NEAR", "FIL", "ETC", "TRX")
ASSETS = (*_MAJOR, *_MINOR)
PAIRS = tuple(f"{asset}/USD" for asset in ASSETS)
SHARE = "0.045"
HIGHER, LOWER = Decimal("1.08"), Decimal("0.925")
CLIENTS = ROOT / ".venv-clients" / "bin" / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One rebalance: what it traded, and how long from the first order to the last fill."""

    sells: int
    buys: int
    seconds: float
    trades: tuple[tuple[str, str, str, str], ...] = ()
    """Symbol, side, quantity and limit price."""

    @property
    def ideal_seconds(self) -> float:
        return LATENCY_MS / 1000 * ((self.sells > 0) + (self.buys > 0))

    @property
    def ratio(self) -> float:
        return self.seconds / self.ideal_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Runs over the stream and without it, and what ccxt needs for the same trades."""

    streamed: tuple[Run, ...]
    asked: tuple[Run, ...]
    ccxt: Mapping[str, float]
    """Seconds by way; empty where its environment is not there."""


async def measure(
    folder: Path,
    *,
    clock: Clock,
    times: int = TIMES,
    rest_seconds: float = REST_SECONDS,
    beside: bool = True,
) -> Found:
    """Run all of them on venues of their own; the streamed ones alone without `beside`."""
    for name in ("streamed", "asked"):
        await asyncio.to_thread((folder / name).mkdir)
    streamed = await _runs(folder / "streamed", clock, times=times, pause=2.0, streams=True)
    if not beside:
        return Found(streamed=streamed, asked=(), ccxt={})
    asked = await _runs(
        folder / "asked", clock, times=min(times, REST_TIMES), pause=rest_seconds, streams=False
    )
    ccxt: dict[str, float] = {}
    if CLIENTS.exists():
        for way in ("rest", "stream"):
            ccxt[way] = await with_ccxt(folder / f"ccxt-{way}", streamed[-1], way)
    return Found(streamed=streamed, asked=asked, ccxt=ccxt)


async def _runs(
    folder: Path, clock: Clock, *, times: int, pause: float, streams: bool
) -> tuple[Run, ...]:
    """Invest once, then unsettle the prices and rebalance so many times."""
    settings = BotSettings(
        targets=dict.fromkeys(ASSETS, SHARE),
        rebalance={
            "max_turnover": "1.0",
            "band_abs": "0.002",
            "min_order": "1",
            "max_orders": "40",
            "max_slippage": "0.02",
        },
        venue={"streams": json.dumps(streams)},
        # Run after run: more orders than a careful owner lets through within a minute.
        risk={"max_orders_per_minute": '"off"'},
    )
    runs = []
    async with running_bot(
        folder, settings=settings, balances={"USD": "20000"}, latency_ms=LATENCY_MS, pairs=PAIRS
    ) as bot:
        prices = (await bot.kraken.current())["market"]["prices"]
        await _rebalance(bot)
        for number in range(times):
            for place, pair in enumerate(PAIRS):
                moved = Decimal(prices[pair]) * (HIGHER if (place + number) % 2 else LOWER)
                await bot.kraken.market(pair=pair, price=f"{moved:.6f}")
            await clock.sleep(pause)
            runs.append(await _rebalance(bot))
    return tuple(runs)


async def _rebalance(bot: RunningBot) -> Run:
    known = {row["run_id"] for row in bot.database.table("runs")}
    plan = await bot.ask(
        "/rebalance", wanted=lambda shown: "Place" in "".join(shown.labels), within=60.0
    )
    mark = await bot.press(plan, "Place")
    await bot.telegram.wait_for("Cost ", 60, after=mark)
    await bot.settled()
    (run,) = [row for row in bot.database.table("runs") if row["run_id"] not in known]
    return read_run(bot, run["run_id"])


def read_run(bot: RunningBot, run_id: str) -> Run:
    """Take the times from the journal: of the mark before the first send, of the last booking."""
    orders = bot.database.rows("SELECT * FROM orders WHERE run_id = ?", (run_id,))
    fills = bot.database.rows(
        "SELECT booked_at FROM fills JOIN orders USING (client_order_id) WHERE run_id = ?",
        (run_id,),
    )
    sides = [order["side"] for order in orders]
    sent = min(_time(order["submitted_at"]) for order in orders)
    booked = max(_time(fill["booked_at"]) for fill in fills)
    return Run(
        sells=sides.count("sell"),
        buys=sides.count("buy"),
        seconds=(booked - sent).total_seconds(),
        trades=tuple(map(_trade, orders)),
    )


def _trade(order: Mapping[str, Any]) -> tuple[str, str, str, str]:
    symbol = f"{order['base']}/{order['quote']}"
    return symbol, order["side"], order["quantity"], order["limit_price"]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def with_ccxt(folder: Path, run: Run, way: str) -> float:
    """Have ccxt do the trades of a run on a venue where the same prices can fill them."""
    balances = {"USD": "20000"} | {
        symbol.partition("/")[0]: quantity
        for symbol, side, quantity, _ in run.trades
        if side == "sell"
    }
    async with running_local_kraken(
        folder, balances=balances, latency_ms=LATENCY_MS, pairs=PAIRS
    ) as kraken:
        for symbol, side, _, limit in run.trades:
            # Well inside the limit, as it was when the bot planned with it.
            factor = Decimal("0.99") if side == "buy" else Decimal("1.01")
            await kraken.market(pair=symbol, price=f"{Decimal(limit) * factor:.6f}")
        addresses = (kraken.rest_url, kraken.ws_url, kraken.ws_auth_url)
        arguments = (*addresses, kraken.key, kraken.secret, json.dumps(run.trades), way)
        child = await run_python("bench/with_ccxt.py", *arguments, python=CLIENTS, within=90.0)
        if child.returncode != 0:
            raise RuntimeError(child.said())
        return float(json.loads(child.lines[-1])["seconds"])


def rows(found: Found) -> Sequence[Measure]:
    """Return the rows of the table."""
    name = f"rebalance of {len(ASSETS)} assets at {LATENCY_MS:.0f} ms"
    ratio = statistics.median(run.ratio for run in found.streamed)
    return [
        Measure(
            name=name,
            value=f"{ratio:.2f} x ideal",
            aim=f"< {AIM} x",
            fits=ratio < AIM,
            note=_words(found.streamed),
        ),
        *(
            Measure(
                name=f"{name}, no streams",
                value=f"{statistics.median(run.ratio for run in runs):.2f} x ideal",
                note=_words(runs),
            )
            for runs in (found.asked,)
            if runs
        ),
        *(
            Measure(
                name=f"the same trades, ccxt by {way}",
                value=f"{seconds / found.streamed[-1].ideal_seconds:.2f} x ideal",
                note=f"{seconds:.2f} s",
            )
            for way, seconds in found.ccxt.items()
        ),
    ]


def _words(runs: Sequence[Run]) -> str:
    median = sorted(runs, key=lambda run: run.ratio)[len(runs) // 2]
    return (
        f"{median.seconds * 1000:.0f} ms for {median.sells} sells and {median.buys} buys; "
        f"one round trip for each stage is {median.ideal_seconds * 1000:.0f} ms"
    )
