"""Killed at random moments with commands arriving: each runs once, or is answered why not."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storage.database import Database
from storage.inbox import InboxRepository
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.processes import running
from tests.support.telegram_child import deeds
from tests.support.waiting import eventually
from trading.clock import SystemClock

COMMANDS_A_ROUND = 4
LONGEST_LIFE_SECONDS = 0.35


@dataclass(slots=True, kw_only=True)
class Story:
    """What was sent, and by which update."""

    sent: dict[int, int] = field(default_factory=dict)  # number of the deed -> update_id

    async def send(self, telegram: LocalTelegram) -> None:
        number = len(self.sent) + 1
        said = await telegram.say(OWNER, f"/verify BTC {number}")
        self.sent[number] = said["update_id"]


def child_of(telegram: LocalTelegram, folder: Path) -> tuple[str, ...]:
    return ("-m", "tests.support.telegram_child", telegram.api_url, telegram.token, str(folder))


async def live_and_die(
    telegram: LocalTelegram, folder: Path, story: Story, dice: random.Random
) -> None:
    """Start a bot, send commands, and kill it at a moment of its life that nobody chose."""
    async with running(*child_of(telegram, folder)) as child:
        await telegram.until_polled()
        for _ in range(COMMANDS_A_ROUND):
            await story.send(telegram)
        await SystemClock().sleep(dice.uniform(0.0, LONGEST_LIFE_SECONDS))
        await child.kill()


async def settled(folder: Path, story: Story) -> dict[int, str]:
    """The status of every command in the inbox, once nothing is open any more."""
    async with Database.open(folder / "steelyard.db", clock=SystemClock()) as database:
        inbox = InboxRepository(database=database)
        rows = {number: await inbox.get(update_id) for number, update_id in story.sent.items()}
    return {number: row.status if row else "absent" for number, row in rows.items()}


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_every_command_runs_once_or_is_answered_why_not(
    telegram: LocalTelegram, tmp_path: Path, soak_rounds: int
) -> None:
    dice, story = random.Random(20180101), Story()
    for _ in range(soak_rounds):
        await live_and_die(telegram, tmp_path, story, dice)
    async with running(*child_of(telegram, tmp_path)) as child:
        await telegram.say(OWNER, "/verify BTC 999999")
        await telegram.wait_for("deed 999999 done", within=60 + soak_rounds)

        async def everything_is_told() -> bool:
            return await _untold(telegram, tmp_path, story) == set()

        await eventually(everything_is_told, within=60, every=0.5)
        await child.terminate()
    done, statuses = deeds(tmp_path), await settled(tmp_path, story)
    for number in story.sent:
        started, ended = done.get(str(number), (0, 0))
        assert started <= 1, f"deed {number} was started {started} times"
        assert statuses[number] in ("done", "interrupted"), f"{number}: {statuses[number]}"
        if statuses[number] == "done":
            assert (started, ended) == (1, 1), f"{number} is done and was not"


async def _untold(telegram: LocalTelegram, folder: Path, story: Story) -> set[int]:
    """Commands whose sender has seen neither a result nor a report of an interruption."""
    del folder
    texts = [shown.text for shown in await telegram.transcript(OWNER)]
    told = {
        number
        for number in story.sent
        if any(
            f"deed {number} done" in text or f"/verify BTC {number} was started" in text
            for text in texts
        )
    }
    return set(story.sent) - told
