"""A bot in the situation where a failure hurts, and the eyes that see when it is over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.healing_values import Door, Situation
from tests.support.local_telegram import OWNER, Shown
from tests.support.referee import balance_differences, compare, shown_balances
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD")
LATENCY_MS = 60.0
MOVE = Decimal("0.07")
MOST_MOVES = 3
REBALANCE: Mapping[str, str] = {"max_turnover": "1.0", "band_abs": "0.002", "min_order": "1"}
PUBLIC = ("Time", "SystemStatus", "Assets", "AssetPairs", "Ticker", "Depth", "OHLC")
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class World:
    """One bot on one venue, hurt again and again."""

    bot: RunningBot
    door: Door
    prices: Mapping[str, Decimal]
    _moves: int = 0
    _asked: set[int] = field(default_factory=set)

    async def ill(self, since: datetime) -> str:
        """Say what is not well; nothing once it has healed by itself.

        Asked balances must have been asked for since then: those of before may be fresh yet.
        """
        if under_way := self.bot.database.under_way():
            return under_way[0]
        shown = await self._look("/balance", "source, age")
        verdict = shown.text.splitlines()[0]
        is_fed = self.door is Door.REST or "stream" in verdict
        if "⚠" in shown.text or "verified" not in verdict or not is_fed:
            return f"balances: {verdict}"
        if not self._is_asked(since):
            return "the venue has not been asked again"
        book = await self.bot.kraken.book()
        if differences := balance_differences(book, shown_balances(shown.text)):
            return differences[0]
        health = await self._look("/health", "ealthy")
        if sick := [
            line for line in health.text.splitlines() if line.startswith("❌") and "stream" in line
        ]:
            return sick[0]
        if "halted" in health.text or "reducing" in health.text:
            return "trading is not active"
        if under_way := self.bot.database.under_way():
            return under_way[0]
        books = await compare(self.bot, owner=OWNER)
        return books.problems[0] if books.problems else ""

    async def until_asked(self, within: float) -> None:
        """Wait until the bot asks for something with its key again."""
        before = await self._private_calls()

        async def is_asked() -> bool:
            return await self._private_calls() > before

        _: bool = await eventually(is_asked, within=within, every=1.0, because="asked again")

    async def until_well(self, within: float, *, since: datetime = EVER) -> None:
        """Wait for it; AssertionError says what was still wrong when the time was over."""

        async def is_well() -> bool:
            problem = await self.ill(since)
            assert not problem, problem
            return True

        _: bool = await eventually(is_well, within=within, every=0.1, because="healed")

    async def prepare(self, situation: Situation) -> Shown | None:
        """Bring it to the last press before what shall be hurt."""
        match situation:
            case Situation.QUIET:
                return None
            case Situation.WHOLE:
                await self.bot.kraken.deposit("ADA", "50")
                await self.until_well(within=60.0)
                return await self.bot.ask("/sell ADA all", wanted=_has_button, within=60)
            case Situation.CANCEL:
                return await self._resting()
            case _:
                return await self._plan()

    async def press(self, shown: Shown) -> int:
        """Press what confirms it; return the update, whose answer ends the act."""
        label = next(each for each in shown.labels if each.startswith("✅"))
        pressed = await self.bot.telegram.press(OWNER, label, shown.message_id)
        return int(pressed["update_id"])

    def is_answered(self, update_id: int) -> bool:
        row = self.bot.database.inbox(update_id)
        return row is not None and row["status"] not in ("new", "claimed")

    async def said(self, after: int) -> list[Shown]:
        """Return what was said since, without what was asked for only to look."""
        shown = await self.bot.telegram.transcript(OWNER, after)
        return [
            each
            for each in shown
            if each.event in ("message", "edit") and each.seq not in self._asked
        ]

    async def _private_calls(self) -> int:
        calls = (await self.bot.kraken.current())["calls"]["rest"]
        return sum(int(number) for name, number in calls.items() if name not in PUBLIC)

    def _is_asked(self, since: datetime) -> bool:
        (row,) = self.bot.database.rows("SELECT max(confirmed_at) AS latest FROM balances")
        latest = row["latest"]
        return latest is not None and datetime.fromisoformat(latest) >= since

    async def _look(self, command: str, wanted: str) -> Shown:
        shown = await self.bot.ask(command, wanted=wanted, within=30.0)
        self._asked.add(shown.seq)
        return shown

    async def _plan(self) -> Shown:
        """Move the prices, up and down in turn, until there is something to sell and to buy.

        After a run that failed, the portfolio may fit the prices of the turn before it.
        """
        for _ in range(MOST_MOVES):
            await self._move()
            with contextlib.suppress(AssertionError):
                return await eventually(self._planned, within=4.0, every=1.0)
        return await eventually(self._planned, within=60.0, every=2.0, because="a plan")

    async def _move(self) -> None:
        self._moves += 1
        sign = 1 if self._moves % 2 else -1
        for place, (pair, price) in enumerate(self.prices.items()):
            factor = 1 + sign * MOVE * (1 if place % 2 else -1)
            await self.bot.kraken.market(pair=pair, price=f"{price * factor:.5f}")

    async def _planned(self) -> Shown:
        shown = await self.bot.ask("/rebalance", wanted=_is_plan, within=60.0)
        assert _has_button(shown), shown.text
        return shown

    async def _resting(self) -> Shown:
        """Have an order in the book, and the question whether to cancel it on the screen."""
        prices = (await self.bot.kraken.current())["market"]["prices"]
        limit = Decimal(prices["ETH/USD"]) * Decimal("0.9")
        shown = await self.bot.ask(
            f"/buy ETH 0.02 limit {limit:.2f}", wanted=_has_button, within=60
        )
        mark = await self.bot.telegram.mark()
        await self.press(shown)
        await self.bot.telegram.wait_for("In the book", 30, after=mark)
        listed = await self.bot.ask("/orders", wanted="buy 0.02 ETH/USD")
        mark = await self.bot.press(listed, "🔎 buy 0.02 ETH/USD")
        whole = await self.bot.telegram.wait_for("Checked before it was sent", 30, after=mark)
        mark = await self.bot.press(whole, "✖ Cancel it…")
        return await self.bot.telegram.wait_for("Cancel this order?", 30, after=mark)


def _has_button(shown: Shown) -> bool:
    return any(label.startswith("✅") for label in shown.labels)


def _is_plan(shown: Shown) -> bool:
    return ("goal" in shown.text and "Rebalance kraken" in shown.text) or "No plan" in shown.text


def orders_of(book: Mapping[str, Any]) -> int:
    return len(book["orders"])


@asynccontextmanager
async def healthy_world(folder: Path, door: Door) -> AsyncIterator[World]:
    """Run a bot as it is shipped, but for the rules of its rebalance; it is well."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    venue = {"streams": "true" if door is Door.SOCKET else "false"}
    settings = BotSettings(rebalance=REBALANCE, venue=venue)
    async with running_bot(folder, settings=settings, latency_ms=LATENCY_MS, pairs=PAIRS) as bot:
        prices = (await bot.kraken.current())["market"]["prices"]
        world = World(
            bot=bot,
            door=door,
            prices={pair: Decimal(prices[pair]) for pair in PAIRS},
        )
        await world.until_well(within=90.0)
        yield world
        with contextlib.suppress(AssertionError):
            await bot.stop()
