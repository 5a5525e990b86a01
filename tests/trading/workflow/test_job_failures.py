"""A job that fails says so once, sits out rings, and says when it works again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.stores import open_database
from tests.support.waiting import eventually, settle
from tests.trading.workflow.job_parts import Parts, Work, running, stroke
from trading.errors import StorageUnavailable


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with open_database(tmp_path) as database:
        yield Parts(database)


async def test_failing_is_told_once_and_once_when_it_works_again(parts: Parts) -> None:
    work = Work(OSError("no route"), OSError("no route"), OSError("still none"), None, None)
    worker = await parts.worker(work)
    async with running(worker):
        for count in range(1, 6):
            await stroke(worker, work, count)
            await parts.clock.advance(60)
    assert parts.verdicts == [(False, 1), (True, 3)]
    assert (parts.told[0].error, parts.told[1].error) == ("no route", None)
    row = await parts.stored()
    assert (row.failures, row.last_error, row.last_outcome) == (0, None, "done")


async def test_trouble_told_by_the_last_process_is_not_told_again(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        first = Parts(database)
        await (await first.worker(Work(OSError("no route")))).run_once()
        assert first.verdicts == [(False, 1)]
        second = Parts(database)
        worker = await second.worker(Work(OSError("no route"), None))
        await worker.run_once()
        assert second.verdicts == []
        await worker.run_once()
        assert second.verdicts == [(True, 2)]


async def test_a_failing_job_sits_out_ever_more_rings(parts: Parts) -> None:
    work = Work(*[OSError("no route")] * 20)
    worker = await parts.worker(work, longest_pause_seconds=40.0)
    gaps: list[int] = []
    async with running(worker):
        for count in range(1, 8):
            waited = 0
            worker.bell.strike()
            await settle()
            while len(work.begun) < count:
                await parts.clock.advance(5)
                waited += 5
                worker.bell.strike()
                await settle()
            await eventually(worker.resting.is_set)
            gaps.append(waited)
    assert gaps == [0, 0, 10, 20, 40, 40, 40]


async def test_resuming_ends_the_rest(parts: Parts) -> None:
    work = Work(*[OSError("no route")] * 3)
    worker = await parts.worker(work)
    board = parts.board(worker)
    async with running(worker):
        for count in (1, 2):
            await stroke(worker, work, count)
        worker.bell.strike()
        await settle()
        assert len(work.begun) == 2
        await board.pause("job", by="1")
        await board.resume("job", by="1")
        await stroke(worker, work, 3)


async def test_a_run_that_takes_too_long_is_stopped(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work, timeout_seconds=0.05)
    await worker.run_once()
    assert work.at_once == 0
    error = (await parts.stored()).last_error
    assert error == "it took longer than 0.05 s and was stopped"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError("the venue took too long"), "the venue took too long"),
        (ExceptionGroup("", [ExceptionGroup("", [OSError("no route")])]), "no route"),
        (KeyError(), "KeyError"),
    ],
    ids=["its own timeout", "out of groups", "no words"],
)
async def test_the_error_is_the_fault_itself(parts: Parts, error: Exception, words: str) -> None:
    worker = await parts.worker(Work(error))
    await worker.run_once()
    assert (await parts.stored()).last_error == words


async def test_cancellation_passes_and_leaves_the_job_at_rest(parts: Parts) -> None:
    work = Work()
    work.hold()
    worker = await parts.worker(work)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run_once())
        await eventually(lambda: work.begun)
        assert not worker.resting.is_set()
        task.cancel()
    assert task.cancelled()
    assert worker.resting.is_set()
    assert (parts.told, worker.row.failures) == ([], 0)


async def test_a_database_in_trouble_is_not_the_jobs_failure(parts: Parts) -> None:
    worker = await parts.worker(Work())
    parts.store.failure = StorageUnavailable("disk full")
    await worker.run_once()
    assert (worker.row.last_outcome, worker.row.failures, parts.told) == ("done", 0, [])
