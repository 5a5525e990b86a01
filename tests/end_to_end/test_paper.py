"""A bot on paper: real prices over the wire, an account that no venue knows of."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.local_telegram import Shown
from tests.support.running_bot import BotSettings, RunningBot, running_bot

ON_PAPER = BotSettings(bot={"mode": '"paper"', "live_confirmed": "false"})


def is_marked(shown: Shown) -> bool:
    return shown.text.startswith("PAPER")


async def balance(bot: RunningBot) -> Shown:
    return await bot.ask("/balance", wanted=lambda shown: "USD" in shown.text)


async def test_a_rebalance_on_paper_reaches_no_account_and_outlives_a_kill(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path, settings=ON_PAPER, started=False) as bot:
        await bot.start()
        shown = await balance(bot)
        assert is_marked(shown)
        assert "10000" in shown.text
        plan = await bot.ask("/rebalance", wanted=lambda shown: "Place" in "".join(shown.labels))
        assert is_marked(plan)
        mark = await bot.press(plan, "Place")
        result = await bot.telegram.wait_for("Cost ", 60, after=mark)
        assert is_marked(result)
        await bot.settled()
        filled = {row["status"] for row in bot.database.table("orders")}
        assert filled == {"filled"}
        before = paper_books(bot)
        assert {"BTC", "ETH", "SOL", "USD"} <= before.keys()

        await bot.kill()
        await bot.start()
        assert is_marked(await balance(bot))
        assert paper_books(bot) == before
        assert [row["status"] for row in bot.database.table("runs")] == ["done"]

        # The venue's own account was never touched, nor even asked for: that takes a nonce.
        assert (await bot.kraken.book())["orders"] == []
        await bot.kraken.stop()
        with closing(sqlite3.connect(bot.kraken.state / "kraken.sqlite3")) as books:
            assert books.execute("SELECT * FROM nonces").fetchall() == []


async def test_a_folder_of_paper_is_refused_to_a_live_bot(tmp_path: Path) -> None:
    async with running_bot(tmp_path, settings=ON_PAPER, started=False) as bot:
        await bot.start()
        await bot.stop()
        before = bot.database.table("settings")
        bot.configure(BotSettings())
        await bot.launch()
        assert await bot.process.wait() == 2
        assert 'belongs to a bot with mode = "paper"' in bot.log()
        assert "Give each its own bot.state_dir" in bot.log()
        assert bot.database.table("settings") == before


def paper_books(bot: RunningBot) -> dict[str, str]:
    return {row["asset"]: row["total"] for row in bot.database.table("paper_balances")}
