"""`bot.py demo`: a local venue, a local Telegram and the real bot between them.

Four processes: this launcher starts the two simulators and the bot, and starts the bot again
when it dies, as systemd would. The bot is the one that everybody runs; only its addresses are
local.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from composition.bot_process import BotProcess
from composition.launcher import LauncherServer
from composition.stopping import stop_process
from handlers.process.commands import Demo
from handlers.process.exit_codes import ExitCode
from handlers.process.signals import ProcessSignals
from trading.clock import Clock
from trading.errors import CommandError

_READY_SECONDS = 30.0
_STOP_SECONDS = 10.0
_OWNER, _VIEWER, _STRANGER = 1001, 1002, 1003
_TOKEN = "123:demo"  # noqa: S105 - the local Telegram takes no other, and says so
_ASSETS_PLAYED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPortfolio:
    """What the demo's owner holds and wants; amounts as text."""

    base: str
    targets: Mapping[str, str]
    balances: Mapping[str, str]
    pairs: tuple[str, ...]
    """Empty: those that the local venue shows by itself."""


_SYNTHETIC = DemoPortfolio(
    base="USD",
    targets={"BTC": "0.40", "ETH": "0.25", "SOL": "0.15"},
    balances={"USD": "6500", "BTC": "0.16", "ETH": "0.4", "ADA": "850"},
    pairs=(),
)


async def run_demo(command: Demo, *, clock: Clock) -> ExitCode:
    """Run until a signal; everything started here is ended here."""
    signals = ProcessSignals()
    async with AsyncExitStack() as stack:
        stack.enter_context(signals.listening())
        root = stack.enter_context(_folder(command.state))
        portfolio = _SYNTHETIC if command.candles is None else _played(command.candles)
        venue = await _start(stack, "simulators.kraken", _kraken(command, root, portfolio))
        config = root / "config.toml"
        bot = await stack.enter_async_context(
            BotProcess(config=config, log=root / "bot.log", clock=clock)
        )
        launcher = await stack.enter_async_context(LauncherServer(bot=bot))
        telegram = await _start(
            stack, "simulators.telegram", _telegram(command, root, venue, launcher.url)
        )
        _write_config(config, root, portfolio, venue, telegram)
        addresses = {
            "page": telegram["page_url"],
            "telegram_control": telegram["control_url"],
            "kraken_control": venue["control_url"],
            "launcher": launcher.url,
        }
        (root / "addresses.json").write_text(json.dumps(addresses, indent=2))
        if not (root / "bot" / "steelyard.db").exists():  # later it is what it last was
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


def _kraken(command: Demo, root: Path, portfolio: DemoPortfolio) -> list[str]:
    held = ",".join(f"{asset}={amount}" for asset, amount in portfolio.balances.items())
    arguments = ["--state", str(root / "kraken"), "--balances", held]
    arguments += ["--speed", str(command.speed), "--latency-ms", "60"]
    if command.seed is not None:
        arguments += ["--seed", str(command.seed)]
    if command.candles is not None:
        arguments += ["--candles", str(command.candles.absolute())]
        arguments += ["--pairs", ",".join(portfolio.pairs)]
    return arguments


def _telegram(command: Demo, root: Path, venue: Mapping[str, Any], launcher: str) -> list[str]:
    users = f"{_OWNER}:owner:Ada,{_VIEWER}:viewer:Vic,{_STRANGER}:stranger:Sam"
    return [
        "--listen", command.listen, "--state", str(root / "telegram"), "--token", _TOKEN,
        "--users", users, "--kraken-control", venue["control_url"],
        "--process-control", launcher,
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


def _write_config(
    path: Path,
    root: Path,
    portfolio: DemoPortfolio,
    venue: Mapping[str, Any],
    telegram: Mapping[str, Any],
) -> None:
    targets = ", ".join(f"{asset} = {weight}" for asset, weight in portfolio.targets.items())
    text = f"""\
# Written by the demo; the same keys as your own configuration would have.
[bot]
state_dir = {json.dumps(str(root / "bot"))}
mode = "live"
live_confirmed = true
base_currency = "{portfolio.base}"

[telegram]
token = "{telegram["token"]}"
api_url = "{telegram["api_url"]}"
owners = [{_OWNER}]
viewers = [{_VIEWER}]

[venues.kraken]
kind = "kraken"
key = "{venue["key"]}"
secret = "{venue["secret"]}"
rest_url = "{venue["rest_url"]}"
ws_url = "{venue["ws_url"]}"
ws_auth_url = "{venue["ws_auth_url"]}"
tier = "pro"

[allocation.kraken]
targets = {{ {targets} }}

[rebalance]
max_turnover = 1.0
"""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
