"""The scheduler says when, and loses nothing on the way."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.config.schedule import Cron, Every, Schedule
from trading.workflow.schedule import Bell, Timetable, trigger

BERLIN = ZoneInfo("Europe/Berlin")


def stall(seconds: float) -> None:
    """Hold the loop up, as a slow disk or a suspended machine would."""
    threading.Event().wait(seconds)


async def test_a_stalled_loop_drops_no_run_and_rings_once_for_several() -> None:
    interval, strokes = timedelta(seconds=1.6), list[datetime]()
    clock = SystemClock()
    async with Timetable(zone=UTC) as timetable:
        timetable.ring("job", Every(interval=interval), lambda: strokes.append(clock.now()))
        first = timetable.next_ring_at("job")
        assert first is not None
        # Rings of 1.6 s and 3.2 s are missed, the last of them by more than a second.
        stall(4.4)
        await eventually(lambda: len(strokes) >= 2)
    due = [(stroke - first + timedelta(milliseconds=10)) // interval for stroke in strokes[:2]]
    assert due[0] >= 1, "the first came late, for both that were missed"
    assert due[1] > due[0], "the second came for one that was due after it"


async def test_a_bell_rings_again_and_again_until_it_is_silenced() -> None:
    strokes: list[int] = []
    async with Timetable(zone=UTC) as timetable:
        timetable.ring("job", Every(interval=timedelta(seconds=0.05)), lambda: strokes.append(1))
        await eventually(lambda: len(strokes) >= 3)
        timetable.silence("job")
        timetable.silence("never rang")
        assert timetable.next_ring_at("job") is None
        heard = len(strokes)
        stall(0.2)
        await eventually(lambda: timetable.next_ring_at("job") is None)
        assert len(strokes) == heard


async def test_a_new_schedule_replaces_the_old_one() -> None:
    old: list[int] = []
    new: list[int] = []
    async with Timetable(zone=UTC) as timetable:
        timetable.ring("job", Every(interval=timedelta(hours=1)), lambda: old.append(1))
        timetable.ring("job", Every(interval=timedelta(seconds=0.05)), lambda: new.append(1))
        await eventually(lambda: new)
    assert old == []


async def test_a_bell_that_fails_rings_again() -> None:
    strokes: list[int] = []

    def fail() -> None:
        strokes.append(1)
        raise RuntimeError("the worker is gone")

    async with Timetable(zone=UTC) as timetable:
        timetable.ring("job", Every(interval=timedelta(seconds=0.05)), fail)
        await eventually(lambda: len(strokes) >= 2)


async def test_the_next_ring_is_told_in_the_owners_time() -> None:
    async with Timetable(zone=BERLIN) as timetable:
        now = SystemClock().now()
        timetable.ring("daily", Cron(line="30 8 * * *"), lambda: None)
        timetable.ring("often", Every(interval=timedelta(hours=6)), lambda: None)
        daily, often = timetable.next_ring_at("daily"), timetable.next_ring_at("often")
        assert daily is not None
        assert often is not None
        assert (daily.hour, daily.minute, daily.tzinfo) == (8, 30, BERLIN)
        assert now < daily <= now + timedelta(hours=25)
        assert (often.tzinfo, often.astimezone(UTC).replace(tzinfo=UTC)) == (BERLIN, often)
        assert abs(often - now - timedelta(hours=6)) < timedelta(seconds=5)
        assert timetable.next_ring_at("unknown") is None


async def test_nothing_rings_after_the_timetable_is_left() -> None:
    strokes: list[int] = []
    async with Timetable(zone=UTC) as timetable:
        timetable.ring("job", Every(interval=timedelta(seconds=0.05)), lambda: strokes.append(1))
        await eventually(lambda: strokes)
    heard = len(strokes)
    stall(0.2)
    await eventually(lambda: True)
    assert len(strokes) == heard


def rings(schedule: Schedule, begin: datetime, count: int) -> Sequence[datetime]:
    """Return the times from `begin` on, as the scheduler asks for them."""
    found: list[datetime] = []
    timer = trigger(schedule, BERLIN)
    last, now = None, begin
    for _ in range(count):
        last = timer.get_next_fire_time(last, now)
        assert last is not None
        now = last.astimezone(UTC) + timedelta(microseconds=1)
        found.append(last)
    return found


@pytest.mark.parametrize(
    ("begin", "utc_hours"),
    [
        (datetime(2026, 3, 28, 0, tzinfo=UTC), [7, 6, 6]),
        (datetime(2026, 10, 24, 0, tzinfo=UTC), [6, 7, 7]),
    ],
    ids=["to summer time", "to winter time"],
)
def test_a_cron_line_keeps_to_the_owners_clock(begin: datetime, utc_hours: list[int]) -> None:
    found = rings(Cron(line="0 8 * * *"), begin, 3)
    assert [each.astimezone(BERLIN).hour for each in found] == [8, 8, 8]
    assert [each.astimezone(UTC).hour for each in found] == utc_hours


def test_an_hour_that_does_not_exist_is_made_up_for() -> None:
    found = rings(Cron(line="30 2 * * *"), datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    days = [each.astimezone(BERLIN).date().day for each in found]
    assert days == [29, 30]


@pytest.mark.parametrize("line", ["30 2 * * *", "30 2,14 25-26 oct *"])
def test_an_hour_that_comes_twice_rings_once(line: str) -> None:
    found = rings(Cron(line=line), datetime(2026, 10, 24, 22, tzinfo=UTC), 2)
    assert found[0].astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found[1].astimezone(UTC) > datetime(2026, 10, 25, 12, tzinfo=UTC)


def test_a_line_for_every_hour_rings_in_both() -> None:
    found = rings(Cron(line="30 * * * *"), datetime(2026, 10, 25, 0, tzinfo=UTC), 3)
    assert [each.astimezone(UTC).hour for each in found] == [0, 1, 2]


@pytest.mark.parametrize("month", [3, 10])
def test_an_interval_is_never_shifted_by_the_clocks_on_the_wall(month: int) -> None:
    begin = datetime(2026, month, 24, tzinfo=UTC)
    timer = trigger(Every(interval=timedelta(hours=6)), BERLIN)
    last = begin
    for _ in range(40):
        following = timer.get_next_fire_time(last, last)
        assert following == last + timedelta(hours=6)
        last = following


async def test_strokes_while_one_is_busy_are_one() -> None:
    bell = Bell()
    bell.strike()
    bell.strike()
    await bell.wait()
    heard: list[int] = []

    async def listen() -> bool:
        await bell.wait()
        heard.append(1)
        return True

    bell.strike()
    assert await listen()
    assert heard == [1]
