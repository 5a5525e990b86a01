"""Notices leave in order, each until it is accepted, and doubt about delivery is kept."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.outbox import OutboxRepository
from storage.records import ConflictingWrite, NewNotice
from tests.support.clock import FakeClock
from tests.support.stores import NOW, later, open_database


def notice(number: int, dedupe_key: str | None = None) -> NewNotice:
    return NewNotice(kind="fill", payload=str(number), dedupe_key=dedupe_key)


def outbox_of(database: Database) -> OutboxRepository:
    return OutboxRepository(database=database, clock=FakeClock(start=NOW))


async def test_nothing_overtakes_the_oldest(database: Database) -> None:
    outbox = outbox_of(database)
    assert await outbox.next_due(NOW) is None
    await outbox.add([notice(1), notice(2)])
    first = await outbox.next_due(NOW)
    assert first is not None
    assert (first.payload, first.status, first.attempts, first.created_at) == (
        "1",
        "queued",
        0,
        NOW,
    )
    await outbox.mark_sending(first.sequence, NOW)
    await outbox.mark_retry(first.sequence, later(30), maybe_delivered=False)
    assert await outbox.next_due(later(29)) is None
    again = await outbox.next_due(later(30))
    assert again is not None
    assert (again.payload, again.attempts, again.maybe_delivered) == ("1", 1, False)
    await outbox.mark_sent(again.sequence, 77, later(31))
    second = await outbox.next_due(later(31))
    assert second is not None
    assert second.payload == "2"
    assert await outbox.unsent_count() == 1


async def test_an_attempt_that_was_cut_off_leaves_doubt(database: Database) -> None:
    outbox = outbox_of(database)
    await outbox.add([notice(1)])
    first = await outbox.mark_sending(1, later(1))
    assert (first.attempts, first.maybe_delivered, first.updated_at) == (1, False, later(1))
    # The process died here: the notice is due again, and may be there already.
    due = await outbox.next_due(later(2))
    assert due is not None
    assert due.status == "sending"
    again = await outbox.mark_sending(1, later(2))
    assert (again.attempts, again.maybe_delivered) == (2, True)
    back = await outbox.mark_retry(1, later(5), maybe_delivered=False)
    assert back.maybe_delivered


async def test_an_answer_that_was_lost_leaves_doubt(database: Database) -> None:
    outbox = outbox_of(database)
    await outbox.add([notice(1)])
    await outbox.mark_sending(1, NOW)
    assert (await outbox.mark_retry(1, later(1), maybe_delivered=True)).maybe_delivered
    sent = await outbox.mark_sent(1, 5, later(2))
    assert (sent.status, sent.message_id, sent.sent_at) == ("sent", 5, later(2))


async def test_what_has_left_does_not_come_back(database: Database) -> None:
    outbox = outbox_of(database)
    await outbox.add([notice(1), notice(2)])
    await outbox.mark_sent(1, None, NOW)
    await outbox.mark_failed(2, NOW)
    for sequence in (1, 2, 99):
        with pytest.raises(ConflictingWrite, match="is not waiting"):
            await outbox.mark_sending(sequence, NOW)
    assert await outbox.unsent_count() == 0


async def test_one_trouble_is_one_message(database: Database) -> None:
    outbox = outbox_of(database)
    await outbox.add([notice(1, "same"), notice(2, "same"), notice(3), notice(4)])
    await outbox.add([notice(5, "same"), notice(6, "other")])
    assert await payloads(outbox) == ["1", "3", "4", "6"]


async def payloads(outbox: OutboxRepository) -> list[str]:
    found = []
    while (row := await outbox.oldest_unsent()) is not None:
        found.append(row.payload)
        await outbox.mark_sent(row.sequence, None, NOW)
    return found


async def test_pruning_keeps_what_waits(database: Database) -> None:
    outbox = outbox_of(database)
    await outbox.add([notice(number) for number in range(3)])
    await outbox.mark_sent(1, None, NOW)
    await outbox.mark_failed(2, NOW)
    assert await outbox.prune(NOW) == 0
    assert await outbox.prune(later(1)) == 2
    assert await outbox.unsent_count() == 1
    await outbox.add([notice(9)])
    assert await payloads(outbox) == ["2", "9"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["add", "sent", "retry", "lost", "crash"]), max_size=25))
async def test_whatever_happens_each_is_sent_once_and_in_order(steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        async with open_database(Path(folder)) as database:
            outbox = outbox_of(database)
            added, sent = 0, list[str]()
            for step in [*steps, *["sent"] * steps.count("add")]:
                if step == "add":
                    await outbox.add([notice(added)])
                    added += 1
                elif (row := await outbox.next_due(later(0))) is not None:
                    await outbox.mark_sending(row.sequence, NOW)
                    if step == "sent":
                        await outbox.mark_sent(row.sequence, 1, NOW)
                        sent.append(row.payload)
                    elif step != "crash":
                        await outbox.mark_retry(row.sequence, NOW, maybe_delivered=step == "lost")
            assert sent == [str(number) for number in range(added)]
