"""`bot.py emergency` on the whole bot: beside it, without it, and when it hangs."""

import json
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.local_telegram import OWNER
from tests.support.processes import Child
from tests.support.referee import compare
from tests.support.running_bot import BotSettings, RunningBot, running_bot

DONE, FAILED, REFUSED = 0, 1, 3
REST = BotSettings(venue={"streams": "false"})
STEPS = ["breakers", "clock and nonce", "streams", "orders", "balances", "verify"]


async def emergency(bot: RunningBot, *words: str, code: int = DONE) -> Child:
    done = await bot.command("emergency", *words)
    assert done.returncode == code, done.said()
    assert "Traceback" not in done.said()
    return done


def answer(done: Child) -> dict[str, Any]:
    said: dict[str, Any] = json.loads("\n".join(done.lines))
    return said


async def held(bot: RunningBot) -> dict[str, Decimal]:
    balances = (await bot.kraken.book())["balances"]
    totals = {asset: Decimal(each["total"]) for asset, each in balances.items()}
    return {asset: total for asset, total in totals.items() if total}


async def rest_by_hand(bot: RunningBot) -> None:
    await bot.kraken.order_by_hand(
        pair="XBT/USD", side="sell", type="limit", volume="0.1", price="900000"
    )


async def open_orders(bot: RunningBot) -> list[Any]:
    return [each for each in (await bot.kraken.book())["orders"] if each["status"] == "open"]


async def test_beside_the_running_bot(tmp_path: Path) -> None:
    async with running_bot(tmp_path, settings=REST) as bot:
        repaired = answer(await emergency(bot, "repair", "--json"))
        assert sorted(step["step"] for step in repaired["details"]["steps"]) == sorted(STEPS)
        assert {step["outcome"] for step in repaired["details"]["steps"]} == {"done", "skipped"}
        await emergency(bot, "verify", "BTC", "5", code=REFUSED)
        await rest_by_hand(bot)
        await emergency(bot, "cancel-all", code=REFUSED)
        assert len(await open_orders(bot)) == 1, "nobody said yes"
        sold = answer(await emergency(bot, "close-all", "--yes", "--json"))
        (venue,) = sold["details"]["venues"]
        assert (venue["is_whole"], venue["cancelled"]) == (True, 1)
        assert set(await held(bot)) == {"USD"}
        assert "halted" in (await bot.ask("/status", wanted="Trading is")).text
        await bot.ask("/reconcile", wanted="kraken")
        await bot.settled()
        assert (await compare(bot, owner=OWNER)).problems == ()


async def test_without_the_bot(tmp_path: Path) -> None:
    """It takes the lock, works with the same journal and the same nonces, and leaves no doubt."""
    async with running_bot(tmp_path, settings=REST) as bot:
        await bot.kill()
        await rest_by_hand(bot)
        assert "1 orders cancelled" in (await emergency(bot, "halt", "--cancel")).said()
        assert (bot.state / "HALT").exists()
        assert await open_orders(bot) == []
        await emergency(bot, "repair")
        assert "Closed" in (await emergency(bot, "close-all", "--yes")).said()
        assert set(await held(bot)) == {"USD"}
        assert await bot.kraken.audit() == []
        await bot.start()
        await bot.settled()
        assert "halted" in (await bot.ask("/status", wanted="Trading is")).text
        assert (await compare(bot, owner=OWNER)).problems == ()


async def test_a_hanging_bot_is_halted_by_the_file_and_its_key_left_alone(tmp_path: Path) -> None:
    async with running_bot(tmp_path, settings=REST) as bot:
        await rest_by_hand(bot)
        bot.process.signal(signal.SIGSTOP)
        hung = await emergency(bot, "cancel-all", "--yes", code=FAILED)
        assert "run this command again" in hung.said()
        assert (bot.state / "HALT").exists()
        assert len(await open_orders(bot)) == 1, "the key was left alone"
        await bot.kill()
        await emergency(bot, "cancel-all", "--yes")
        assert await open_orders(bot) == []
