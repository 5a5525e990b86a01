"""Updates from the chat: written down before they are confirmed, acted on at most once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import InboxRow
from storage.rows import records, select_records, values
from storage.tables import inbox

_UNFINISHED = ("new", "claimed")
_ACCEPT = (
    insert(inbox).on_conflict_do_nothing(index_elements=["update_id"]).returning(inbox.c.update_id)
)
_CLAIM = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("which"), inbox.c.status == "new")
    .values(status="claimed", claimed_at=bindparam("now"))
)
_FINISH = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("which"), inbox.c.status.in_(_UNFINISHED))
    .values(
        status=bindparam("end"),
        outcome=bindparam("words"),
        finished_at=bindparam("now"),
    )
)
"""These are run for every command, and cost as much to make as to run."""


class InboxRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the updates in `database`."""
        self._database = database

    async def accept(
        self, rows: Sequence[InboxRow], *, within_seconds: float | None = None
    ) -> tuple[int, ...]:
        """Store a batch in its order; return the ids that were not there before.

        StorageUnavailable comes after `within_seconds` where that is given.
        """
        if not rows:
            return ()
        written = [values(row) for row in rows]

        async def work(connection: AsyncConnection) -> tuple[int, ...]:
            found = await connection.execute(_ACCEPT, written)
            stored = set(found.scalars())
            return tuple(dict.fromkeys(r.update_id for r in rows if r.update_id in stored))

        return await self._database.transact(work, within_seconds=within_seconds)

    async def claim(self, update_id: int, at: datetime) -> bool:
        """Take a new row to act on it; False when somebody has, or it is not there."""

        async def work(connection: AsyncConnection) -> bool:
            found = await connection.execute(_CLAIM, {"which": update_id, "now": at})
            return found.rowcount == 1

        return await self._database.transact(work)

    async def finish(self, update_id: int, status: str, outcome: str | None, at: datetime) -> bool:
        """End a row that has not ended yet; False when it had, and then nothing changes."""
        ended = {"which": update_id, "end": status, "words": outcome, "now": at}

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(_FINISH, ended)).rowcount == 1

        return await self._database.transact(work)

    async def get(self, update_id: int) -> InboxRow | None:
        """Return one row."""

        async def work(connection: AsyncConnection) -> tuple[InboxRow, ...]:
            query = select_records(inbox, InboxRow).where(inbox.c.update_id == update_id)
            return records(InboxRow, await connection.execute(query))

        found = await self._database.read(work)
        return found[0] if found else None

    async def pending(self) -> tuple[InboxRow, ...]:
        """Return the rows nobody has started, in the order they came."""
        return await self._in_state("new")

    async def claimed(self) -> tuple[InboxRow, ...]:
        """Return the rows started and not finished, in the order they came."""
        return await self._in_state("claimed")

    async def next_offset(self) -> int | None:
        """Return one more than the id that came last; None when none ever came.

        Not the highest id: Telegram starts anew from a random one after a quiet week.
        """
        newest = select(inbox.c.update_id).order_by(inbox.c.arrival.desc()).limit(1)

        async def work(connection: AsyncConnection) -> int | None:
            return (await connection.execute(newest)).scalar_one_or_none()

        update_id = await self._database.read(work)
        return None if update_id is None else update_id + 1

    async def prune(self, before: datetime) -> int:
        """Forget finished rows that came before; the newest arrival stays, for the offset."""
        newest = select(func.max(inbox.c.arrival)).scalar_subquery()
        statement = delete(inbox).where(
            inbox.c.received_at < before,
            inbox.c.status.not_in(_UNFINISHED),
            inbox.c.arrival != newest,
        )

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)

    async def _in_state(self, status: str) -> tuple[InboxRow, ...]:
        query = (
            select_records(inbox, InboxRow)
            .where(inbox.c.status == status)
            .order_by(inbox.c.arrival)
        )

        async def work(connection: AsyncConnection) -> tuple[InboxRow, ...]:
            return records(InboxRow, await connection.execute(query))

        return await self._database.read(work)
