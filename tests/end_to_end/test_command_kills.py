"""SIGKILL of the whole bot while commands arrive: each answered once, or answered why not."""

import asyncio
import random
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.end_to_end.command_ledger import CommandLedger
from tests.support.local_telegram import OWNER, Shown
from tests.support.nursery import Nursery, running_nursery
from tests.support.referee import compare
from tests.support.running_bot import RunningBot, running_bot
from tests.support.waiting import eventually
from trading.clock import SystemClock

WORLDS = ("halting", "trading")
ASSETS = ("ETH", "BTC", "SOL", "ADA")
BLIND = 0.25
"""So many rounds strike while the bot opens; the others among its answers."""


@pytest.mark.soak
@pytest.mark.timeout(0)  # every wait in a round has its own deadline; how many rounds, who knows
async def test_every_command_is_answered_once_over_kills(
    tmp_path: Path, soak_rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    began = SystemClock().monotonic()
    async with running_nursery(tmp_path / "nursery") as nursery:
        ledgers = await asyncio.gather(
            *(
                _world(tmp_path / name, nursery, rounds=len(range(place, soak_rounds, 2)))
                for place, name in enumerate(WORLDS)
            )
        )
    with capsys.disabled():
        lines = "\n".join(
            f"{name}: {ledger}" for name, ledger in zip(WORLDS, ledgers, strict=True)
        )
        sys.stdout.write(f"\n{lines}; {SystemClock().monotonic() - began:.0f} s\n")
    assert [ledger.problems for ledger in ledgers] == [[], []]
    assert all(ledger.answered > ledger.sent // 2 for ledger in ledgers)


async def _world(folder: Path, nursery: Nursery, *, rounds: int) -> CommandLedger:
    """Rounds on one chat and one state directory; the bot is killed in each."""
    folder.mkdir()
    dice = random.Random(folder.name)
    async with running_bot(folder, nursery=nursery) as bot:
        ledger = CommandLedger(bot=bot)
        for number in range(rounds):
            await _round(bot, ledger, dice, number)
        await bot.stop()
        await bot.start()
        await bot.settled()
        await ledger.audit()
        verdict = await compare(bot, owner=OWNER)
        ledger.problems += verdict.problems
        return ledger


async def _round(bot: RunningBot, ledger: CommandLedger, dice: random.Random, number: int) -> None:
    """Some commands wait when it starts, some come while it runs; then it is killed."""
    clock, trades = SystemClock(), bot.folder.name == "trading"
    mark = await bot.telegram.mark()
    starts = bot.database.started()
    if number:
        await _type(ledger, dice, 2, trades=trades)
        await bot.launch()
    else:
        await _type(ledger, dice, 2, trades=trades)
    if dice.random() < BLIND:
        await clock.sleep(dice.uniform(0.0, 0.4))
    else:
        await bot.telegram.wait_for(lambda _: True, after=mark)
        if trades:
            # Before the orders are reconciled nothing is sent, and nothing has a button.
            opened = partial(_has_opened, bot, starts if number else 0)
            await eventually(opened, because="the bot has opened")
            await _trade(bot, ledger, ASSETS[number % len(ASSETS)])
        await _type(ledger, dice, 4, trades=trades)
        await clock.sleep(dice.choice((0.02, 0.1, 0.6)) * dice.random())
    await bot.kill()


def _has_opened(bot: RunningBot, starts: int) -> bool:
    return bot.database.started() > starts


async def _type(ledger: CommandLedger, dice: random.Random, count: int, *, trades: bool) -> None:
    kinds = [ledger.unknown, ledger.balance, ledger.status_button]
    kinds += [] if trades else [ledger.halt, ledger.resume]
    for _ in range(count):
        await dice.choice(kinds)()
        await SystemClock().sleep(dice.uniform(0.0, 0.03))


async def _trade(bot: RunningBot, ledger: CommandLedger, asset: str) -> None:
    """Ask for an order that cannot fill, and press its button; a busy market has none."""

    def is_shown(shown: Shown) -> bool:
        return f"{asset}/USD is at " in shown.text

    mark = await bot.telegram.mark()
    await ledger.say("buy", f"/buy {asset} 50 USD limit 0.4 ioc")
    shown = await bot.telegram.wait_for(is_shown, after=mark)
    if shown.buttons:
        await ledger.press("confirm", shown, shown.labels[0])
