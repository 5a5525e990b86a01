"""Telegram or the venue away: the other half goes on, and nothing is shown that is not known."""

from pathlib import Path

from tests.support.local_telegram import OWNER
from tests.support.referee import balance_differences, compare, shown_balances
from tests.support.running_bot import BotSettings, running_bot
from tests.support.waiting import eventually

SCHEDULED = BotSettings(
    rebalance={"max_turnover": "1.0", "schedule": '"1s"', "cooldown": '"0s"'},
    venue={"timeout": '"2s"'},
)


async def test_trading_goes_on_without_telegram_and_the_owner_is_told_later(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path, settings=SCHEDULED, started=False) as bot:
        await bot.telegram.fault("outage")
        await bot.allow_trading()
        await bot.start()

        def has_run() -> bool:
            return any(row["status"] == "done" for row in bot.database.table("runs"))

        await eventually(has_run, because="a scheduled run ends without Telegram")
        health = await bot.command("status")
        assert health.returncode == 1
        assert any("PROBLEM telegram" in line for line in health.lines)
        assert await bot.telegram.transcript(OWNER) == []
        await bot.telegram.clear_faults()
        await bot.telegram.wait_for("Rebalanced", chat_id=OWNER)
        await bot.settled()
        assert (await compare(bot, owner=OWNER)).problems == ()
        shown = await bot.ask("/balance", wanted="verified")
        assert balance_differences(await bot.kraken.book(), shown_balances(shown.text)) == []


async def test_a_bot_whose_venue_is_down_answers_and_never_says_zero(tmp_path: Path) -> None:
    settings = BotSettings(venue={"timeout": '"2s"'})
    async with running_bot(tmp_path, settings=settings, started=False) as bot:
        await bot.kraken.stop()
        await bot.allow_trading()
        await bot.start()
        shown = await bot.ask("/balance", wanted="unknown")
        assert shown_balances(shown.text) == {}
        refused = await bot.ask("/rebalance", wanted="No plan")
        assert refused.buttons == ()

        await bot.kraken.restart()
        shown = await bot.ask("/refresh", wanted="verified")
        assert balance_differences(await bot.kraken.book(), shown_balances(shown.text)) == []

        await bot.stop()
        await bot.kraken.stop()
        await bot.start()
        shown = await bot.ask("/balance", wanted="fallback")
        assert "⚠" in shown.text
        known = shown_balances(shown.text)
        await bot.kraken.restart()
        assert balance_differences(await bot.kraken.book(), known) == []


async def test_secrets_are_nowhere_but_in_the_configuration(tmp_path: Path) -> None:
    settings = BotSettings(bot={"log_level": '"debug"'})
    async with running_bot(tmp_path, settings=settings) as bot:
        await bot.ask("/refresh", wanted="verified")
        await bot.telegram.fault("bad_gateway", count=3, match="*")
        await bot.kraken.fault("error", error="EAPI:Invalid key", count=1, match="BalanceEx")
        await bot.ask("/config", wanted="venues.kraken")
        await bot.ask("/logs", wanted="20")
        chat = "\n".join(each.text for each in await bot.telegram.transcript())
        said = [await bot.command("logs", "--lines", "1000"), await bot.command("status")]
        assert await bot.stop() == 0
        written = {
            path.name: path.read_bytes()
            for path in bot.state.rglob("*")
            if path.is_file() and not path.is_symlink()
        }
        assert any(name.startswith("steelyard.db") for name in written)
        places = written | {
            "the log": bot.log().encode(),
            "the chat": chat.encode(),
            "the command line": "\n".join(each.said() for each in said).encode(),
        }
        for secret in (bot.kraken.key, bot.kraken.secret, bot.telegram.token):
            for name, content in places.items():
                assert secret.encode() not in content, f"{secret} is in {name}"
