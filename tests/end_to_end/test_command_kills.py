"""SIGKILL of the whole bot while commands arrive: each answered once, or answered why not."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.local_telegram import OWNER, Shown
from tests.support.running_bot import RunningBot, running_bot
from trading.clock import SystemClock

WORLDS = 3
COMMANDS_A_KILL = 6
LONGEST_LIFE_SECONDS = 1.4
"""From the launch to the kill: many die while they open, others in the middle of commands."""
HALTED = "No new order is placed."
REVIEW_EVERY = 50
"""After so many kills the bot lives long enough to answer all, and the chat is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A command as it was typed; its `tag` is in no other, and its answer repeats it.

    Only the answer to a halt does not: it names the reason of the first one. A halt is idempotent
    and runs again after a crash, so what must be true is that none of them went unconfirmed.
    """

    text: str
    tag: str
    update_id: int

    @property
    def is_halting(self) -> bool:
        return self.text.startswith("/halt")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the commands of all worlds came to."""

    kills: int = 0
    commands: int = 0
    answered: int = 0
    reported: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.commands} commands: {self.answered} answered, "
            f"{self.reported} cut off and reported; lost {len(self.lost)}, "
            f"twice {len(self.doubled)}, without an end {len(self.unfinished)}"
        )


@pytest.mark.soak
@pytest.mark.timeout(0)  # every wait in a round has its own deadline; how many rounds, who knows
async def test_every_command_is_answered_once_over_kills(
    tmp_path: Path, soak_rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    began = SystemClock().monotonic()
    tally = Tally()
    shares = [len(range(world, soak_rounds, WORLDS)) for world in range(WORLDS)]
    worlds = [
        _world(tmp_path / str(world), world, rounds, tally) for world, rounds in enumerate(shares)
    ]
    # Not a TaskGroup: one world that fails must not cut the others off among their processes.
    ended = await asyncio.gather(*worlds, return_exceptions=True)
    with capsys.disabled():
        sys.stdout.write(f"\n{tally}; {SystemClock().monotonic() - began:.0f} s\n")
    for failure in ended:
        if failure is not None:
            raise failure
    assert tally.kills == soak_rounds
    assert (tally.lost, tally.doubled, tally.unfinished) == ([], [], [])
    assert tally.answered > tally.commands // 2


async def _world(folder: Path, seed: int, kills: int, tally: Tally) -> None:
    """One chat and one state directory; commands never stop arriving, the bot is killed."""
    folder.mkdir()
    dice, clock = random.Random(seed), SystemClock()
    async with running_bot(folder) as bot:
        said: list[Said] = []
        mark = await bot.telegram.mark()
        for kill in range(1, kills + 1):
            said += [await _say(bot, dice, f"w{seed}k{kill}c{n}") for n in range(COMMANDS_A_KILL)]
            await bot.kill()
            tally.kills += 1
            await bot.launch()  # no waiting: the next kill may strike while it opens
            await clock.sleep(dice.uniform(0.0, LONGEST_LIFE_SECONDS))
            if kill % REVIEW_EVERY == 0 or kill == kills:
                mark = await _reviewed(bot, said, mark, tally)
                said = []


async def _say(bot: RunningBot, dice: random.Random, tag: str) -> Said:
    """Type something that asks, fails, stops or is nonsense, a moment after the last."""
    asset = tag.upper()
    texts = (f"/nothing_{tag}", f"/price {asset}", f"/resume {tag}", f"/halt because {tag}")
    text = dice.choices(texts, weights=(3, 3, 3, 1))[0]
    sent = await bot.telegram.say(OWNER, text)
    await SystemClock().sleep(dice.uniform(0.0, 0.03))
    return Said(
        text=text, tag=asset if text.startswith("/price") else tag, update_id=sent["update_id"]
    )


async def _reviewed(bot: RunningBot, said: Sequence[Said], mark: int, tally: Tally) -> int:
    """Let the bot finish, then hold the chat and the inbox to what was typed."""
    await bot.kill()
    await bot.start()
    await bot.telegram.until_polled(within=30.0)
    last = await bot.telegram.say(OWNER, "/nothing_last")
    await bot.telegram.wait_for("/nothing_last", 30.0, after=mark)
    await bot.settled()
    shown = await bot.telegram.transcript(OWNER, mark)
    answers, reports = _counts(said, shown)
    ends = {row["update_id"]: row["status"] for row in bot.database.table("inbox")}
    tally.commands += len(said)
    tally.answered += sum(answers[each.tag] > 0 for each in said if not each.is_halting)
    tally.reported += sum(reports[each.tag] > 0 for each in said)
    halts = sum(each.is_halting for each in said)
    if sum(HALTED in each.text for each in shown if each.event == "message") < halts:
        tally.lost.append(f"one of {halts} halts")
    tally.answered += halts
    for each in said:
        if not answers[each.tag] and not reports[each.tag] and not each.is_halting:
            tally.lost.append(f"{each.text} ({ends.get(each.update_id)})")
        if answers[each.tag] > 1 and not each.is_halting:
            tally.doubled.append(each.text)
        if ends.get(each.update_id) not in ("done", "interrupted", "refused"):
            tally.unfinished.append(f"{each.text} ({ends.get(each.update_id)})")
    assert ends[last["update_id"]] in ("done", "refused")
    return await bot.telegram.mark()


def _counts(said: Sequence[Said], shown: Sequence[Shown]) -> tuple[Counter[str], Counter[str]]:
    """Count what answers each command, and what reports that it was cut off."""
    tags = {each.tag for each in said}
    answers: Counter[str] = Counter()
    reports: Counter[str] = Counter()
    for each in shown:
        if each.event != "message":
            continue
        counts = reports if "Interrupted." in each.text else answers
        counts.update(tag for tag in tags if _mentions(each.text, tag))
    return answers, reports


def _mentions(text: str, tag: str) -> bool:
    before, found, after = text.partition(tag)
    return bool(found) and not (before[-1:].isalnum() or after[:1].isdigit())
