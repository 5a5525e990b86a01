"""The last row of a job is what is known of it."""

from dataclasses import replace

from storage.database import Database
from storage.jobs import JobRepository
from storage.records import JobRow
from tests.support.stores import NOW, later

LOOP = JobRow(
    name="trading_loop",
    paused=False,
    last_started_at=NOW,
    last_finished_at=None,
    last_outcome=None,
    last_error=None,
    failures=0,
)


async def test_the_last_row_counts(database: Database) -> None:
    jobs = JobRepository(database=database)
    assert await jobs.load() == ()
    await jobs.put(LOOP)
    changed = replace(LOOP, paused=True, last_finished_at=later(1), last_error="x", failures=2)
    await jobs.put(changed)
    await jobs.put(replace(LOOP, name="balance_sync"))
    assert await jobs.load() == (replace(LOOP, name="balance_sync"), changed)
    await jobs.put(LOOP)
    assert LOOP in await jobs.load()
