"""Notices to the owner: in order, until each is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Clock, Database
from storage.records import ConflictingWrite, NewNotice, OutboxRow
from storage.rows import columns, record, select_records, values
from storage.tables import outbox

_UNSENT = ("queued", "sending")


async def add_notices(
    connection: AsyncConnection, notices: Sequence[NewNotice], at: datetime
) -> None:
    """Queue notices inside somebody's transaction: they are committed with what they tell."""
    await add_dated_notices(connection, [(notice, at) for notice in notices])


async def add_dated_notices(
    connection: AsyncConnection, notices: Sequence[tuple[NewNotice, datetime]]
) -> None:
    """Queue notices, each with the time of what it tells."""
    if not notices:
        return
    await connection.execute(
        insert(outbox).on_conflict_do_nothing(index_elements=["dedupe_key"]),
        [
            values(notice)
            | {
                "created_at": at,
                "updated_at": at,
                "next_attempt_at": at,
                "status": "queued",
                "attempts": 0,
                "maybe_delivered": False,
            }
            for notice, at in notices
        ],
    )


class OutboxRepository:
    """Each method is one transaction; there is one sender, which asks for `next_due`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        """Keep the notices in `database`."""
        self._database = database
        self._clock = clock

    async def add(self, notices: Sequence[NewNotice]) -> None:
        """Queue notices that tell nothing which is stored elsewhere."""
        at = self._clock.now()

        async def work(connection: AsyncConnection) -> None:
            await add_notices(connection, notices, at)

        await self._database.transact(work)

    async def next_due(self, at: datetime) -> OutboxRow | None:
        """Return the oldest unsent notice if its time has come; no other overtakes it.

        One whose status is `sending` was cut off: it may have arrived.
        """
        row = await self.oldest_unsent()
        return row if row is not None and row.next_attempt_at <= at else None

    async def oldest_unsent(self) -> OutboxRow | None:
        """Return the notice at the head of the queue, due or not."""
        query = (
            select_records(outbox, OutboxRow)
            .where(outbox.c.status.in_(_UNSENT))
            .order_by(outbox.c.sequence)
            .limit(1)
        )

        async def work(connection: AsyncConnection) -> OutboxRow | None:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else record(OutboxRow, row)

        return await self._database.read(work)

    async def mark_sending(self, sequence: int, at: datetime) -> OutboxRow:
        """Count an attempt about to be made; one cut off before it becomes maybe delivered."""
        return await self._change(
            sequence,
            status="sending",
            updated_at=at,
            attempts=outbox.c.attempts + 1,
            maybe_delivered=case(
                (outbox.c.status == "sending", 1), else_=outbox.c.maybe_delivered
            ),
        )

    async def mark_sent(self, sequence: int, message_id: int | None, at: datetime) -> OutboxRow:
        """Note that it arrived."""
        return await self._change(
            sequence, status="sent", message_id=message_id, sent_at=at, updated_at=at
        )

    async def mark_retry(
        self, sequence: int, next_attempt_at: datetime, *, maybe_delivered: bool
    ) -> OutboxRow:
        """Put it back; `maybe_delivered` stays true once it was."""
        doubt = {"maybe_delivered": True} if maybe_delivered else {}
        return await self._change(
            sequence, status="queued", next_attempt_at=next_attempt_at, **doubt
        )

    async def mark_failed(self, sequence: int, at: datetime) -> OutboxRow:
        """Give it up: it can never be delivered."""
        return await self._change(sequence, status="failed", updated_at=at)

    async def unsent_count(self) -> int:
        """Return how many wait."""
        query = select(func.count()).where(outbox.c.status.in_(_UNSENT))

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(query)).scalar_one()

        return await self._database.read(work)

    async def prune(self, before: datetime) -> int:
        """Forget notices made before that were sent or given up."""
        statement = delete(outbox).where(
            outbox.c.created_at < before, outbox.c.status.not_in(_UNSENT)
        )

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)

    async def _change(self, sequence: int, **changes: object) -> OutboxRow:
        statement = (
            update(outbox)
            .where(outbox.c.sequence == sequence, outbox.c.status.in_(_UNSENT))
            .values(**changes)
            .returning(*columns(outbox, OutboxRow))
        )

        async def work(connection: AsyncConnection) -> OutboxRow:
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                raise ConflictingWrite(f"notice {sequence} is not waiting; it was left as it is")
            return record(OutboxRow, row)

        return await self._database.transact(work)
