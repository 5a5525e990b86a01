"""Buying and selling by hand with the whole bot: shown, confirmed once, done, and in the books."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.local_telegram import OWNER, STRANGER, VIEWER, Shown
from tests.support.nursery import Nursery
from tests.support.referee import compare
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually
from trading.clock import SystemClock

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(
    tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> AsyncIterator[RunningBot]:
    async with running_bot(
        tmp_path_factory.mktemp("by-hand"), latency_ms=10, nursery=nursery
    ) as running:
        yield running


def is_question(shown: Shown) -> bool:
    return any(label.startswith("✅") for label in shown.labels)


async def orders(bot: RunningBot) -> list[Any]:
    found: list[Any] = (await bot.kraken.book())["orders"]
    return found


def data_of(shown: Shown) -> str:
    (data,) = (
        button["callback_data"]
        for row in shown.raw["buttons"]
        for button in row
        if button["text"].startswith("✅")
    )
    return str(data)


async def press_by_hand(bot: RunningBot, user: int, message_id: int, data: str) -> None:
    """Send a button's data as a made-up client could, whatever is on the screen."""
    body = {"user_id": user, "message_id": message_id, "data": data, "force": True}
    await bot.telegram.control("POST", "/press", body)


async def toast(bot: RunningBot, on: Shown) -> str:
    """Press as its owner, and return what pops up."""
    mark = await bot.telegram.mark()
    await press_by_hand(bot, OWNER, on.message_id, data_of(on))
    shown = await bot.telegram.wait_for(lambda each: each.event == "answer", after=mark)
    return shown.text


async def test_a_purchase_is_shown_whole_done_once_and_in_every_book(bot: RunningBot) -> None:
    before = len(await orders(bot))
    shown = await bot.ask("/buy btc 100 usd", wanted=is_question)
    for words in (
        "Buy 0.00",
        "or better, what does not fill at once is cancelled",
        "BTC/USD is at ",
        "kraken's own book",
        "It costs about 9",
        "(0.54 % of 18,362.50 USD)",
        "fee about 0.39",
        "Reserved at worst: 1",
        "Checked against 6500 USD free (",
        ", verified, ",
        " s old)",
        "40.0% ±2.0",
        "This holds for ",
    ):
        assert words in shown.text, shown.text
    assert len(await orders(bot)) == before
    mark = await bot.press(shown, "✅ Buy")
    done = await bot.telegram.wait_for("✅ Done", after=mark)
    assert "bought" in done.text
    assert "slippage" in done.text
    assert "fee 0.39" in done.text
    assert await toast(bot, shown) == "This button has been used already."
    await bot.settled()
    assert len(await orders(bot)) == before + 1
    spent = next(row for row in bot.database.table("orders") if row["origin"] == "manual")
    assert Decimal(spent["cost"]) + Decimal(spent["fee"]) <= 100
    verdict = await compare(bot, owner=OWNER)
    assert verdict.problems == ()


async def test_a_holding_is_sold_whole(bot: RunningBot) -> None:
    shown = await bot.ask("/sell ADA all", wanted=is_question)
    assert "Sell 850 ADA" in shown.text
    assert "uses 100.00 % of what is held" in shown.text
    mark = await bot.press(shown, "✅ Sell")
    await bot.telegram.wait_for("✅ Done", after=mark)
    await bot.settled()
    balances = (await bot.kraken.book())["balances"]
    assert Decimal(balances.get("ADA", {"total": "0"})["total"]) == 0
    verdict = await compare(bot, owner=OWNER)
    assert verdict.problems == ()


async def test_an_order_that_rests_is_listed_told_whole_and_cancelled_by_its_button(
    bot: RunningBot,
) -> None:
    shown = await bot.ask("/buy ETH 0.1 limit 1500", wanted=is_question)
    assert "it rests in the book until it fills, or until you cancel it" in shown.text
    mark = await bot.press(shown, "✅ Buy")
    resting = await bot.telegram.wait_for("In the book", after=mark)
    assert "/orders shows it" in resting.text
    listed = await bot.ask("/orders", wanted="buy 0.1 ETH/USD")
    mark = await bot.press(listed, "🔎 buy 0.1 ETH/USD")
    whole = await bot.telegram.wait_for("Checked before it was sent", after=mark)
    for words in ("required", "old then", "being sent", "asked for by hand", "No fill."):
        assert words in whole.text, whole.text
    mark = await bot.press(whole, "✖ Cancel it…")
    question = await bot.telegram.wait_for("Cancel this order?", after=mark)
    mark = await bot.press(question, "✅ Cancel this order")
    await bot.telegram.wait_for("✅ Cancelled.", after=mark)
    await bot.settled()
    assert (await compare(bot, owner=OWNER)).problems == ()


async def test_a_button_from_before_a_restart_shows_what_holds_now(bot: RunningBot) -> None:
    """The restart also gives the tests after it a fresh allowance of calls."""
    before = len(await orders(bot))
    shown = await bot.ask("/buy ETH 0.01", wanted=is_question)
    await bot.kill()
    await bot.start()
    mark = await bot.press(shown, "✅ Buy")
    again = await bot.telegram.wait_for(is_question, after=mark)
    assert "what you confirmed is gone" in again.text
    assert len(await orders(bot)) == before


async def test_a_price_that_moved_is_shown_anew_with_a_button_of_its_own(bot: RunningBot) -> None:
    before = len(await orders(bot))
    shown = await bot.ask("/buy SOL 1", wanted=is_question)
    await bot.kraken.market(pair="SOL/USD", price="170")
    mark = await bot.press(shown, "✅ Buy")
    again = await bot.telegram.wait_for(is_question, after=mark)
    assert "the price moved by" in again.text
    assert data_of(again) != data_of(shown)
    assert len(await orders(bot)) == before


async def test_nobody_else_can_press_it(bot: RunningBot) -> None:
    before = len(await orders(bot))
    shown = await bot.ask("/buy ETH 0.01", wanted=is_question)
    mark = await bot.telegram.mark()
    for user in (VIEWER, STRANGER):
        said = await bot.telegram.say(user, "/version")
        await press_by_hand(bot, user, said["message_id"], data_of(shown))
    refused = await bot.telegram.wait_for(lambda each: each.event == "answer", after=mark)
    assert refused.text == "Only an owner may do that. Nothing was done."
    typed = await bot.ask("/sell BTC all", user=VIEWER, wanted="Only an owner")
    assert typed.buttons == ()
    assert await bot.telegram.transcript(STRANGER) == []
    assert len(await orders(bot)) == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/buy BTC 0,01", "can mean two things"),
        ("/buy BTC", "How much?"),
        ("/sell BTC 99", "It would not be sent now: not enough free BTC"),
        ("/sell DOGE all", "minimum"),
        ("/buy BTC 0.0000001", "below the venue's minimum quantity"),
        ("/buy WRONG 1", "kraken has no pair WRONG/USD"),
        ("/buy BTC 5 EUR", "kraken has no pair BTC/EUR"),
    ],
)
async def test_what_cannot_be_done_says_why_and_has_no_button(
    bot: RunningBot, typed: str, words: str
) -> None:
    shown = await bot.ask(typed, wanted=words)
    assert not is_question(shown)
    assert "Nothing was done" in shown.text


async def test_a_halted_bot_shows_it_without_a_button(bot: RunningBot) -> None:
    pending = await bot.ask("/buy ETH 0.02", wanted=is_question)
    await bot.ask("/halt", wanted="Trading is halted")
    shown = await bot.ask("/buy ETH 0.01", wanted="It would not be sent now: trading is halted")
    assert shown.buttons == ()
    mark = await bot.press(pending, "✅ Buy")
    await bot.telegram.wait_for("Not executed: trading is halted", after=mark)
    await bot.ask("/resume", wanted="Trading is active")


async def test_buttons_expire(tmp_path: Path, nursery: Nursery) -> None:
    """Of an order by hand and of a plan: neither does anything once its time is over."""
    settings = BotSettings(telegram={"confirm_within": '"1s"'})
    async with running_bot(tmp_path, settings=settings, latency_ms=10, nursery=nursery) as bot:
        shown = await bot.ask("/buy ETH 0.01", wanted=is_question)
        plan = await bot.ask("/rebalance", wanted=is_question)
        await SystemClock().sleep(1.2)
        for late in (shown, plan):
            words = await toast(bot, late)
            assert words == "This button has expired. Ask again for a fresh one."
        assert await eventually(lambda: not bot.database.under_way())
        assert await orders(bot) == []
