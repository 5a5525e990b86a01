"""`bot.py demo`: local venues, a local Telegram and the real bot between them.

Five processes: this launcher starts the three simulators and the bot, and starts the bot again
when it dies, as systemd would. The bot is the one that everybody runs; only its addresses are
local. On recorded candles there is one venue.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from composition.bot_process import BotProcess
from composition.demo_config import (
    OWNER,
    VIEWER,
    DemoPortfolio,
    DemoVenue,
    config_text,
    state_name,
    write_config,
)
from composition.launcher import LauncherServer
from composition.stopping import stop_process
from handlers.process.commands import Demo
from handlers.process.exit_codes import ExitCode
from handlers.process.signals import ProcessSignals
from trading.clock import Clock
from trading.errors import CommandError

_READY_SECONDS = 30.0
_STOP_SECONDS = 10.0
_STRANGER = 1003
_TOKEN = "123:demo"  # noqa: S105 - the local Telegram takes no other, and says so
_ASSETS_PLAYED = 5


_SYNTHETIC = DemoPortfolio(
    base="USD",
    targets={"BTC": "0.40", "ETH": "0.25", "SOL": "0.15"},
    balances={"USD": "6500", "BTC": "0.16", "ETH": "0.4", "ADA": "850"},
    pairs=("BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD", "DOGE/USD", "ETH/BTC", "USDT/USD"),
)
_SECOND = DemoPortfolio(
    base="USDT",
    targets={"BTC": "0.30", "BNB": "0.20", "SOL": "0.20"},
    balances={"USDT": "2800", "BTC": "0.02", "BNB": "2.5"},
    pairs=(),
)


async def run_demo(command: Demo, *, clock: Clock) -> ExitCode:
    """Run until a signal; everything started here is ended here."""
    signals = ProcessSignals()
    async with AsyncExitStack() as stack:
        stack.enter_context(signals.listening())
        root = stack.enter_context(_folder(command.state))
        venues = await _venues(stack, command, root)
        config = root / "config.toml"
        bot = await stack.enter_async_context(
            BotProcess(config=config, log=root / "bot.log", clock=clock)
        )
        launcher = await stack.enter_async_context(LauncherServer(bot=bot))
        telegram = await _start(
            stack, "simulators.telegram", _telegram(command, root, venues, launcher.url)
        )
        write_config(config, config_text(command, root, venues, telegram))
        addresses = {
            "page": telegram["page_url"],
            "telegram_control": telegram["control_url"],
            **{f"{venue.name}_control": venue.ready["control_url"] for venue in venues},
            "launcher": launcher.url,
        }
        (root / "addresses.json").write_text(json.dumps(addresses, indent=2))
        is_new = not (root / state_name(command) / "steelyard.db").exists()
        if is_new and not command.paper:  # later it is what it last was
            await bot.prepare()
        bot.want(running=True)
        _announce(telegram["page_url"], root, kept=command.state is not None)
        await bot.keep_running(signals.stop)
    return ExitCode.DONE


def _announce(page: str, root: Path, *, kept: bool) -> None:
    print(f"\n  Open the chat:  {page}\n")
    print(f"  The bot's log:  {root / 'bot.log'}")
    print(f"  Its state:      {root}" + ("" if kept else " (removed at the end)"))
    print("  Stop with Ctrl-C.\n", flush=True)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield kept.absolute()
        return
    made = Path(tempfile.mkdtemp(prefix="steelyard-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


async def _venues(stack: AsyncExitStack, command: Demo, root: Path) -> tuple[DemoVenue, ...]:
    """Start a Kraken, and a Binance beside it; on recorded candles the one venue they are of."""
    portfolio = _SYNTHETIC if command.candles is None else _played(command.candles)
    arguments = _arguments(command, root / "kraken", portfolio)
    if portfolio.pairs:
        arguments += ["--pairs", ",".join(portfolio.pairs)]
    if command.candles is not None:
        arguments += ["--candles", str(command.candles.absolute())]
    kraken = DemoVenue(
        name="kraken",
        portfolio=portfolio,
        ready=await _start(stack, "simulators.kraken", arguments),
    )
    if command.candles is not None:
        return (kraken,)
    arguments = _arguments(command, root / "binance", _SECOND)
    binance = DemoVenue(
        name="binance",
        portfolio=_SECOND,
        ready=await _start(stack, "simulators.binance", arguments),
    )
    return (kraken, binance)


def _arguments(command: Demo, state: Path, portfolio: DemoPortfolio) -> list[str]:
    held = ",".join(f"{asset}={amount}" for asset, amount in portfolio.balances.items())
    arguments = ["--state", str(state), "--balances", held]
    arguments += ["--speed", str(command.speed), "--latency-ms", "60"]
    if command.seed is not None:
        arguments += ["--seed", str(command.seed)]
    return arguments


def _telegram(command: Demo, root: Path, venues: Sequence[DemoVenue], launcher: str) -> list[str]:
    users = f"{OWNER}:owner:Ada,{VIEWER}:viewer:Vic,{_STRANGER}:stranger:Sam"
    controls = [
        word
        for venue in venues
        for word in (f"--{venue.name}-control", venue.ready["control_url"])
    ]
    return [
        "--listen", command.listen, "--state", str(root / "telegram"), "--token", _TOKEN,
        "--users", users, *controls, "--process-control", launcher,
    ]  # fmt: skip


def _played(candles: Path) -> DemoPortfolio:
    """Hold the first assets that are recorded against one base, in equal parts."""
    names = sorted(path.name.partition("_")[0] for path in candles.glob("*-*_*.csv"))
    pairs = [tuple(name.split("-", 1)) for name in names]
    base = max((quote for _, quote in pairs), key=[q for _, q in pairs].count, default="USD")
    assets = [asset for asset, quote in pairs if quote == base][:_ASSETS_PLAYED]
    share = f"{0.9 / max(1, len(assets)):.2f}"
    return DemoPortfolio(
        base=base,
        targets=dict.fromkeys(assets, share),
        balances={base: "10"},
        pairs=tuple(f"{asset}/{base}" for asset in assets),
    )


async def _start(stack: AsyncExitStack, module: str, arguments: list[str]) -> Mapping[str, Any]:
    """Start a simulator and return what it says when it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    stack.push_async_callback(stop_process, process, within_seconds=_STOP_SECONDS)
    if process.stdout is None:
        raise RuntimeError("the child was started without its output")
    async with asyncio.timeout(_READY_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise CommandError(f"{module} did not start; its message stands above")
    ready: Mapping[str, Any] = json.loads(line)
    return ready
