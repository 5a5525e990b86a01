"""Jobs with their real store and bells, and work that does as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta

from storage.database import Database
from storage.jobs import JobRepository
from storage.records import JobRow
from tests.support.clock import FakeClock
from tests.support.waiting import eventually
from trading.config.schedule import Every, Schedule
from trading.model.identifiers import CorrelationId
from trading.workflow.jobs import JobBoard, JobSpec, JobTrouble, JobWorker
from trading.workflow.schedule import Timetable

HOURLY = Every(interval=timedelta(hours=1))
DAILY = Every(interval=timedelta(days=1))

SOON = Every(interval=timedelta(seconds=0.05))
HOURLY = Every(interval=timedelta(hours=1))
DAILY = Every(interval=timedelta(days=1))


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

    def __init__(self, database: Database, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
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
