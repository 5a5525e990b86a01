"""A run moves only from where it is thought to be."""

from dataclasses import replace

import pytest

from storage.database import Database
from storage.records import ConflictingWrite, RunRow
from storage.runs import RunRepository
from tests.support.stores import NOW, later

RUN = RunRow(
    run_id="run-1",
    venue="kraken",
    trigger="chat",
    status="proposed",
    plan='{"orders": []}',
    plan_hash="abc",
    base="USD",
    correlation_id="c1",
    created_at=NOW,
    started_at=None,
    finished_at=None,
    outcome=None,
)


async def test_its_life(database: Database) -> None:
    runs = RunRepository(database=database)
    assert await runs.latest("kraken") is None
    await runs.insert(RUN)
    started = await runs.move("run-1", frozenset({"proposed"}), "running", started_at=later(1))
    assert started == replace(RUN, status="running", started_at=later(1))
    assert await runs.unfinished() == (started,)
    ended = await runs.move(
        "run-1", frozenset({"running"}), "done", finished_at=later(2), outcome="{}"
    )
    assert ended == replace(started, status="done", finished_at=later(2), outcome="{}")
    assert await runs.unfinished() == ()
    assert await runs.get("run-1") == ended


async def test_an_unexpected_state_is_left_as_it_is(database: Database) -> None:
    runs = RunRepository(database=database)
    await runs.insert(RUN)
    for run_id in ("run-1", "none"):
        with pytest.raises(ConflictingWrite, match="is not paused or running"):
            await runs.move(run_id, frozenset({"running", "paused"}), "done")
    assert await runs.get("run-1") == RUN
    assert await runs.get("none") is None
    with pytest.raises(ConflictingWrite, match="UNIQUE"):
        await runs.insert(RUN)


async def test_the_newest_comes_first(database: Database) -> None:
    runs = RunRepository(database=database)
    second = replace(RUN, run_id="run-2", created_at=later(10))
    other = replace(RUN, run_id="run-3", created_at=later(20), venue="other")
    for run in (second, RUN, other):
        await runs.insert(run)
    assert await runs.recent(2) == (other, second)
    assert await runs.latest("kraken") == second
    assert await runs.unfinished() == (RUN, second, other)
