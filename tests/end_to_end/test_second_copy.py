"""A restored old backup and a second copy are noticed, said apart, and halt."""

import shutil
from pathlib import Path

from tests.support.local_telegram import OWNER, Shown, running_local_telegram
from tests.support.running_bot import BotSettings, RunningBot, running_bot

WATCHFUL = BotSettings(jobs={"reconcile": '"1s"'})


async def rebalance(bot: RunningBot) -> None:
    """Have it trade, at its owner's word."""
    plan = await bot.ask("/rebalance", wanted=lambda shown: _button(shown, "Place"))
    mark = await bot.press(plan, "Place")
    await bot.telegram.wait_for("Done", after=mark, chat_id=OWNER)
    await bot.settled()


def _button(shown: Shown, word: str) -> bool:
    return any(word in label for label in shown.labels)


async def until_halted(bot: RunningBot, mark: int) -> str:
    told = await bot.telegram.wait_for("Trading is halted", after=mark, chat_id=OWNER)
    return told.text


async def test_a_restored_backup_is_noticed_at_once(tmp_path: Path) -> None:
    async with running_bot(tmp_path, settings=WATCHFUL) as bot:
        copy = tmp_path / "copy.db"
        assert (await bot.command("backup", str(copy))).returncode == 0
        await rebalance(bot)
        await bot.stop()
        for left in bot.state.glob("steelyard.db*"):
            left.unlink()
        shutil.copy(copy, bot.state / "steelyard.db")
        mark = await bot.telegram.mark()
        await bot.start()
        assert "restored backup" in await until_halted(bot, mark)
        before = (await bot.kraken.book())["orders"]
        assert (await bot.command("resume", "--yes")).returncode == 0
        await bot.settled()
        assert (await bot.command("status")).lines[0].startswith("trading: active")
        assert (await bot.kraken.book())["orders"] == before, "nothing was sent twice"


async def test_a_copy_on_another_machine_is_noticed(tmp_path: Path) -> None:
    """With the same key and a copy of the database; its chat is its own, so no 409 tells."""
    async with (
        running_bot(tmp_path / "one", settings=WATCHFUL) as bot,
        running_local_telegram(tmp_path / "chat") as chat,
    ):
        other = RunningBot(
            folder=tmp_path / "two", kraken=bot.kraken, telegram=chat, settings=WATCHFUL
        )
        other.folder.mkdir()
        other.configure(WATCHFUL)
        await bot.stop()
        shutil.copytree(bot.state, other.state, ignore=shutil.ignore_patterns("nonce"))
        await bot.start()
        try:
            await other.start()
            mark = await bot.telegram.mark()
            await rebalance(other)
            assert "a copy of it runs on another machine" in await until_halted(bot, mark)
        finally:
            await other.aclose()
