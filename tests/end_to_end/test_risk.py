"""Risk on the real protocols: flows are no gain or loss, a shock halts, a kill undoes nothing."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.local_telegram import OWNER
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

HALF_IN_BTC = {"USD": "10000", "BTC": "0.2", "ETH": "4"}
UNMOVED = (Decimal(1), Decimal(1))
WATCHFUL = BotSettings(
    targets={"BTC": "0.3", "ETH": "0.3"},
    risk={
        "price_max_age": '"1s"',
        "max_drawdown": "0.15",
        "max_daily_loss": '"off"',
        "max_order_notional": "500",
        "max_exposure": "0.6",
    },
    jobs={"trading_loop": '"1s"', "balance_sync": '"1s"'},
)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[RunningBot]:
    """A frozen market: what moves is moved by the test."""
    async with running_bot(
        tmp_path, settings=WATCHFUL, balances=HALF_IN_BTC, started=False
    ) as running:
        await running.kraken.market(freeze=True)
        await running.kraken.market(pair="BTC/USD", price="50000")
        await running.kraken.market(pair="ETH/USD", price="2500")
        await running.allow_trading()
        await running.start()
        yield running


def series(bot: RunningBot) -> list[tuple[Decimal, Decimal]]:
    """Return growth and peak as they are written down; none before the first judgement."""
    rows = bot.database.table("performance")
    return [(Decimal(row["growth"]), Decimal(row["peak"])) for row in rows]


def flows(bot: RunningBot) -> list[Decimal]:
    return [Decimal(row["value"]) for row in bot.database.table("ledger") if row["value"]]


async def test_limits_hold_on_the_real_protocols_and_over_a_kill(bot: RunningBot) -> None:
    await eventually(lambda: series(bot) == [UNMOVED], because="risk was judged")
    await _orders_are_denied(bot)
    await _flows_are_neither_gain_nor_loss(bot)
    await _a_shock_halts_for_good(bot)


async def _orders_are_denied(bot: RunningBot) -> None:
    shown = await bot.ask("/buy 0.02 BTC", wanted="max_order_notional")
    assert "allowed=500.00 USD" in shown.text
    plan = await bot.ask("/rebalance", wanted="Rebalance kraken")
    assert "Limited by max_order_notional 500" in plan.text
    portfolio = await bot.ask("/portfolio", wanted="time-weighted")
    assert "Nothing came in or went out in 30 days" in portfolio.text


async def _flows_are_neither_gain_nor_loss(bot: RunningBot) -> None:
    await bot.kraken.deposit("USD", "30000")
    await eventually(lambda: flows(bot) == [30_000], because="the deposit was counted")
    await bot.kraken.withdraw("USD", "38000")
    await eventually(lambda: len(flows(bot)) == 2, because="so was the withdrawal")
    assert series(bot) == [UNMOVED]
    shown = await bot.ask("/risk", wanted="time-weighted")
    for words in (
        "Trading is active",
        "max_drawdown            0% ░░░░░░░",
        "put in today           30,000.00",
        "taken out today        38,000.00",
        "max_exposure BTC",
        "prices of kraken",
    ):
        assert words in shown.text


async def _a_shock_halts_for_good(bot: RunningBot) -> None:
    mark = await bot.telegram.mark()
    await bot.kraken.market(shock_fraction="-0.3")
    told = await bot.telegram.wait_for("🛑 kraken", after=mark, chat_id=OWNER)
    assert "the limit max_drawdown is 15.00 %. Trading is halted" in told.text
    await bot.kill()
    await bot.start()
    shown = await bot.ask("/risk", wanted="Trading is halted")
    assert "max_drawdown         !1" in shown.text
    status = await bot.ask("/status", wanted="kraken max_drawdown")
    assert "used: the loss from the peak" in status.text
    answer = await bot.ask("/resume", wanted="Trading is active")
    assert "beyond max_drawdown (15.00 %); it trips again at" in answer.text
    shown = await bot.ask("/risk", wanted="Trading is active")
    assert "it trips again at" in shown.text
