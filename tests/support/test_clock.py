"""The fake clock keeps the promises of a clock."""

import asyncio

import pytest

from tests.support.clock import FakeClock
from tests.support.waiting import eventually
from trading.clock import Clock


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock: Clock = FakeClock()
    assert isinstance(clock, FakeClock)
    woken: list[tuple[str, float]] = []
    start = clock.monotonic()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic() - start))

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 3.0), ("early", 1.0), ("last", 10.0)):
            group.create_task(sleeper(name, seconds))
        await eventually(lambda: clock.sleepers == 3)
        await clock.advance(5)
        assert woken == [("early", 1.0), ("late", 3.0)]
        await clock.advance(5)
    assert woken[-1] == ("last", 10.0)


async def test_who_sleeps_again_on_the_way_wakes_again_on_the_way() -> None:
    clock = FakeClock()
    ticks: list[float] = []

    async def every_second() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        task = group.create_task(every_second())
        await clock.advance(3.5)
        task.cancel()
    assert len(ticks) == 3


async def test_a_cancelled_sleeper_is_gone() -> None:
    clock = FakeClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(clock.sleep(1))
        await eventually(lambda: clock.sleepers == 1)
        task.cancel()
        await eventually(lambda: clock.sleepers == 0)
    await clock.advance(2)


async def test_the_wall_may_step_back_and_monotonic_time_may_not() -> None:
    clock = FakeClock()
    wall, monotonic = clock.now(), clock.monotonic()
    clock.step_wall(-3600)
    assert (clock.now() - wall).total_seconds() == -3600
    assert clock.monotonic() == monotonic
    with pytest.raises(ValueError, match="never goes back"):
        await clock.advance(-1)


async def test_an_instant_clock_keeps_nobody_waiting() -> None:
    clock = FakeClock(instant=True)
    before = clock.monotonic()
    await clock.sleep(60)
    assert clock.monotonic() - before == 60
    assert clock.slept == [60]
