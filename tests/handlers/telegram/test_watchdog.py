"""A deaf bot is noticed and started afresh; one that fails and retries is not deaf."""

import asyncio

from handlers.telegram.health import Outage, Reach, TelegramHealth
from handlers.telegram.watchdog import watch
from tests.support.clock import FakeClock
from tests.support.waiting import eventually


class Polls:
    def __init__(self) -> None:
        self.starts = 0

    async def run(self) -> None:
        self.starts += 1
        await asyncio.Event().wait()


async def test_silence_starts_the_poller_afresh_and_failures_do_not() -> None:
    clock = FakeClock()
    health = TelegramHealth(clock=clock)
    polls = Polls()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(
            watch(polls.run, health=health, clock=clock, silence_seconds=60)
        )
        await eventually(lambda: polls.starts == 1)
        for _ in range(20):
            await clock.advance(30)
            health.failed(Reach.UNREACHABLE, "502")
        assert polls.starts == 1
        await clock.advance(70)
        await eventually(lambda: polls.starts == 2)
        assert health.reach is Reach.DEAF
        watching.cancel()


async def test_an_outage_is_measured_on_the_monotonic_clock() -> None:
    clock = FakeClock()
    health = TelegramHealth(clock=clock)
    assert health.good_poll() is not None
    assert health.good_poll() is None
    began = clock.now()
    health.failed(Reach.UNREACHABLE, "refused")
    await clock.advance(10_800)
    clock.step_wall(-86_400)
    health.failed(Reach.UNREACHABLE, "timed out")
    assert not health.is_healthy
    assert health.silence_seconds == 10_800
    ended = health.good_poll()
    assert ended == Outage(began=began, ended=clock.now(), seconds=10_800, reason="timed out")
    assert health.is_healthy
