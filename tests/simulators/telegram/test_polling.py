"""Long polls wait, brake hasty bots and refuse the older of two, on a clock tests can move."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.telegram.arguments import Arguments
from simulators.telegram.database import Database, open_database
from simulators.telegram.errors import ApiError
from simulators.telegram.polling import Polling
from simulators.telegram.update_queue import UpdateQueue
from tests.support.clock import FakeClock
from tests.support.waiting import eventually, settle


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def queue(database: Database, clock: FakeClock) -> UpdateQueue:
    return UpdateQueue(database=database, clock=clock, dice=random.Random(7))


@pytest.fixture
def polling(database: Database, clock: FakeClock, queue: UpdateQueue) -> Polling:
    return Polling(database=database, clock=clock, updates=queue)


def asking(**values: Any) -> Arguments:
    return Arguments(values={name: str(value) for name, value in values.items()}, uploads={})


async def test_a_poll_without_timeout_answers_at_once(polling: Polling) -> None:
    assert await polling.get_updates(asking()) == []


async def test_a_long_poll_ends_with_the_first_update(
    polling: Polling, queue: UpdateQueue
) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(polling.get_updates(asking(timeout=30)))
        await eventually(lambda: polling.is_polled)
        queue.add("message", {"text": "x"})
    assert [update["message"] for update in poll.result()] == [{"text": "x"}]


async def test_a_long_poll_ends_empty_after_its_timeout_and_50_seconds_at_most(
    polling: Polling, clock: FakeClock
) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(polling.get_updates(asking(timeout=900)))
        await eventually(lambda: clock.sleepers == 1)
        await clock.advance(49.9)
        assert not poll.done()
        await clock.advance(0.2)
    assert poll.result() == []


async def test_the_same_offset_again_within_3_seconds_is_made_to_wait(
    polling: Polling, clock: FakeClock
) -> None:
    await polling.get_updates(asking(offset=5))
    await clock.advance(1.0)
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(polling.get_updates(asking(offset=5)))
        await eventually(lambda: clock.sleepers == 1)
        await clock.advance(2.9)
        assert not poll.done()
        await clock.advance(0.2)
    assert poll.result() == []


async def test_the_same_offset_within_half_a_second_gets_one_update(
    polling: Polling, queue: UpdateQueue, clock: FakeClock
) -> None:
    first = queue.add("message", {})
    queue.add("message", {})
    assert len(await polling.get_updates(asking(offset=first))) == 2
    await clock.advance(0.4)
    assert len(await polling.get_updates(asking(offset=first))) == 1
    await clock.advance(0.6)
    assert len(await polling.get_updates(asking(offset=first))) == 2


async def test_the_older_of_two_polls_is_refused(polling: Polling, queue: UpdateQueue) -> None:
    async with asyncio.TaskGroup() as group:
        older = group.create_task(refused(polling))
        await eventually(lambda: polling.is_polled)
        newer = group.create_task(polling.get_updates(asking(offset=7, timeout=30)))
        assert (await older).code == 409
        await eventually(lambda: polling.is_polled)
        queue.add("message", {})
    assert "terminated by other getUpdates request" in older.result().description
    assert len(newer.result()) == 1


async def test_repeated_conflicts_come_three_seconds_late(
    polling: Polling, clock: FakeClock, database: Database
) -> None:
    database.remember("webhook", "https://elsewhere.example/")
    assert "webhook is active" in (await refused(polling)).description
    async with asyncio.TaskGroup() as group:
        second = group.create_task(refused(polling))
        await eventually(lambda: clock.sleepers == 1)
        await clock.advance(2.9)
        await settle()
        assert not second.done()
        await clock.advance(0.2)
    assert second.result().code == 409


async def test_a_released_poll_ends_empty(polling: Polling) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(polling.get_updates(asking(timeout=30)))
        await eventually(lambda: polling.is_polled)
        polling.release()
    assert poll.result() == []


async def test_allowed_updates_are_remembered(polling: Polling, queue: UpdateQueue) -> None:
    await polling.get_updates(asking(allowed_updates='["callback_query"]'))
    await polling.get_updates(asking(offset=1))
    assert queue.allowed == ["callback_query"]
    with pytest.raises(ApiError, match="expected an Array of String"):
        await polling.get_updates(asking(offset=2, allowed_updates='"all"'))


async def refused(polling: Polling) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        await polling.get_updates(asking(timeout=30))
    return refusal.value
