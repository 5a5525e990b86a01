"""APScheduler, which only says when: its jobs set a bell, and workers of ours do the work.

It runs jobs outside any TaskGroup, swallows what they raise and cancels them at shutdown, so
nothing that matters runs in it. No run is ever called too late (a stalled loop, a suspended
machine), several missed ones ring once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Self, assert_never

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
            strike, trigger=trigger(schedule, self._zone), id=name, replace_existing=True
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


def trigger(schedule: Schedule, zone: tzinfo) -> BaseTrigger:
    """Return when APScheduler should ring."""
    match schedule:
        case Every(interval=interval):
            # Counted from now in UTC: a change to summer time must not shift an interval.
            return IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)
        case Cron(line=line):
            return _OwnersCron(line, zone)
        case _:
            assert_never(schedule)


class _OwnersCron(BaseTrigger):
    """A cron line on the owner's clock, in which one hour of the year comes twice.

    A line that names its hours rings once for it, at the first; one for every hour goes on.
    """

    def __init__(self, line: str, zone: tzinfo) -> None:
        self._cron = CronTrigger.from_crontab(line, timezone=zone)
        self._names_hours = not line.split()[1].startswith("*")
        self._zone = zone

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        found = self._cron.get_next_fire_time(previous_fire_time, now)
        while found is not None and self._names_hours and self._is_repeated(found):
            found = self._cron.get_next_fire_time(found, found)
        return found

    def _is_repeated(self, moment: datetime) -> bool:
        return moment.astimezone(UTC).astimezone(self._zone).fold == 1


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
