"""A database that runs each write twice, as the writer does where a commit could not be shared."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.writer import Work

T = TypeVar("T")


def twice(work: Work[T]) -> Work[T]:
    """Return work that is done, taken back whole, and done again."""

    async def repeated(connection: AsyncConnection) -> T:
        first = await connection.begin_nested()
        try:
            await work(connection)
        finally:
            await first.rollback()
        return await work(connection)

    return repeated


class RepeatingDatabase(Database):
    """What a write leaves in memory shows: only what it wrote is taken back."""

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        return await super().transact(twice(work), within_seconds=within_seconds)
