"""Questions with a button: each answered at most once, by whom it was asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import ConfirmationRefusal, ConfirmationRow, ConflictingWrite
from storage.rows import columns, record, select_records, values
from storage.tables import confirmations


class ConfirmationRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the questions in `database`."""
        self._database = database

    async def create(self, row: ConfirmationRow) -> None:
        """Add a question before it is asked."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(confirmations).values(values(row)))

        await self._database.transact(work)

    async def bind(self, token_hash: str, message_id: int) -> None:
        """Bind a question to the message that shows it; ConflictingWrite when bound to another."""
        statement = (
            update(confirmations)
            .where(
                confirmations.c.token_hash == token_hash,
                or_(
                    confirmations.c.message_id.is_(None),
                    confirmations.c.message_id == message_id,
                ),
            )
            .values(message_id=message_id)
        )

        async def work(connection: AsyncConnection) -> None:
            if (await connection.execute(statement)).rowcount != 1:
                raise ConflictingWrite("this question belongs to another message or is gone")

        await self._database.transact(work)

    async def consume(
        self, token_hash: str, *, user_id: int, chat_id: int, message_id: int, at: datetime
    ) -> ConfirmationRow | ConfirmationRefusal:
        """Use the token up, or say why not; of many presses one gets the row.

        A press may come before `bind` has: the token itself is then the proof, and binds it.
        """

        async def work(connection: AsyncConnection) -> ConfirmationRow | ConfirmationRefusal:
            mine = confirmations.c.token_hash == token_hash
            found = await connection.execute(
                select_records(confirmations, ConfirmationRow).where(mine)
            )
            row = found.one_or_none()
            refusal = _refusal(
                None if row is None else record(ConfirmationRow, row),
                pressed=(user_id, chat_id, message_id),
                at=at,
            )
            if refusal is not None:
                return refusal
            used = await connection.execute(
                update(confirmations)
                .where(mine)
                .values(used_at=at, message_id=message_id)
                .returning(*columns(confirmations, ConfirmationRow))
            )
            return record(ConfirmationRow, used.one())

        return await self._database.transact(work)

    async def prune(self, before: datetime) -> int:
        """Forget questions that expired before."""
        statement = delete(confirmations).where(confirmations.c.expires_at < before)

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.transact(work)


def _refusal(
    row: ConfirmationRow | None, *, pressed: tuple[int, int, int], at: datetime
) -> ConfirmationRefusal | None:
    user_id, chat_id, message_id = pressed
    if row is None:
        return "unknown"
    if row.user_id != user_id:
        return "other_user"
    if row.chat_id != chat_id:
        return "other_chat"
    if row.message_id not in (None, message_id):
        return "other_message"
    if row.used_at is not None:
        return "used"
    return "expired" if at >= row.expires_at else None
