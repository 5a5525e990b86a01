"""Jobs run one at a time each, fail loudly once, and stay paused over restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.database import Database
from storage.jobs import JobRepository
from storage.records import JobRow
from tests.support.clock import FakeClock
from tests.support.stores import open_database
from tests.support.waiting import eventually, settle
from trading.config.schedule import Cron, Every, Schedule
from trading.errors import NotUnderstood, StorageError, StorageUnavailable
from trading.model.identifiers import CorrelationId
from trading.workflow.jobs import JobBoard, JobSpec, JobTrouble, JobWorker
from trading.workflow.schedule import Timetable

SOON = Every(interval=timedelta(seconds=0.05))
HOURLY = Every(interval=timedelta(hours=1))


class Work:
    """Says "done", or what it is told to raise; `hold` keeps it busy."""

    def __init__(self, *errors: BaseException | None) -> None:
        self.errors = list(errors)
        self.begun: list[CorrelationId] = []
        self.at_once = 0
        self.most_at_once = 0
        self._gate = asyncio.Event()
        self._gate.set()

    def hold(self) -> None:
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    async def __call__(self, correlation_id: CorrelationId) -> str:
        self.begun.append(correlation_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._gate.wait()
        finally:
            self.at_once -= 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return "done"


class SlowStore(JobRepository):
    """The real store, whose next write can be held up."""

    def __init__(self, database: Database) -> None:
        super().__init__(database=database)
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def put(self, row: JobRow) -> None:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        await super().put(row)


class Parts:
    """One process's jobs."""

    def __init__(self, database: Database) -> None:
        self.clock = FakeClock()
        self.store = SlowStore(database)
        self.told: list[JobTrouble] = []
        self.timetable = Timetable(zone=UTC)

    async def worker(
        self, work: Work, *, name: str = "job", schedule: Schedule | None = HOURLY, **spec: float
    ) -> JobWorker:
        rows = {row.name: row for row in await self.store.load()}
        return JobWorker(
            spec=replace(JobSpec(name=name, schedule=schedule, work=work), **spec),  # type: ignore[arg-type]  # a test's own keyword table
            store=self.store,
            row=rows.get(name),
            clock=self.clock,
            on_trouble=self._tell,
        )

    def board(self, *workers: JobWorker) -> JobBoard:
        return JobBoard(workers=workers, timetable=self.timetable)

    async def _tell(self, trouble: JobTrouble) -> None:
        self.told.append(trouble)

    async def stored(self, name: str = "job") -> JobRow:
        return {row.name: row for row in await self.store.load()}[name]

    @property
    def verdicts(self) -> list[tuple[bool, int]]:
        return [(each.is_over, each.failures) for each in self.told]


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_database(tmp_path) as database:
        yield Parts(database)


@asynccontextmanager
async def running(*workers: JobWorker) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker.run()) for worker in workers]
        yield
        for task in tasks:
            task.cancel()


async def stroke(worker: JobWorker, work: Work, count: int) -> None:
    """Ring once and wait until the work of that ring is written down."""
    worker.bell.strike()
    await eventually(lambda: len(work.begun) == count)
    await eventually(worker.resting.is_set)


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


async def test_failing_is_told_once_and_once_when_it_works_again(parts: Parts) -> None:
    work = Work(OSError("no route"), OSError("no route"), OSError("still none"), None, None)
    worker = await parts.worker(work)
    async with running(worker):
        for count in range(1, 6):
            await stroke(worker, work, count)
            await parts.clock.advance(60)
    assert parts.verdicts == [(False, 1), (True, 3)]
    assert (parts.told[0].error, parts.told[1].error) == ("no route", None)
    row = await parts.stored()
    assert (row.failures, row.last_error, row.last_outcome) == (0, None, "done")


async def test_trouble_told_by_the_last_process_is_not_told_again(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        first = Parts(database)
        await (await first.worker(Work(OSError("no route")))).run_once()
        assert first.verdicts == [(False, 1)]
        second = Parts(database)
        worker = await second.worker(Work(OSError("no route"), None))
        await worker.run_once()
        assert second.verdicts == []
        await worker.run_once()
        assert second.verdicts == [(True, 2)]


async def test_a_failing_job_sits_out_ever_more_rings(parts: Parts) -> None:
    work = Work(*[OSError("no route")] * 20)
    worker = await parts.worker(work, longest_pause_seconds=40.0)
    gaps: list[int] = []
    async with running(worker):
        for count in range(1, 8):
            waited = 0
            worker.bell.strike()
            await settle()
            while len(work.begun) < count:
                await parts.clock.advance(5)
                waited += 5
                worker.bell.strike()
                await settle()
            await eventually(worker.resting.is_set)
            gaps.append(waited)
    assert gaps == [0, 0, 10, 20, 40, 40, 40]


async def test_resuming_ends_the_rest(parts: Parts) -> None:
    work = Work(*[OSError("no route")] * 3)
    worker = await parts.worker(work)
    board = parts.board(worker)
    async with running(worker):
        for count in (1, 2):
            await stroke(worker, work, count)
        worker.bell.strike()
        await settle()
        assert len(work.begun) == 2
        await board.pause("job", by="1")
        await board.resume("job", by="1")
        await stroke(worker, work, 3)


async def test_a_run_that_takes_too_long_is_stopped(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work, timeout_seconds=0.05)
    await worker.run_once()
    assert work.at_once == 0
    error = (await parts.stored()).last_error
    assert error == "it took longer than 0.05 s and was stopped"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError("the venue took too long"), "the venue took too long"),
        (ExceptionGroup("", [ExceptionGroup("", [OSError("no route")])]), "no route"),
        (KeyError(), "KeyError"),
    ],
    ids=["its own timeout", "out of groups", "no words"],
)
async def test_the_error_is_the_fault_itself(parts: Parts, error: Exception, words: str) -> None:
    worker = await parts.worker(Work(error))
    await worker.run_once()
    assert (await parts.stored()).last_error == words


async def test_cancellation_passes_and_leaves_the_job_at_rest(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run_once())
        await eventually(lambda: work.begun)
        assert not worker.resting.is_set()
        task.cancel()
    assert task.cancelled()
    assert worker.resting.is_set()
    assert (parts.told, worker.row.failures) == ([], 0)


async def test_a_database_in_trouble_is_not_the_jobs_failure(parts: Parts) -> None:
    worker = await parts.worker(Work())
    parts.store.failure = StorageUnavailable("disk full")
    await worker.run_once()
    assert (worker.row.last_outcome, worker.row.failures, parts.told) == ("done", 0, [])


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
