"""A process begins by finding out what the last one left, and says so once."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.outbox import OutboxRepository
from storage.records import RunRow
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.stores import NOW, open_database
from tests.support.waiting import PATIENCE_SECONDS, eventually, settle
from trading.errors import StorageUnavailable
from trading.model.identifiers import VenueName
from trading.orders.reconciler import ReconcileReport, VenueReconciliation
from trading.workflow.herald import Herald
from trading.workflow.opening import Opening

CALM = ReconcileReport(
    venues=(
        VenueReconciliation(
            venue=VenueName("kraken"), error=None, problems=("odd",), duration_seconds=0.1
        ),
    )
)


def run_row(run_id: str) -> RunRow:
    return RunRow(
        run_id=run_id,
        venue="kraken",
        trigger="schedule",
        status="interrupted",
        plan="{}",
        plan_hash="h",
        base="USD",
        correlation_id="c1",
        created_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        outcome=None,
    )


@dataclass(slots=True, kw_only=True)
class Steps:
    """Reconciler and runner of one process; each fails as often as it is told to."""

    log: list[str] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    left: tuple[RunRow, ...] = ()
    answered: asyncio.Event | None = None
    """Where given: the venue hangs until it is set."""

    async def start_up(self) -> ReconcileReport:
        if self.answered is not None:
            await self.answered.wait()
        self._step("reconciled")
        return CALM

    async def recover(self) -> tuple[RunRow, ...]:
        self._step("recovered")
        return self.left

    def begin(self) -> None:
        self._step("begun")

    def _step(self, name: str) -> None:
        if self.failures.get(name):
            raise self.failures[name].pop(0)
        self.log.append(name)


@dataclass(slots=True, kw_only=True)
class Process:
    """One process up to its opening."""

    opening: Opening
    steps: Steps
    outbox: OutboxRepository
    clock: FakeClock

    async def told(self) -> list[dict[str, Any]]:
        found = []
        while (row := await self.outbox.oldest_unsent()) is not None:
            await self.outbox.mark_sending(row.sequence, NOW)
            await self.outbox.mark_sent(row.sequence, 1, NOW)
            assert row.kind == "started"
            found.append(json.loads(row.payload))
        return found

    async def open(self) -> None:
        """Run until it is open, then leave as a kill would."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.opening.run())
            await eventually(lambda: self.clock.sleepers)
            task.cancel()


@asynccontextmanager
async def process(
    folder: Path,
    *,
    start: datetime = NOW,
    failures: dict[str, list[Exception]] | None = None,
    left: Sequence[RunRow] = (),
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[Process]:
    clock = FakeClock(start=start)
    steps = Steps(failures=failures or {}, left=tuple(left))
    async with open_database(folder) as database:
        outbox = OutboxRepository(database=database, clock=clock)
        opening = Opening(
            reconciler=steps,
            runs=steps,
            facts=SettingsRepository(database=database),
            herald=Herald(outbox=outbox, clock=clock),
            begin=steps.begin,
            clock=clock,
            patience_seconds=patience_seconds,
        )
        yield Process(opening=opening, steps=steps, outbox=outbox, clock=clock)


async def test_the_first_start(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        assert first.steps.log == ["reconciled", "recovered", "begun"]
        (payload,) = await first.told()
        assert (payload["is_first"], payload["was_clean"]) == (True, True)
        (venue,) = payload["venues"]
        assert (venue["venue"], venue["problems"], venue["fills"]) == ("kraken", ["odd"], 0)


async def test_a_venue_that_hangs_keeps_no_job_of_another_waiting(tmp_path: Path) -> None:
    async with process(tmp_path, patience_seconds=0.01) as first:
        first.steps.answered = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(first.opening.run())
            await eventually(lambda: first.steps.log == ["begun"])
            assert await first.told() == [], "what is not known yet is not told"
            first.steps.answered.set()
            await eventually(lambda: first.clock.sleepers)
            task.cancel()
        assert first.steps.log == ["begun", "reconciled", "recovered"], "jobs begin once"
        assert len(await first.told()) == 1


async def test_a_clean_stop_is_known_whatever_the_clock_did(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        await first.told()
        first.clock.step_wall(-7200)
        await first.opening.closed()
    async with process(tmp_path) as second:
        await second.open()
        (payload,) = await second.told()
        assert (payload["is_first"], payload["was_clean"]) == (False, True)


async def test_a_crash_is_told_with_the_runs_it_interrupted(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        await first.opening.closed()
    async with process(tmp_path) as second:
        await second.open()
        await second.told()
    async with process(tmp_path, left=[run_row("r1"), run_row("r2")]) as third:
        await third.open()
        (payload,) = await third.told()
        assert (payload["is_first"], payload["was_clean"]) == (False, False)
        assert payload["runs_interrupted"] == ["r1", "r2"]


async def test_a_crash_during_the_opening_is_a_crash(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        await first.opening.closed()
        await first.told()
    broken: dict[str, list[Exception]] = {"reconciled": [StorageUnavailable("busy")]}
    async with process(tmp_path, failures=broken) as second:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(fails(second.opening))
        assert task.result() == "busy"
        assert await second.told() == []
    async with process(tmp_path) as third:
        await third.open()
        (payload,) = await third.told()
        assert payload["was_clean"] is False


async def test_a_failure_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        await first.opening.closed()
        await first.told()
    broken: dict[str, list[Exception]] = {
        "reconciled": [StorageUnavailable("one")],
        "recovered": [StorageUnavailable("two")],
        "begun": [RuntimeError("three")],
    }
    async with process(tmp_path, failures=broken) as second:
        said = [await fails(second.opening) for _ in range(3)]
        assert said == ["one", "two", "three"]
        assert await second.told() == []
        await second.open()
        assert second.steps.log == ["reconciled", "recovered", "recovered", "begun"]
        (payload,) = await second.told()
        assert (payload["is_first"], payload["was_clean"]) == (False, True)


async def test_once_open_a_second_call_only_rests(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        await first.open()
        await first.open()
        await settle()
        assert first.steps.log == ["reconciled", "recovered", "begun"]
        assert len(await first.told()) == 1


async def fails(opening: Opening) -> str:
    try:
        await opening.run()
    except (StorageUnavailable, RuntimeError) as error:
        return str(error)
    return "it returned"
