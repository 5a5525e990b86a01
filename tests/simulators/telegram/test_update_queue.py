"""Updates are confirmed, repeated, limited and forgotten as the real server does it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.telegram.database import open_database
from simulators.telegram.update_queue import PRESS_LIFETIME_SECONDS, UpdateQueue
from tests.support.clock import FakeClock

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(tmp_path: Path, clock: FakeClock) -> Iterator[UpdateQueue]:
    with open_database(tmp_path) as database:
        yield UpdateQueue(database=database, clock=clock, dice=random.Random(7))


def fill(queue: UpdateQueue, count: int) -> list[int]:
    return [queue.add("message", {"n": number}) for number in range(count)]


def ids(queue: UpdateQueue, *, offset: int = 0, limit: int = 100) -> list[int]:
    return [update["update_id"] for update in queue.fetch(offset=offset, limit=limit)]


def states(queue: UpdateQueue) -> list[str]:
    return [update.state for update in queue.all()]


def test_ids_begin_somewhere_and_count_on(queue: UpdateQueue) -> None:
    first, second, third = fill(queue, 3)
    assert first >= 100_000_000
    assert (second, third) == (first + 1, first + 2)


def test_unconfirmed_updates_come_again(queue: UpdateQueue) -> None:
    added = fill(queue, 2)
    assert ids(queue) == added
    assert ids(queue) == added
    assert [update.deliveries for update in queue.all()] == [2, 2]


def test_a_higher_offset_confirms(queue: UpdateQueue) -> None:
    added = fill(queue, 3)
    assert ids(queue, offset=added[1]) == added[1:]
    assert ids(queue, offset=added[2] + 1) == []
    assert states(queue) == ["confirmed"] * 3


def test_the_limit_holds_and_confirms_nothing_by_itself(queue: UpdateQueue) -> None:
    added = fill(queue, 3)
    assert ids(queue, limit=2) == added[:2]
    assert ids(queue) == added


def test_a_negative_offset_takes_the_last_ones_and_forgets_the_others(queue: UpdateQueue) -> None:
    added = fill(queue, 4)
    assert ids(queue, offset=-1) == added[3:]
    assert states(queue) == ["confirmed", "confirmed", "confirmed", "waiting"]


def test_an_offset_in_the_far_future_is_ignored(queue: UpdateQueue) -> None:
    added = fill(queue, 2)
    assert ids(queue, offset=added[1] + 10_000) == added
    assert ids(queue, offset=added[1] + 5) == []


def test_messages_are_kept_a_day_and_presses_150_seconds(
    queue: UpdateQueue, clock: FakeClock
) -> None:
    message = queue.add("message", {})
    queue.add("callback_query", {}, lifetime=PRESS_LIFETIME_SECONDS)
    clock.step_wall(PRESS_LIFETIME_SECONDS + 1)
    assert ids(queue) == [message]
    clock.step_wall(24 * HOUR)
    assert ids(queue) == []
    assert states(queue) == ["expired", "expired"]


def test_ids_go_on_elsewhere_after_a_silent_week(queue: UpdateQueue) -> None:
    last = fill(queue, 1)[0]
    ids(queue, offset=last + 1)
    queue.restart_ids(17)
    assert fill(queue, 2) == [17, 18]
    assert ids(queue, offset=last + 1) == [17, 18], "the old offset lies in the far future now"
    assert ids(queue, offset=19) == []


def test_an_update_can_be_delivered_twice(queue: UpdateQueue) -> None:
    assert not queue.repeat_last(), "nothing was confirmed yet"
    added = fill(queue, 1)
    ids(queue, offset=added[0] + 1)
    assert queue.repeat_last()
    assert ids(queue, offset=added[0] + 1) == added
    assert ids(queue, offset=added[0] + 1) == []


def test_kinds_nobody_asked_for_are_not_queued(queue: UpdateQueue) -> None:
    assert queue.add("chat_member", {}) == 0
    queue.allow_only(["callback_query"])
    assert queue.add("message", {}) == 0
    assert queue.add("callback_query", {}) > 0
    queue.allow_only([])
    assert queue.add("message", {}) > 0


def test_dropped_updates_never_come(queue: UpdateQueue) -> None:
    fill(queue, 2)
    queue.drop_waiting()
    assert ids(queue) == []
    assert states(queue) == ["dropped", "dropped"]


def test_what_waits_outlives_the_process(tmp_path: Path, clock: FakeClock) -> None:
    with open_database(tmp_path) as database:
        queue = UpdateQueue(database=database, clock=clock, dice=random.Random(7))
        added = fill(queue, 3)
        ids(queue, offset=added[1])
    with open_database(tmp_path) as database:
        queue = UpdateQueue(database=database, clock=clock, dice=random.Random(8))
        assert ids(queue) == added[1:]
        assert fill(queue, 1) == [added[2] + 1]
