"""Each update is stored once, claimed once and finished once."""

import asyncio
from dataclasses import replace

from storage.database import Database
from storage.inbox import InboxRepository
from tests.support.stores import NOW, inbox_row, later


async def test_a_repeated_batch_adds_only_what_is_new(database: Database) -> None:
    inbox = InboxRepository(database=database)
    assert await inbox.accept([]) == ()
    assert await inbox.accept([inbox_row(11), inbox_row(10)]) == (11, 10)
    changed = replace(inbox_row(10), raw="changed")
    assert await inbox.accept([changed, inbox_row(12), inbox_row(12)]) == (12,)
    assert await inbox.pending() == (inbox_row(11), inbox_row(10), inbox_row(12))


async def test_of_many_workers_one_claims_it(database: Database) -> None:
    inbox = InboxRepository(database=database)
    await inbox.accept([inbox_row(1)])
    async with asyncio.TaskGroup() as group:
        claims = [group.create_task(inbox.claim(1, later(1))) for _ in range(20)]
    assert sorted(claim.result() for claim in claims) == [False] * 19 + [True]
    assert await inbox.pending() == ()
    assert await inbox.claimed() == (replace(inbox_row(1), status="claimed", claimed_at=later(1)),)
    assert not await inbox.claim(99, NOW)


async def test_what_has_ended_stays_as_it_ended(database: Database) -> None:
    inbox = InboxRepository(database=database)
    await inbox.accept([inbox_row(1), inbox_row(2)])
    await inbox.claim(1, later(1))
    assert await inbox.finish(1, "done", "answered", later(2))
    assert not await inbox.finish(1, "interrupted", "restart", later(3))
    assert not await inbox.claim(1, later(3))
    assert await inbox.finish(2, "malformed", None, later(2))
    assert await inbox.get(1) == replace(
        inbox_row(1), status="done", claimed_at=later(1), finished_at=later(2), outcome="answered"
    )
    assert await inbox.pending() == await inbox.claimed() == ()


async def test_the_offset_follows_what_came_last(database: Database) -> None:
    inbox = InboxRepository(database=database)
    assert await inbox.next_offset() is None
    await inbox.accept([inbox_row(500), inbox_row(501)])
    assert await inbox.next_offset() == 502
    # After a quiet week Telegram starts anew from a random id, often a lower one.
    await inbox.accept([inbox_row(7)])
    assert await inbox.next_offset() == 8
    await inbox.accept([inbox_row(500)])
    assert await inbox.next_offset() == 8


async def test_pruning_keeps_what_is_unfinished_and_the_offset(database: Database) -> None:
    inbox = InboxRepository(database=database)
    await inbox.accept([inbox_row(number) for number in (1, 2, 3)])
    await inbox.accept([inbox_row(4, received_at=later(100))])
    await inbox.accept([inbox_row(5)])
    for number in (1, 4, 5):
        await inbox.finish(number, "done", None, later(1))
    await inbox.claim(2, later(1))
    assert await inbox.prune(later(50)) == 1
    left = [number for number in range(1, 6) if await inbox.get(number) is not None]
    assert left == [2, 3, 4, 5]
    assert await inbox.next_offset() == 6
    assert await inbox.prune(later(200)) == 1
    assert await inbox.next_offset() == 6
