"""Jobs run one at a time each, fail loudly once, and stay paused over restarts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.stores import open_database
from tests.support.waiting import eventually, settle
from tests.trading.workflow.job_parts import DAILY, HOURLY, SOON, Parts, Work, running, stroke
from trading.config.schedule import Cron
from trading.errors import NotUnderstood, StorageError, StorageUnavailable


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_database(tmp_path) as database:
        yield Parts(database)


async def test_a_run_is_written_down_with_its_outcome(parts: Parts) -> None:
    work = Work()
    worker = await parts.worker(work)
    await worker.run_once()
    row = await parts.stored()
    assert (row.last_outcome, row.last_error, row.failures) == ("done", None, 0)
    assert row.last_started_at == row.last_finished_at == parts.clock.now()
    assert work.begun[0].startswith("job-job-")
    await worker.run_once()
    assert work.begun[0] != work.begun[1]


async def test_real_rings_make_it_run_and_never_twice_at_once(parts: Parts) -> None:
    work = Work()
    worker = await parts.worker(work, schedule=SOON)
    board = parts.board(worker)
    async with parts.timetable, running(worker):
        board.ring_all()
        await eventually(lambda: len(work.begun) >= 2)
        work.hold()
        await eventually(lambda: work.at_once == 1)
        begun = len(work.begun)
        rings: set[datetime | None] = set()

        def has_rung_again_and_again() -> bool:
            rings.add(parts.timetable.next_ring_at("job"))
            return len(rings) > 4

        await eventually(has_rung_again_and_again)
        assert (len(work.begun), work.at_once) == (begun, 1)
        work.release()
        await eventually(lambda: len(work.begun) > begun)
    assert work.most_at_once == 1


async def test_it_runs_at_the_start_where_that_is_wanted(parts: Parts) -> None:
    eager, patient = Work(), Work()
    first = await parts.worker(eager, name="eager", at_start=True)
    second = await parts.worker(patient, name="patient")
    async with running(first, second):
        await eventually(lambda: eager.begun)
        await settle()
        assert patient.begun == []


async def test_a_daily_job_is_not_skipped_by_a_bot_that_is_restarted_daily(tmp_path: Path) -> None:
    clock = FakeClock()
    begun = []
    for hours in (0, 20, 20, 20):
        await clock.advance(hours * 3600)
        async with open_database(tmp_path) as database:
            parts = Parts(database, clock=clock)
            work = Work()
            worker = await parts.worker(work, schedule=DAILY, catches_up=True)
            async with running(worker):
                await settle()
                await eventually(worker.resting.is_set)
            begun.append(len(work.begun))
    assert begun == [1, 0, 1, 0]


async def test_a_pause_outlives_the_process(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        parts = Parts(database)
        board = parts.board(await parts.worker(Work()), await parts.worker(Work(), name="other"))
        assert await board.pause("job", by="1") == ("job",)
        assert await board.pause("job", by="1") == ()
    async with open_database(tmp_path) as database:
        parts = Parts(database)
        work = Work()
        worker = await parts.worker(work)
        board = parts.board(worker, await parts.worker(Work(), name="other"))
        paused = {state.name: state.paused for state in await board.show()}
        assert paused == {"job": True, "other": False}
        async with running(worker):
            worker.bell.strike()
            await settle()
            assert work.begun == []
            assert await board.resume(None, by="1") == ("job",)
            await stroke(worker, work, 1)
        assert (await parts.stored()).paused is False


async def test_all_jobs_are_paused_and_an_unknown_one_is_refused(parts: Parts) -> None:
    board = parts.board(await parts.worker(Work()), await parts.worker(Work(), name="other"))
    assert await board.pause(None, by="1") == ("job", "other")
    with pytest.raises(NotUnderstood, match=r"no job 'jbo'.*job, other"):
        await board.pause("jbo", by="1")


async def test_a_pause_while_it_runs_is_not_undone_by_its_end(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work)
    async with running(worker), asyncio.TaskGroup() as group:
        worker.bell.strike()
        await eventually(lambda: work.begun)
        parts.store.gate.clear()
        pausing = group.create_task(worker.pause(paused=True))
        await settle()
        work.release()
        await settle()
        parts.store.gate.set()
        await pausing
        await eventually(worker.resting.is_set)
    row = await parts.stored()
    assert (row.paused, row.last_outcome, worker.row.paused) == (True, "done", True)


async def test_a_pause_that_cannot_be_stored_is_not_pretended(parts: Parts) -> None:
    board = parts.board(await parts.worker(Work()))
    parts.store.failure = StorageUnavailable("disk full")
    with pytest.raises(StorageError, match="disk full"):
        await board.pause("job", by="1")
    assert [state.paused for state in await board.show()] == [False]


async def test_winding_down_waits_for_what_runs_and_begins_nothing(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work, schedule=SOON)
    board = parts.board(worker)
    async with parts.timetable, running(worker):
        board.ring_all()
        await eventually(lambda: work.begun)
        worker.bell.strike()
        board.silence_all()
        async with asyncio.TaskGroup() as group:
            idle = group.create_task(board.idle())
            await settle()
            assert not idle.done()
            work.release()
        await settle()
        worker.bell.strike()
        await settle()
    assert len(work.begun) == 1


async def test_the_board_shows_what_each_job_does(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work, schedule=Cron(line="30 8 * * mon-fri"))
    asked = await parts.worker(Work(), name="asked", schedule=None)
    board = parts.board(worker, asked)
    async with parts.timetable, running(worker):
        board.ring_all()
        worker.bell.strike()
        await eventually(lambda: work.begun)
        busy, resting = await board.show()
        assert (busy.schedule, busy.running, busy.paused) == ("30 8 * * mon-fri", True, False)
        assert busy.next_run_at is not None
        assert (busy.next_run_at.hour, busy.next_run_at.minute) == (8, 30)
        assert (resting.schedule, resting.running, resting.next_run_at) == (
            "when asked",
            False,
            None,
        )
        await board.pause("job", by="1")
        assert (await board.show())[0].next_run_at is None
        work.release()
        await eventually(worker.resting.is_set)


async def test_another_schedule_takes_the_place_of_the_old_one(parts: Parts) -> None:
    work = Work()
    worker = await parts.worker(work, schedule=HOURLY)
    board = parts.board(worker)
    async with parts.timetable, running(worker):
        board.ring_all()
        board.reschedule("job", SOON)
        await eventually(lambda: work.begun)
        board.reschedule("unknown", SOON)
        board.reschedule("job", None)
        assert parts.timetable.next_ring_at("job") is None
        (state,) = await board.show()
        assert state.schedule == "when asked"
        board.reschedule("job", HOURLY)
        before = parts.timetable.next_ring_at("job")
        board.reschedule("job", HOURLY)
        assert parts.timetable.next_ring_at("job") == before


async def test_workers_are_handed_out_as_parts(parts: Parts) -> None:
    worker = await parts.worker(Work())
    assert parts.board(worker).parts == {"job-job": worker.run}
