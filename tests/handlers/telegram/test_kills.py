"""Killed at random moments with commands arriving: each runs once, or is answered why not."""

import asyncio
import json
import os
import random
import re
import signal
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storage.inbox import InboxRepository
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.processes import Child, running
from tests.support.stores import open_database
from tests.support.telegram_child import deeds
from tests.support.waiting import eventually
from trading.clock import SystemClock

LONGEST_LIFE_SECONDS = 0.3
LONGEST_GAP_SECONDS = 0.05
TOLD = re.compile(r"(?:(?<=deed )\d+(?= done)|(?<=/verify BTC )\d+(?= was started))")


@dataclass(slots=True, kw_only=True)
class Story:
    """What was sent, and by which update."""

    sent: dict[int, int] = field(default_factory=dict)  # number of the deed -> update_id
    told: set[int] = field(default_factory=set)
    seen: int = 0

    async def send(self, telegram: LocalTelegram) -> None:
        number = len(self.sent) + 1
        said = await telegram.say(OWNER, f"/verify BTC {number}")
        self.sent[number] = said["update_id"]

    async def untold(self, telegram: LocalTelegram) -> set[int]:
        """Commands whose sender has seen neither a result nor a report of an interruption."""
        while events := await telegram.transcript(OWNER, after=self.seen):
            self.seen = events[-1].seq
            for shown in events:
                self.told.update(int(number) for number in TOLD.findall(shown.text))
        return set(self.sent) - self.told


def child_of(telegram: LocalTelegram, folder: Path) -> tuple[str, ...]:
    return ("-m", "tests.support.telegram_child", telegram.api_url, telegram.token, str(folder))


def pids(parent: Child) -> list[int]:
    """Every bot that has run so far, the living one last."""
    return [json.loads(line)["pid"] for line in parent.lines if line.startswith("{")]


async def live_and_die(
    telegram: LocalTelegram, parent: Child, story: Story, dice: random.Random
) -> None:
    """Send commands to the running bot and kill it at a moment of its life that nobody chose."""
    living = pids(parent)
    if dice.random() < 0.8:  # else it dies while it starts, with a backlog waiting
        await telegram.until_polled()
    clock = SystemClock()
    end = clock.monotonic() + dice.uniform(0.0, LONGEST_LIFE_SECONDS)
    while True:  # they arrive up to the very moment, and one at least after it was chosen
        await story.send(telegram)
        if clock.monotonic() >= end:
            break
        await clock.sleep(dice.uniform(0.0, LONGEST_GAP_SECONDS))
    os.kill(living[-1], signal.SIGKILL)
    await eventually(lambda: len(pids(parent)) > len(living))


async def settled(folder: Path, story: Story) -> dict[int, str]:
    """The status of every command in the inbox, once nothing is open any more."""
    async with open_database(folder, clock=SystemClock()) as database:
        inbox = InboxRepository(database=database)
        rows = {number: await inbox.get(update_id) for number, update_id in story.sent.items()}
    return {number: row.status if row else "absent" for number, row in rows.items()}


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_every_command_runs_once_or_is_answered_why_not(
    telegram: LocalTelegram, tmp_path: Path, soak_rounds: int
) -> None:
    dice, story = random.Random(20180101), Story()
    async with running(*child_of(telegram, tmp_path)) as parent:
        for _ in range(soak_rounds):
            await live_and_die(telegram, parent, story, dice)
            await story.untold(telegram)
        await telegram.say(OWNER, "/verify BTC 999999")
        await telegram.wait_for("deed 999999 done", within=60 + soak_rounds)

        async def everything_is_told() -> bool:
            return await story.untold(telegram) == set()

        await eventually(everything_is_told, every=0.5)
        await eventually(lambda: is_at_rest(tmp_path))
    done, statuses = deeds(tmp_path), await settled(tmp_path, story)
    for number in story.sent:
        started, ended = done.get(str(number), (0, 0))
        assert started <= 1, f"deed {number} was started {started} times"
        assert statuses[number] in ("done", "interrupted"), f"{number}: {statuses[number]}"
        if statuses[number] == "done":
            assert (started, ended) == (1, 1), f"{number} is done and was not"


async def is_at_rest(folder: Path) -> bool:
    """True when the inbox has no open row; read from outside, beside the running bot."""
    return await asyncio.to_thread(_count_open, folder / "steelyard.db") == 0


def _count_open(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        query = "SELECT count(*) FROM inbox WHERE status IN ('new', 'claimed')"
        count: int = connection.execute(query).fetchone()[0]
        return count
    finally:
        connection.close()
