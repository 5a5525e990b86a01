"""What a newcomer sees, from /start to a portfolio in balance: each figure in three books."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.local_telegram import OWNER, STRANGER, VIEWER, Shown
from tests.support.referee import balance_differences, compare, shown_balances, told_fills
from tests.support.running_bot import RunningBot, running_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningBot]:
    """One bot for the tests that end with nothing traded."""
    async with running_bot(tmp_path_factory.mktemp("newcomer"), latency_ms=10) as running:
        yield running


async def test_from_the_first_message_to_a_portfolio_in_balance(tmp_path: Path) -> None:
    async with running_bot(tmp_path, latency_ms=10) as bot:
        await _is_welcomed(bot)
        await _sees_proven_balances(bot)
        plan = await _sees_the_plan(bot)
        await _confirms(bot, plan)
        again = await bot.ask("/rebalance", wanted="Nothing to trade")
        assert again.buttons == ()
        await _cannot_confirm_twice(bot, plan)
        await _sees_proven_balances(bot)
        await bot.settled()
        verdict = await compare(bot, owner=OWNER)
        assert verdict.problems == ()
        assert verdict.fills == verdict.messages >= 3
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log()


async def test_a_viewer_reads_and_does_not_trade(bot: RunningBot) -> None:
    shown = await bot.ask("/balance", user=VIEWER, wanted="verified")
    assert balance_differences(await bot.kraken.book(), shown_balances(shown.text)) == []
    for command in ("/rebalance", "/halt", "/resume", "/pause all"):
        refused = await bot.ask(command, user=VIEWER, wanted="Only an owner")
        assert refused.buttons == ()
    status = await bot.ask("/status", user=VIEWER, wanted="Trading is")
    assert "active" in status.text
    assert await _orders(bot) == []


async def test_a_stranger_gets_silence(bot: RunningBot) -> None:
    for text in ("/start", "/balance", "/rebalance", "/id", "hello"):
        await bot.telegram.say(STRANGER, text)
    await bot.ask("/version", wanted="steelyard")  # what came before it has been seen by now
    assert await bot.telegram.transcript(STRANGER) == []


async def test_a_button_is_its_owners_alone(bot: RunningBot) -> None:
    plan = await _plan(bot)
    of_viewer = await bot.ask("/status", user=VIEWER, wanted="Trading is")
    for user, message in ((VIEWER, of_viewer), (OWNER, None)):
        elsewhere = message or await bot.ask("/status", wanted="Trading is")
        answer = await _press(bot, user, elsewhere, _data(plan))
        assert "Only an owner" in answer.text or "another message" in answer.text
    assert await _orders(bot) == []


async def test_a_plan_that_no_longer_holds_is_shown_anew(bot: RunningBot) -> None:
    plan = await _plan(bot)
    await bot.kraken.deposit("USD", "1234.56")
    mark = await bot.press(plan, "Place")
    head = await bot.telegram.wait_for("nothing was traded", after=mark)
    fresh = await bot.telegram.wait_for(_is_plan, after=head.seq)
    assert fresh.text != plan.text
    assert await _orders(bot) == []


async def test_a_declined_plan_is_not_run(bot: RunningBot) -> None:
    plan = await _plan(bot)
    mark = await bot.press(plan, "Cancel")
    await bot.telegram.wait_for("Nothing was done", after=mark)
    assert await _orders(bot) == []


async def _is_welcomed(bot: RunningBot) -> None:
    welcome = await bot.ask("/start", wanted="Start with")
    assert "Balance" in welcome.labels
    menu = f"{bot.telegram.base_url}{bot.telegram.token}/getMyCommands"
    async with bot.telegram.session.get(menu) as answer:
        commands = {each["command"] for each in (await answer.json())["result"]}
    assert {"balance", "rebalance", "halt", "help"} <= commands


async def _sees_proven_balances(bot: RunningBot) -> None:
    shown = await bot.ask("/balance", wanted="verified")
    assert " s old" in shown.text
    assert balance_differences(await bot.kraken.book(), shown_balances(shown.text)) == []


async def _sees_the_plan(bot: RunningBot) -> Shown:
    before = await bot.telegram.mark()
    plan = await _plan(bot)
    for word in ("USD", "%", "BTC/USD", "ETH/USD", "SOL/USD", "estimated cost"):
        assert word in plan.text
    shown = await bot.telegram.transcript(OWNER, before)
    (picture,) = (each for each in shown if each.raw["kind"] == "photo")
    assert (await bot.telegram.file(picture.raw["file"]["file_id"])).startswith(PNG)
    return plan


async def _confirms(bot: RunningBot, plan: Shown) -> None:
    mark = await bot.press(plan, "Place")
    result = await bot.telegram.wait_for("Cost ", after=mark)
    assert "Done" in result.text
    assert "fees" in result.text
    await bot.settled()
    sides = [fill.side for fill in told_fills(await bot.telegram.transcript(OWNER, mark))]
    assert sides == sorted(sides, reverse=True), "sells come before buys"
    assert set(sides) == {"sell", "buy"}


async def _cannot_confirm_twice(bot: RunningBot, plan: Shown) -> None:
    orders = await _orders(bot)
    answer = await _press(bot, OWNER, plan, _data(plan))
    assert "used already" in answer.text
    assert await _orders(bot) == orders


async def _orders(bot: RunningBot) -> list[Any]:
    orders: list[Any] = (await bot.kraken.book())["orders"]
    return orders


async def _press(bot: RunningBot, user: int, on: Shown, data: str) -> Shown:
    """Press what the screen does not show, as a made-up client could; return the toast."""
    mark = await bot.telegram.mark()
    await bot.telegram.control(
        "POST",
        "/press",
        {"user_id": user, "message_id": on.message_id, "data": data, "force": True},
    )
    return await bot.telegram.wait_for(lambda shown: shown.event == "answer", after=mark)


def _data(plan: Shown) -> str:
    (data,) = (
        button["callback_data"]
        for row in plan.raw["buttons"]
        for button in row
        if "Place" in button["text"]
    )
    return str(data)


async def _plan(bot: RunningBot) -> Shown:
    return await bot.ask("/rebalance", wanted=_is_plan)


def _is_plan(shown: Shown) -> bool:
    return any("Place" in label for label in shown.labels)
