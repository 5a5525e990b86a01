"""A clock that moves only when a test says so."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.support.waiting import settle

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class FakeClock:
    """Satisfies `trading.clock.Clock`.

    `advance` moves both clocks and wakes sleepers in order; `step_wall` moves the wall clock
    alone, as NTP would. With `instant=True` nobody waits: a sleep moves time on by itself and
    is noted in `slept`.
    """

    def __init__(self, *, start: datetime = START, instant: bool = False) -> None:
        if start.tzinfo is None:
            message = f"a clock starts at an aware time, was {start!r}"
            raise ValueError(message)
        self._wall = start.astimezone(UTC)
        self._monotonic = 1000.0
        self._instant = instant
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    @property
    def sleepers(self) -> int:
        """How many wait now: what a test waits for before it advances."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self._instant or seconds <= 0:
            self._move(max(0.0, seconds))
            await settle(1)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on by so many seconds; who wakes on the way runs before the next one wakes."""
        if seconds < 0:
            message = f"monotonic time never goes back, was {seconds}"
            raise ValueError(message)
        target = self._monotonic + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._move(max(0.0, due - self._monotonic))
                woken.set_result(None)
                await settle()
        self._move(max(0.0, target - self._monotonic))

    def step_wall(self, seconds: float) -> None:
        """Step the wall clock, backwards too; monotonic time does not notice."""
        self._wall += timedelta(seconds=seconds)

    def _move(self, seconds: float) -> None:
        self._monotonic += seconds
        self._wall += timedelta(seconds=seconds)
