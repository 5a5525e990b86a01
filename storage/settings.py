"""Small durable facts by name: the instance tag, the trading state, accounts seen."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.tables import settings


class SettingsRepository:
    """Each method is one transaction."""

    def __init__(self, *, database: Database) -> None:
        """Keep the values in `database`."""
        self._database = database

    async def get(self, key: str) -> str | None:
        """Return the value; None when there is none."""

        async def work(connection: AsyncConnection) -> str | None:
            return await _read(connection, key)

        return await self._database.read(work)

    async def put(self, key: str, value: str) -> None:
        """Set the value, whatever it was."""

        async def work(connection: AsyncConnection) -> None:
            statement = insert(settings).values(key=key, value=value)
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["key"], set_={"value": statement.excluded.value}
                )
            )

        await self._database.transact(work)

    async def get_or_create(self, key: str, make: Callable[[], str]) -> str:
        """Return the value, made once and for all by whoever asks first.

        `make` may be called again where the first write is taken back: it only makes a value.
        """

        async def work(connection: AsyncConnection) -> str:
            known = await _read(connection, key)
            if known is not None:
                return known
            value = make()
            await connection.execute(insert(settings).values(key=key, value=value))
            return value

        return await self._database.transact(work)


async def _read(connection: AsyncConnection, key: str) -> str | None:
    found = await connection.execute(select(settings.c.value).where(settings.c.key == key))
    value: str | None = found.scalar_one_or_none()
    return value
