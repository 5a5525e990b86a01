"""Every event that has no row of its own becomes one notice, and no trouble becomes a flood."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handlers.rendering.notices import render_notice
from storage.database import Database
from storage.outbox import OutboxRepository
from storage.records import OutboxRow
from tests.support.clock import FakeClock
from tests.support.stores import open_database
from trading.events import (
    BalancesQuestioned,
    BalancesVerified,
    Event,
    EventBus,
    OwnerNotice,
    RunFinished,
    TradingStateChanged,
)
from trading.model.identifiers import CorrelationId, RunId, VenueName
from trading.model.trading_state import TradingMode, TradingState
from trading.workflow.herald import QUIET_SECONDS, Herald
from trading.workflow.jobs import JobTrouble
from trading.workflow.supervisor import PartTrouble

KRAKEN = VenueName("kraken")
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
QUESTIONED = BalancesQuestioned(venue=KRAKEN, problems=("BTC is gone",), acceptable=True)
PART = PartTrouble(name="poller", error="OSError: no route", falls=3, is_over=False)
PART_OVER = PartTrouble(name="poller", error=None, falls=5, is_over=True)
JOB = JobTrouble(name="scan", error="no route", failures=1, is_over=False)
JOB_OVER = JobTrouble(name="scan", error=None, failures=4, is_over=True)
HALTED = TradingStateChanged(
    state=TradingState(mode=TradingMode.HALTED, reason="a drill", since=NOW, by="1")
)
OWNER = OwnerNotice(kind="breaker", text="kraken: the breaker opened", at=NOW, key="breaker:1")


@dataclass(slots=True)
class Desk:
    """A herald on a real outbox."""

    clock: FakeClock
    database: Database
    outbox: OutboxRepository
    herald: Herald

    async def notices(self) -> list[OutboxRow]:
        """Return what is queued, in order, and take it off the queue."""
        found = []
        while (row := await self.outbox.oldest_unsent()) is not None:
            await self.outbox.mark_sending(row.sequence, self.clock.now())
            await self.outbox.mark_sent(row.sequence, 1, self.clock.now())
            found.append(row)
        return found

    async def kinds(self) -> list[str]:
        return [row.kind for row in await self.notices()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeClock(start=NOW)
    async with open_database(tmp_path) as database:
        outbox = OutboxRepository(database=database, clock=clock)
        yield Desk(clock, database, outbox, Herald(outbox=outbox, clock=clock))


@pytest.mark.parametrize(
    ("event", "kind", "payload"),
    [
        (
            HALTED,
            "trading_state",
            {"mode": "halted", "reason": "a drill", "by": "1", "since": NOW.isoformat()},
        ),
        (
            QUESTIONED,
            "balances_questioned",
            {"venue": "kraken", "problems": ["BTC is gone"], "acceptable": True},
        ),
        (BalancesVerified(venue=KRAKEN), "balances_verified", {"venue": "kraken"}),
        (
            OWNER,
            "breaker",
            {"text": "kraken: the breaker opened", "key": "breaker:1", "at": NOW.isoformat()},
        ),
    ],
    ids=["halt", "questioned", "verified", "notice"],
)
async def test_what_the_bus_says_becomes_a_notice(
    desk: Desk, event: Event, kind: str, payload: dict[str, Any]
) -> None:
    bus = EventBus()
    bus.subscribe(desk.herald.hear)
    await bus.publish(event)
    (row,) = await desk.notices()
    assert (row.kind, json.loads(row.payload), row.chat_id) == (kind, payload, None)


async def test_what_has_a_row_of_its_own_is_not_told_twice(desk: Desk) -> None:
    await desk.herald.hear(
        RunFinished(
            run_id=RunId("r1"),
            venue=KRAKEN,
            status="done",
            summary="",
            cost=Decimal(1),
            correlation_id=CorrelationId("c1"),
        )
    )
    assert await desk.notices() == []


async def test_trouble_of_parts_and_jobs_is_told_with_its_end(desk: Desk) -> None:
    await desk.herald.part_trouble(PART)
    await desk.herald.part_trouble(PART_OVER)
    await desk.herald.job_trouble(JOB)
    await desk.herald.job_trouble(JOB_OVER)
    told = [(row.kind, json.loads(row.payload)) for row in await desk.notices()]
    assert told == [
        ("part_trouble", {"name": "poller", "error": "OSError: no route", "is_over": False}),
        ("part_trouble", {"name": "poller", "error": None, "is_over": True}),
        ("job_trouble", {"name": "scan", "error": "no route", "failures": 1, "is_over": False}),
        ("job_trouble", {"name": "scan", "error": None, "failures": 4, "is_over": True}),
    ]


async def test_one_trouble_is_told_once_in_a_while(desk: Desk) -> None:
    for _ in range(10):
        await desk.herald.hear(QUESTIONED)
        await desk.herald.part_trouble(PART)
        await desk.herald.hear(OWNER)
        await desk.clock.advance(60)
    assert await desk.kinds() == ["balances_questioned", "part_trouble", "breaker"]
    await desk.clock.advance(QUIET_SECONDS)
    await desk.herald.hear(QUESTIONED)
    await desk.herald.part_trouble(PART)
    await desk.herald.hear(OWNER)
    assert await desk.kinds() == ["balances_questioned", "part_trouble", "breaker"]


async def test_a_restart_does_not_repeat_it(desk: Desk) -> None:
    await desk.herald.hear(QUESTIONED)
    await Herald(outbox=desk.outbox, clock=desk.clock).hear(QUESTIONED)
    assert await desk.kinds() == ["balances_questioned"]


async def test_another_trouble_is_another_notice(desk: Desk) -> None:
    await desk.herald.hear(QUESTIONED)
    other = BalancesQuestioned(venue=KRAKEN, problems=("ETH is gone",), acceptable=True)
    await desk.herald.hear(other)
    elsewhere = BalancesQuestioned(
        venue=VenueName("paper"), problems=QUESTIONED.problems, acceptable=True
    )
    await desk.herald.hear(elsewhere)
    assert len(await desk.notices()) == 3


async def test_trouble_after_an_all_clear_is_news_however_soon(desk: Desk) -> None:
    """The last word the owner has is always the one that holds."""
    for _ in range(2):
        await desk.herald.hear(QUESTIONED)
        await desk.herald.part_trouble(PART)
        await desk.clock.advance(1)
        await desk.herald.hear(BalancesVerified(venue=KRAKEN))
        await desk.herald.part_trouble(PART_OVER)
        await desk.clock.advance(1)
    await desk.herald.hear(QUESTIONED)
    await desk.herald.part_trouble(PART)
    kinds = await desk.kinds()
    assert kinds[-2:] == ["balances_questioned", "part_trouble"]
    assert kinds.count("balances_questioned") == 3
    assert kinds.count("part_trouble") == 5


async def test_notices_without_a_key_are_never_swallowed(desk: Desk) -> None:
    plain = OwnerNotice(kind="anything", text="said", at=NOW)
    for _ in range(3):
        await desk.herald.hear(plain)
        await desk.herald.hear(HALTED)
    assert len(await desk.notices()) == 6


async def test_every_notice_has_words(desk: Desk) -> None:
    for event in (HALTED, QUESTIONED, BalancesVerified(venue=KRAKEN), OWNER):
        await desk.herald.hear(event)
    for part in (PART, PART_OVER):
        await desk.herald.part_trouble(part)
    for job in (JOB, JOB_OVER):
        await desk.herald.job_trouble(job)
    for row in await desk.notices():
        words = render_notice(row.kind, json.loads(row.payload), zone=UTC)
        assert not words.startswith(f"<b>{row.kind.replace('_', ' ')}</b>\n")


async def test_a_database_in_trouble_does_not_reach_whom_it_tells_of(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        clock = FakeClock(start=NOW)
        herald = Herald(outbox=OutboxRepository(database=database, clock=clock), clock=clock)
    await herald.part_trouble(PART)
