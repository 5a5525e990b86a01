"""APScheduler, which only says when: its jobs set a bell, and workers of ours do the work.

It runs jobs outside any TaskGroup, swallows what they raise and cancels them at shutdown, so
nothing that matters runs in it. No run is ever called too late (a stalled loop, a suspended
machine), several missed ones ring once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Self

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from trading.config.schedule import Cron, Every, Schedule


class Timetable:
    """Bells by name. Enter it to start the scheduler."""

    def __init__(self, *, zone: tzinfo) -> None:
        """Cron lines are read in the owner's timezone."""
        self._zone = zone
        self._scheduler = AsyncIOScheduler(
            timezone=zone,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    async def __aenter__(self) -> Self:
        """Start on the running loop."""
        self._scheduler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ring no more; the workers have been drained by then."""
        self._scheduler.shutdown(wait=False)

    def ring(self, name: str, schedule: Schedule, bell: Callable[[], None]) -> None:
        """Ring `bell` on the loop at these times; replaces what the name rang before."""

        async def strike() -> None:
            bell()

        self._scheduler.add_job(
            strike, trigger=self._trigger(schedule), id=name, replace_existing=True
        )

    def silence(self, name: str) -> None:
        """Stop ringing; nothing happens when it never rang."""
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def next_ring_at(self, name: str) -> datetime | None:
        """Return when it rings next, in the owner's timezone; None when it does not."""
        job: Job | None = self._scheduler.get_job(name)
        moment: datetime | None = getattr(job, "next_run_time", None)
        return None if moment is None else moment.astimezone(self._zone)

    def _trigger(self, schedule: Schedule) -> BaseTrigger:
        if isinstance(schedule, Every):
            # Counted from now in UTC: a change to summer time must not shift an interval.
            seconds = schedule.interval.total_seconds()
            return IntervalTrigger(seconds=seconds, timezone=UTC)
        if isinstance(schedule, Cron):
            return CronTrigger.from_crontab(schedule.line, timezone=self._zone)
        raise TypeError(f"a schedule was {schedule!r}")


class Bell:
    """Rings for one worker; several strokes while it is busy are one."""

    def __init__(self) -> None:
        """Start silent."""
        self._event = asyncio.Event()

    def strike(self) -> None:
        """Wake the worker now, or as soon as it is free."""
        self._event.set()

    async def wait(self) -> None:
        """Wait for a stroke, and take it."""
        await self._event.wait()
        self._event.clear()
