"""`on_shutdown = "close"` on the whole bot: at a clean stop, within its bound, and never else."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.support.local_telegram import OWNER
from tests.support.nursery import Nursery
from tests.support.running_bot import BotSettings, RunningBot, running_bot

BOUND_SECONDS = 60.0
CLOSE = BotSettings(bot={"on_shutdown": '"close"'})


async def held(bot: RunningBot) -> dict[str, Decimal]:
    balances = (await bot.kraken.book())["balances"]
    totals = {asset: Decimal(each["total"]) for asset, each in balances.items()}
    return {asset: total for asset, total in totals.items() if total}


async def test_a_clean_stop_sells_everything_and_says_so(tmp_path: Path, nursery: Nursery) -> None:
    async with running_bot(tmp_path, settings=CLOSE, latency_ms=20, nursery=nursery) as bot:
        mark = await bot.telegram.mark()
        await bot.kraken.order_by_hand(
            pair="XBT/USD", side="sell", type="limit", volume="0.1", price="900000"
        )
        assert await bot.stop(within=BOUND_SECONDS) == 0
        assert set(await held(bot)) <= {"USD"}, await held(bot)
        assert await bot.kraken.audit() == []
        told = await bot.telegram.wait_for("closed as on_shutdown says", after=mark, chat_id=OWNER)
        assert "1 open orders cancelled" in told.text
        assert "Traceback" not in bot.log()
        await bot.start()
        assert "trading: active" in (await bot.command("status")).said(), "the next start trades"


async def test_neither_a_crash_nor_a_reload_sells_anything(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with running_bot(tmp_path, settings=CLOSE, nursery=nursery) as bot:
        before = await held(bot)
        mark = await bot.telegram.mark()
        bot.configure(replace(CLOSE, bot={"on_shutdown": '"keep"'}))
        bot.hang_up()
        told = await bot.telegram.wait_for("on_shutdown", after=mark, chat_id=OWNER)
        assert "in force now" in told.text
        await bot.kill()
        assert await held(bot) == before
        await bot.start()
        assert await bot.stop() == 0
        assert await held(bot) == before, "keep was in force"


async def test_a_venue_that_hangs_does_not_hold_the_stop_up(
    tmp_path: Path, nursery: Nursery
) -> None:
    settings = replace(CLOSE, venue={"timeout": '"1s"'})
    async with running_bot(tmp_path, settings=settings, nursery=nursery) as bot:
        before = await held(bot)
        await bot.kraken.fault("hang_before", match="*", seconds=600)
        assert await bot.stop(within=BOUND_SECONDS) == 0
        await bot.kraken.clear_faults()
        assert await held(bot) == before
        said = [row["payload"] for row in bot.database.table("outbox")]
        assert any("on_shutdown" in each or '"refused":"' in each for each in said), said
