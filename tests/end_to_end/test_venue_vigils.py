"""The whole bot keeps an eye on its venue: a key that may withdraw, a mode, the switch."""

from pathlib import Path
from typing import Any

from tests.support.nursery import Nursery
from tests.support.running_bot import BotSettings, running_bot
from tests.support.waiting import eventually

DEAD_MAN = BotSettings(venue={"dead_man_switch": "true"})


async def test_a_key_that_may_withdraw_trades_nothing_until_its_owner_allows_it(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with running_bot(tmp_path, can_withdraw=True, nursery=nursery) as bot:
        told = await bot.telegram.wait_for("may withdraw")
        assert "allow_withdrawal_key" in told.text
        await bot.ask("/resume", wanted="resum")
        refused = await bot.ask("/rebalance now", wanted="may withdraw")
        assert "nothing is traded with it" in refused.text
        assert "BTC" in (await bot.ask("/balance", wanted="verified")).text, "the rest works"
        bot.configure(BotSettings(venue={"allow_withdrawal_key": "true"}))
        bot.hang_up()

        async def is_traded_again() -> bool:
            shown = await bot.ask("/rebalance preview", wanted="/")
            return "may withdraw" not in shown.text

        await eventually(is_traded_again, every=0.3)
        assert (await bot.kraken.book())["orders"] == []


async def test_a_mode_is_told_and_refuses_by_name_and_the_switch_follows_the_bot(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with running_bot(tmp_path, settings=DEAD_MAN, started=False, nursery=nursery) as bot:
        await bot.allow_trading()
        await bot.kraken.fault("status", status="cancel_only")
        await bot.start()

        async def armed() -> Any:
            return (await bot.kraken.current())["cancel_all_after"]

        await eventually(armed, because="the switch is armed")
        await bot.telegram.wait_for("cancel_only mode")
        refused = await bot.ask("/rebalance now", wanted="cancel_only")
        assert "takes no such orders now" in refused.text
        await bot.kraken.clear_faults("status")
        await bot.kraken.fault("invalid_nonce", count=1, match="Balance*")
        await bot.ask("/refresh", wanted="BTC")
        await bot.telegram.wait_for("refused a nonce")
        assert await bot.stop() == 0
        assert await armed() is None, "a clean stop leaves no switch behind"
