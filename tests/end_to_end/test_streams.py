"""The whole bot on a venue that streams: what is pushed is shown, lost, proven and told."""

import re
from pathlib import Path

from tests.support.nursery import Nursery
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

JOBS = BotSettings(targets={}, jobs={"balance_sync": '"2s"', "referee": '"10s"'})
USD = re.compile(r"^USD +([\d,.]+) +(\w+)", re.MULTILINE)


async def shown(bot: RunningBot) -> tuple[str, str]:
    """Return the sum of dollars in /balance, and where it comes from."""
    text = (await bot.ask("/balance", wanted="source, age")).text
    found = USD.search(text)
    assert found is not None, text
    return found[1].replace(",", ""), found[2]


async def until_streamed(bot: RunningBot, amount: str) -> None:
    async def is_shown() -> bool:
        return await shown(bot) == (amount, "stream")

    await eventually(is_shown, every=0.05, because=f"{amount} USD by stream")


async def test_a_deposit_is_shown_at_once_and_a_lost_stream_is_made_up_for(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with running_bot(tmp_path, settings=JOBS, nursery=nursery) as bot:
        await until_streamed(bot, "6500")
        await bot.kraken.deposit("USD", "11")
        await until_streamed(bot, "6511")
        status = await bot.ask("/status", wanted="private stream")
        assert "kraken public stream" in status.text

        await bot.kraken.fault("ws_refuse")
        await bot.kraken.fault("ws_drop", match="private", count=1)

        async def is_asked_for() -> bool:
            return await shown(bot) == ("6511", "exchange")

        await eventually(is_asked_for, every=0.05, because="exchange after the loss")
        await bot.kraken.deposit("USD", "9")

        async def is_read() -> bool:
            return await shown(bot) == ("6520", "exchange")

        await eventually(is_read, every=0.05, because="the venue is asked instead")

        await bot.kraken.clear_faults()
        await until_streamed(bot, "6520")
        assert bot.database.notices("notice") == [], "a short loss is not worth a message"


async def test_a_silent_stream_is_not_believed(tmp_path: Path, nursery: Nursery) -> None:
    async with running_bot(tmp_path, settings=JOBS, nursery=nursery) as bot:
        await until_streamed(bot, "6500")
        await bot.kraken.fault("ws_silent", match="private")
        await bot.kraken.deposit("USD", "11")

        async def is_read() -> bool:
            return await shown(bot) == ("6511", "exchange")

        await eventually(is_read, every=0.2, because="the silence is noticed")


async def test_a_live_stream_stands_in_for_blocked_reads_and_resets_their_breaker(
    tmp_path: Path, nursery: Nursery
) -> None:
    risk = {"breaker_failures": "2", "breaker_wait": '"30s"', "breaker_max_wait": '"1m"'}
    async with running_bot(
        tmp_path, settings=BotSettings(targets={}, risk=risk), nursery=nursery
    ) as bot:
        await until_streamed(bot, "6500")
        await bot.kraken.fault("malformed_json", match="BalanceEx")

        async def is_open() -> bool:
            await bot.ask("/refresh", wanted="no fresh balances")
            return "open" in (await bot.ask("/breaker", wanted="balances")).text

        await eventually(is_open, every=0.2, because="the breaker of balances opens")
        verified = (await bot.ask("/balance", wanted="source, age")).text
        assert "verified · stream" in verified
        assert "the last read failed" in verified

        await bot.kraken.deposit("USD", "5")
        await until_streamed(bot, "6505")
        await bot.telegram.wait_for("its stream brought fresh")
