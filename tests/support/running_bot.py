"""The whole bot in a test: the real process between a local Kraken and a local Telegram."""

import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.bot_database import BotDatabase
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.local_telegram import (
    OWNER,
    VIEWER,
    LocalTelegram,
    Shown,
    Wanted,
    running_local_telegram,
)
from tests.support.nursery import Forked, Nursery
from tests.support.processes import UNMEASURED, Child, run, running
from tests.support.waiting import PATIENCE_SECONDS, eventually

BALANCES: Mapping[str, str] = {"USD": "6500", "BTC": "0.16", "ETH": "0.4", "ADA": "850"}
TARGETS: Mapping[str, str] = {"BTC": "0.40", "ETH": "0.25", "SOL": "0.15"}
RULES: Mapping[str, str] = {"max_turnover": "1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    """What the configuration says; values are written into the TOML as they stand here."""

    targets: Mapping[str, str] = field(default_factory=lambda: dict(TARGETS))
    owners: tuple[int, ...] = (OWNER,)
    viewers: tuple[int, ...] = (VIEWER,)
    bot: Mapping[str, str] = field(default_factory=dict)
    telegram: Mapping[str, str] = field(default_factory=dict)
    venue: Mapping[str, str] = field(default_factory=dict)
    rebalance: Mapping[str, str] = field(default_factory=lambda: dict(RULES))
    risk: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, str] = field(default_factory=dict)
    http: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Whole tables by name, such as those of a second venue."""


@dataclass(slots=True, kw_only=True)
class RunningBot:
    """One bot, stopped or running; its simulators run for as long as the block does."""

    folder: Path
    kraken: LocalKraken
    telegram: LocalTelegram
    settings: BotSettings
    nursery: Nursery | None = None
    """Where it is forked from; None starts a process of its own each time."""
    _child: Child | Forked | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _said: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        return self.folder / "bot"

    @property
    def database(self) -> BotDatabase:
        return BotDatabase(self.state / "steelyard.db")

    @property
    def process(self) -> Child | Forked:
        if self._child is None:
            raise RuntimeError("the bot was never started")
        return self._child

    def log(self) -> str:
        """All that this bot's processes ever wrote."""
        running_now = self._child.said() if self._child is not None else ""
        return "\n".join([*self._said, running_now])

    def configure(self, settings: BotSettings) -> None:
        """Write another configuration; the bot does not know of it yet."""
        self.settings = settings
        write_config(self.config, config_text(self))

    async def allow_trading(self) -> None:
        """A live bot's first start is halted until its owner resumes it."""
        if self.nursery is not None:
            child = await self.nursery.spawn("resume", "--yes", "--config", self.config)
            assert await child.wait() == 0, child.said()
            return
        words = ("bot.py", "resume", "--yes", "--config", self.config)
        answer = await run(*words, environment=UNMEASURED)
        assert answer.returncode == 0, answer.said()

    async def launch(self) -> None:
        """Start the process; it may still be opening."""
        if self._child is not None:
            self._said.append(self._child.said())
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        if self.nursery is not None:
            self._child = await self.nursery.spawn("run", "--config", self.config)
            self._stack.push_async_callback(self._child.terminate)
            return
        self._child = await self._stack.enter_async_context(
            running("bot.py", "run", "--config", self.config, ready=None)
        )

    async def start(self, *, within: float = PATIENCE_SECONDS) -> None:
        """Start, and wait until what the last process left is settled as far as it can be."""
        before = self.database.started()
        await self.launch()

        def opened_or_ended() -> bool:
            return not self.process.is_running or self.database.started() > before

        await eventually(opened_or_ended, within=within, every=0.03, because="the bot has opened")
        assert self.process.is_running, self.process.said()

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self.process.kill()

    async def stop(self, *, within: float = PATIENCE_SECONDS) -> int:
        """Ask it to end, as a service manager does, and return the exit code."""
        return await self.process.terminate(within=within)

    def hang_up(self) -> None:
        """Ask it to read its configuration anew."""
        self.process.signal(signal.SIGHUP)

    async def command(self, *words: str, within: float = PATIENCE_SECONDS) -> Child:
        """Run another `bot.py WORDS --config …` to its end."""
        return await run("bot.py", *words, "--config", self.config, within=within)

    async def ask(
        self, text: str, *, user: int = OWNER, wanted: Wanted, within: float = PATIENCE_SECONDS
    ) -> Shown:
        """Type, and wait for what is shown after it."""
        mark = await self.telegram.mark()
        await self.telegram.say(user, text)
        return await self.telegram.wait_for(wanted, within, after=mark, chat_id=user)

    async def press(self, on: Shown, label: str, *, user: int = OWNER) -> int:
        """Press the button with this word on a message; what follows comes after the result."""
        mark = await self.telegram.mark()
        full = next(each for each in on.labels if label in each)
        await self.telegram.press(user, full, on.message_id)
        return mark

    async def settled(self, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until nothing is under way: no command, no order, no run, no notice."""

        def is_settled() -> bool:
            assert self.process.is_running, self.process.said()
            return not self.database.under_way()

        await eventually(is_settled, within=within, every=0.03, because="the bot has settled")

    async def aclose(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def running_bot(
    folder: Path,
    *,
    settings: BotSettings | None = None,
    balances: Mapping[str, str] | None = None,
    started: bool = True,
    nursery: Nursery | None = None,
    **venue: Any,
) -> AsyncIterator[RunningBot]:
    """Run both simulators, and the bot (allowed to trade) unless `started` is False.

    `venue` are `KrakenOptions`: latency_ms, seed, speed, pairs and so on.
    """
    async with (
        running_local_kraken(
            folder / "kraken",
            balances=BALANCES if balances is None else balances,
            **venue,
        ) as kraken,
        running_local_telegram(folder / "telegram") as telegram,
    ):
        bot = RunningBot(
            folder=folder,
            kraken=kraken,
            telegram=telegram,
            settings=settings or BotSettings(),
            nursery=nursery,
        )
        try:
            bot.configure(bot.settings)
            if started:
                await bot.allow_trading()
                await bot.start()
            yield bot
        finally:
            await bot.aclose()


def config_text(bot: RunningBot) -> str:
    """Write the configuration as its owner would."""
    tables = _tables(bot)
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        for name, keys in tables.items()
    )


def _tables(bot: RunningBot) -> dict[str, dict[str, str]]:
    settings, kraken = bot.settings, bot.kraken
    tables: dict[str, dict[str, str]] = {
        "bot": {
            "state_dir": json.dumps(str(bot.state)),
            "mode": '"live"',
            "live_confirmed": "true",
            "base_currency": '"USD"',
            **settings.bot,
        },
        "telegram": {
            "token": json.dumps(bot.telegram.token),
            "api_url": json.dumps(bot.telegram.api_url),
            "owners": json.dumps(settings.owners),
            "viewers": json.dumps(settings.viewers),
            **settings.telegram,
        },
        "venues.kraken": {
            "kind": '"kraken"',
            "key": json.dumps(kraken.key),
            "secret": json.dumps(kraken.secret),
            "rest_url": json.dumps(kraken.rest_url),
            "ws_url": json.dumps(kraken.ws_url),
            "ws_auth_url": json.dumps(kraken.ws_auth_url),
            "tier": '"pro"',
            **settings.venue,
        },
        "rebalance": dict(settings.rebalance),
        "risk": dict(settings.risk),
        "jobs": dict(settings.jobs),
    }
    if settings.http:
        tables["http"] = dict(settings.http)
    if settings.targets:
        listed = ", ".join(f"{asset} = {weight}" for asset, weight in settings.targets.items())
        tables["allocation.kraken"] = {"targets": f"{{ {listed} }}"}
    return tables | {name: dict(keys) for name, keys in settings.more.items()}


def write_config(path: Path, text: str) -> None:
    """Only its owner may read a file with secrets in it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
