"""The whole bot at Binance: bought by hand, repaired, closed, and three equal books."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.binance_bot import running_binance_bot
from tests.support.local_telegram import OWNER, Shown
from tests.support.nursery import Nursery
from tests.support.referee import balance_differences, compare, shown_balances
from tests.support.running_bot import BotSettings, RunningBot
from tests.support.waiting import eventually


def is_question(shown: Shown) -> bool:
    return any(label.startswith("✅") for label in shown.labels)


async def emergency(bot: RunningBot, *words: str) -> Any:
    child = await bot.command("emergency", *words, "--json")
    assert child.returncode == 0, child.said()
    return json.loads("\n".join(child.lines))


async def held(bot: RunningBot) -> dict[str, Decimal]:
    balances = (await bot.kraken.book())["balances"]
    return {asset: Decimal(row["total"]) for asset, row in balances.items()}


async def test_bought_by_hand_repaired_and_closed(tmp_path: Path, nursery: Nursery) -> None:
    async with running_binance_bot(tmp_path, settings=BotSettings(), nursery=nursery) as bot:
        before = await held(bot)
        shown = await bot.ask("/buy btc 100 usdt", wanted=is_question)
        mark = await bot.press(shown, "✅ Buy")
        await bot.telegram.wait_for("✅ Done", after=mark)
        await bot.settled()
        assert (await held(bot))["BTC"] > before["BTC"]

        async def it_is_shown() -> bool:
            text = (await bot.ask("/balance", wanted="BTC")).text
            assert balance_differences(await bot.kraken.book(), shown_balances(text)) == []
            return True

        await eventually(it_is_shown, because="what was bought is in the balance")

        await bot.kraken.order_by_hand(
            pair="BTC/USDT", side="buy", type="limit", volume="0.001", price="30000"
        )
        repaired = await emergency(bot, "repair")
        outcomes = {step["step"]: step["outcome"] for step in repaired["details"]["steps"]}
        assert set(outcomes.values()) <= {"done", "skipped"}, outcomes
        assert outcomes["streams"] == "done"

        sold = await emergency(bot, "close-all", "--yes")
        (venue,) = sold["details"]["venues"]
        assert (venue["is_whole"], venue["cancelled"]) == (True, 1), sold
        left = {asset: amount for asset, amount in (await held(bot)).items() if amount}
        assert set(left) - {"USDT"} <= {"BTC", "ETH", "ADA"}
        # A fee is taken in what is bought: what is left of it is less than one step of a lot.
        assert left.get("BTC", Decimal(0)) < Decimal("0.00001")
        await bot.ask("/reconcile", wanted="binance")
        await bot.settled()
        assert (await compare(bot, owner=OWNER)).problems == ()
