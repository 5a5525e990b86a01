"""Jobs: work done by itself at set times, one at a time each, listed and paused from chat.

The timetable rings a bell; the job's own worker, a supervised part, does the work. A job that
fails sits out a growing number of rings and the owner is told once, and once more when it
works again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storage.jobs import JobRepository
from storage.records import JobRow
from trading.clock import Clock
from trading.config.schedule import Every, Schedule
from trading.errors import NotUnderstood, SteelyardError, StorageError
from trading.metrics.meter import Meter, NullMeter
from trading.model.identifiers import CorrelationId
from trading.workflow.faults import innermost
from trading.workflow.schedule import Bell, Timetable

_log = logging.getLogger(__name__)

Work = Callable[[CorrelationId], Awaitable[str]]
"""Does the work of one run and says in a few words what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What a job does and when; `schedule` None means only when it is asked for."""

    name: str
    schedule: Schedule | None
    work: Work
    timeout_seconds: float = 120.0
    longest_pause_seconds: float = 60.0
    """A failing job sits out rings for at most so long."""
    at_start: bool = False
    """True runs it once as soon as its worker starts."""
    catches_up: bool = False
    """True runs it at the start when it is overdue: a bot restarted daily must not skip it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job as the owner sees it; times are aware, the next run in his timezone."""

    name: str
    schedule: str
    paused: bool
    running: bool
    next_run_at: datetime | None
    last_finished_at: datetime | None
    last_outcome: str | None
    last_error: str | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrouble:
    """A job began to fail (`is_over` False), or works again (True)."""

    name: str
    error: str | None
    failures: int
    is_over: bool


OnTrouble = Callable[[JobTrouble], Awaitable[None]]


class JobWorker:
    """The worker of one job; `run` is a supervised part."""

    def __init__(
        self,
        *,
        spec: JobSpec,
        store: JobRepository,
        row: JobRow | None,
        clock: Clock,
        on_trouble: OnTrouble,
        meter: Meter | None = None,
    ) -> None:
        """Take up what is known of the job from earlier runs."""
        self.spec = spec
        self._meter = meter or NullMeter()
        self._struck_at: float | None = None
        self.bell = Bell()
        self.resting = asyncio.Event()
        self.resting.set()
        self.row = row or JobRow(
            name=spec.name,
            paused=False,
            last_started_at=None,
            last_finished_at=None,
            last_outcome=None,
            last_error=None,
            failures=0,
        )
        self._store = store
        self._clock = clock
        self._on_trouble = on_trouble
        self._resting_until = 0.0
        self._writing = asyncio.Lock()
        self._is_closed = False

    def close(self) -> None:
        """Begin nothing any more; what runs may finish."""
        self._is_closed = True

    async def run(self) -> None:
        """Work at every stroke of the bell, for ever."""
        if self.spec.at_start or self._is_overdue():
            self.strike()
        while True:
            await self.bell.wait()
            struck_at, self._struck_at = self._struck_at, None
            if self._may_begin():
                late = 0.0 if struck_at is None else self._clock.monotonic() - struck_at
                self._meter.job_begun(self.spec.name, late_seconds=late)
                await self.run_once()

    def strike(self) -> None:
        """Have it run now, or as soon as its last run is over."""
        self._struck_at = self._struck_at or self._clock.monotonic()
        self.bell.strike()

    def _is_overdue(self) -> bool:
        schedule = self.spec.schedule
        if not self.spec.catches_up or not isinstance(schedule, Every):
            return False
        last = self.row.last_finished_at
        return last is None or self._clock.now() - last >= schedule.interval

    def _may_begin(self) -> bool:
        is_resting = self._clock.monotonic() < self._resting_until
        return not (self._is_closed or self.row.paused or is_resting)

    async def run_once(self) -> None:
        """Do the work now, and write down what came of it."""
        correlation = CorrelationId(f"job-{self.spec.name}-{secrets.token_hex(4)}")
        self.row = replace(self.row, last_started_at=self._clock.now())
        self.resting.clear()
        deadline, began = asyncio.timeout(self.spec.timeout_seconds), self._clock.monotonic()
        try:
            async with deadline:
                outcome = await self.spec.work(correlation)
        except Exception as error:  # noqa: BLE001 - a border: a job's failure ends that run only
            # A typed error says what happened; only a fault of the program needs its traceback.
            fault = innermost(error)
            trace = None if isinstance(fault, SteelyardError) else error
            _log.error("job failed job=%s error=%s", self.spec.name, fault, exc_info=trace)
            late = f"it took longer than {self.spec.timeout_seconds:g} s and was stopped"
            self._ended(began, failed=True)
            await self._failed(late if deadline.expired() else _words(error))
        else:
            _log.debug("job done job=%s outcome=%s", self.spec.name, outcome)
            self._ended(began, failed=False)
            await self._succeeded(outcome)
        finally:
            self.resting.set()

    async def pause(self, *, paused: bool) -> None:
        """Pause or resume; stored first, so that it outlives the process."""
        async with self._writing:
            await self._store.put(replace(self.row, paused=paused))
            self.row = replace(self.row, paused=paused)
        self._resting_until = 0.0

    def _ended(self, began: float, *, failed: bool) -> None:
        self._meter.job_ended(self.spec.name, self._clock.monotonic() - began, failed=failed)

    async def _failed(self, error: str) -> None:
        failures = self.row.failures + 1
        pause = min(self.spec.longest_pause_seconds, 5.0 * 2 ** min(failures - 1, 16))
        self._resting_until = self._clock.monotonic() + (pause if failures > 1 else 0.0)
        self.row = replace(
            self.row, last_finished_at=self._clock.now(), last_error=error, failures=failures
        )
        await self._write_down()
        if failures == 1:
            trouble = JobTrouble(
                name=self.spec.name, error=error, failures=failures, is_over=False
            )
            await self._on_trouble(trouble)

    async def _succeeded(self, outcome: str) -> None:
        failures = self.row.failures
        self._resting_until = 0.0
        self.row = replace(
            self.row,
            last_finished_at=self._clock.now(),
            last_outcome=outcome,
            last_error=None,
            failures=0,
        )
        await self._write_down()
        if failures:
            await self._on_trouble(
                JobTrouble(name=self.spec.name, error=None, failures=failures, is_over=True)
            )

    async def _write_down(self) -> None:
        """Keep the row; a database in trouble is not this job's failure."""
        try:
            async with self._writing:
                await self._store.put(self.row)
        except StorageError:
            _log.exception("job state not stored job=%s", self.spec.name)


class JobBoard:
    """All jobs: what `/jobs`, `/pause` and `/resume` work on."""

    def __init__(self, *, workers: Sequence[JobWorker], timetable: Timetable) -> None:
        """Nothing rings before `ring_all`."""
        self._workers = {worker.spec.name: worker for worker in workers}
        self._timetable = timetable

    @property
    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The workers, to be supervised."""
        return {f"job-{name}": worker.run for name, worker in self._workers.items()}

    def ring_all(self) -> None:
        """Put every job with a schedule on the timetable."""
        for worker in self._workers.values():
            if worker.spec.schedule is not None:
                self._timetable.ring(worker.spec.name, worker.spec.schedule, worker.strike)

    def silence_all(self) -> None:
        """Begin nothing new for the rest of this process, whatever has been rung already."""
        for name, worker in self._workers.items():
            self._timetable.silence(name)
            worker.close()

    async def idle(self) -> None:
        """Wait until no job is running."""
        for worker in self._workers.values():
            await worker.resting.wait()

    def reschedule(self, name: str, schedule: Schedule | None) -> None:
        """Put another schedule in force; unknown names are left to the next start."""
        worker = self._workers.get(name)
        if worker is None or worker.spec.schedule == schedule:
            return
        worker.spec = replace(worker.spec, schedule=schedule)
        if schedule is None:
            self._timetable.silence(name)
        else:
            self._timetable.ring(name, schedule, worker.strike)

    async def show(self) -> tuple[JobState, ...]:
        """Return every job as the owner sees it."""
        return tuple(self._state(worker) for worker in self._workers.values())

    async def pause(self, name: str | None, by: str) -> tuple[str, ...]:
        """Pause one job or all; return the names that changed."""
        return await self._set_paused(name, by, paused=True)

    async def resume(self, name: str | None, by: str) -> tuple[str, ...]:
        """Resume one job or all; return the names that changed."""
        return await self._set_paused(name, by, paused=False)

    async def _set_paused(self, name: str | None, by: str, *, paused: bool) -> tuple[str, ...]:
        if name is not None and name not in self._workers:
            known = ", ".join(self._workers)
            raise NotUnderstood(f"there is no job {name!r}; nothing was changed. Jobs: {known}")
        changed = []
        for job, worker in self._workers.items():
            if name in (None, job) and worker.row.paused is not paused:
                await worker.pause(paused=paused)
                changed.append(job)
        _log.info("jobs paused=%s names=%s by=%s", paused, ",".join(changed), by)
        return tuple(changed)

    def _state(self, worker: JobWorker) -> JobState:
        spec, row = worker.spec, worker.row
        return JobState(
            name=spec.name,
            schedule="when asked" if spec.schedule is None else str(spec.schedule),
            paused=row.paused,
            running=not worker.resting.is_set(),
            next_run_at=None if row.paused else self._timetable.next_ring_at(spec.name),
            last_finished_at=row.last_finished_at,
            last_outcome=row.last_outcome,
            last_error=row.last_error,
            failures=row.failures,
        )


def _words(error: Exception) -> str:
    fault = innermost(error)
    return str(fault) or type(fault).__name__
