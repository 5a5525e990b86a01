"""Runs by themselves: after a shock, not while paused, not while halted; the owner is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.local_telegram import OWNER
from tests.support.nursery import Nursery
from tests.support.referee import compare
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

IN_BALANCE = {"USD": "2000", "BTC": "0.0625", "ETH": "0.80645161", "SOL": "10.34482758"}
JOB = "rebalance_kraken"
SCHEDULED = BotSettings(
    rebalance={"max_turnover": "1.0", "schedule": '"1s"', "cooldown": '"0s"'},
    risk={"price_max_age": '"1s"'},
)


@pytest.fixture
async def bot(tmp_path: Path, nursery: Nursery) -> AsyncIterator[RunningBot]:
    async with running_bot(
        tmp_path, settings=SCHEDULED, balances=IN_BALANCE, nursery=nursery
    ) as running:
        yield running


async def test_a_scheduled_run_follows_a_shock_and_the_owner_is_told(bot: RunningBot) -> None:
    await _has_looked_again(bot)
    assert (await bot.kraken.book())["orders"] == [], "everything was inside its band"
    mark = await bot.telegram.mark()
    await bot.kraken.market(pair="BTC/USD", shock_fraction="0.15")
    told = await bot.telegram.wait_for("Rebalanced", after=mark, chat_id=OWNER)
    assert "BTC/USD" in told.text
    assert "Cost " in told.text
    await bot.settled()
    verdict = await compare(bot, owner=OWNER)
    assert verdict.problems == ()
    assert verdict.fills > 0


async def test_a_paused_job_stays_paused_over_a_restart(bot: RunningBot) -> None:
    await bot.ask(f"/pause {JOB}", wanted="Paused")
    await bot.kraken.market(pair="BTC/USD", shock_fraction="0.15")
    assert await bot.stop() == 0
    await bot.start()
    shown = await bot.ask("/jobs", wanted=JOB)
    assert f"{JOB} ⏸ paused" in shown.text
    assert (await bot.kraken.book())["orders"] == []
    mark = await bot.telegram.mark()
    await bot.ask(f"/resume {JOB}", wanted="Running again")
    await bot.telegram.wait_for("Rebalanced", after=mark, chat_id=OWNER)


async def test_a_halted_bot_does_not_trade_and_says_so(bot: RunningBot) -> None:
    await bot.ask("/halt the market looks odd", wanted="halted")
    await bot.kraken.market(pair="BTC/USD", shock_fraction="0.15")
    await _has_looked_again(bot)
    await bot.kill()
    await bot.start()
    await _has_looked_again(bot)
    plan = await bot.ask("/rebalance", wanted="cannot be run now")
    assert "the market looks odd" in plan.text
    status = await bot.ask("/status", wanted="Trading is")
    assert "halted: the market looks odd" in status.text
    assert (await bot.kraken.book())["orders"] == []
    mark = await bot.telegram.mark()
    await bot.ask("/resume", wanted="active")
    await bot.telegram.wait_for("Rebalanced", after=mark, chat_id=OWNER)


async def _has_looked_again(bot: RunningBot) -> None:
    """Wait for a scheduled run that began after now and has ended."""

    def finished() -> str:
        rows = bot.database.rows("SELECT last_finished_at FROM jobs WHERE name = ?", (JOB,))
        return str(rows[0]["last_finished_at"]) if rows else ""

    for _ in range(2):
        before = finished()

        def is_later(before: str = before) -> bool:
            return finished() > before

        await eventually(is_later, because="the schedule has come round")
