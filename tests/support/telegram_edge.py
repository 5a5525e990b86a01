"""The real Telegram edge on a real SQLite file, against the local Telegram."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handlers.authorisation import Access
from handlers.telegram.connection import ConnectionSettings
from handlers.telegram.edge import EdgeSettings, TelegramEdge
from handlers.telegram.outbox import Destination
from handlers.telegram.ports import Hooks, Rows, Stores
from storage.confirmations import ConfirmationRepository
from storage.database import Database
from storage.inbox import InboxRepository
from storage.outbox import OutboxRepository
from storage.records import ConfirmationRow, InboxRow, NewNotice
from tests.support.local_telegram import OWNER, VIEWER, ReachableTelegram
from tests.support.stores import PatientDatabase, open_database
from tests.support.telegram_services import FakeServices, fake_services
from trading.clock import Clock, SystemClock


def stores(
    database: Database, clock: Clock, *, inbox: type[InboxRepository] = InboxRepository
) -> Stores:
    return Stores(
        inbox=inbox(database=database),
        outbox=OutboxRepository(database=database, clock=clock),
        confirmations=ConfirmationRepository(database=database),
        rows=Rows(inbox=InboxRow, notice=NewNotice, confirmation=ConfirmationRow),
    )


def settings(api_url: str, token: str, **changes: Any) -> EdgeSettings:
    """Quick in everything, so that tests need not wait."""
    access = changes.pop("access", None) or Access(
        owners=frozenset({OWNER}), viewers=frozenset({VIEWER})
    )
    connection = ConnectionSettings(
        token=token,
        api_url=api_url,
        poll_seconds=changes.pop("poll_seconds", 5),
        timeout_seconds=changes.pop("timeout_seconds", 2.0),
        first_wait_seconds=0.1,
    )
    return EdgeSettings(
        connection=connection,
        access=access,
        destination=Destination(chat_id=OWNER),
        **{"outage_seconds": 0.5, **changes},
    )


@dataclass(slots=True, kw_only=True)
class RunningEdge:
    """A running edge with what it told the rest of the bot."""

    edge: TelegramEdge
    database: PatientDatabase
    stores: Stores
    services: FakeServices
    second_copies: list[str] = field(default_factory=list)

    @property
    def inbox(self) -> InboxRepository:
        assert isinstance(self.stores.inbox, InboxRepository)
        return self.stores.inbox

    @property
    def outbox(self) -> OutboxRepository:
        assert isinstance(self.stores.outbox, OutboxRepository)
        return self.stores.outbox


def hooks_of(copies: list[str], aftermath: Mapping[str, tuple[str, ...]] | None = None) -> Hooks:
    """Hooks that note a second copy and know what each command has done."""
    known = aftermath or {}

    async def second_copy(why: str) -> None:
        copies.append(why)

    async def what_it_did(correlation_id: str) -> tuple[str, ...]:
        return known.get(correlation_id, ())

    return Hooks(second_copy=second_copy, aftermath=what_it_did)


@asynccontextmanager
async def running_edge(
    telegram: ReachableTelegram,
    folder: Path,
    *,
    clock: Clock | None = None,
    others: dict[str, Any] | None = None,
    aftermath: Mapping[str, tuple[str, ...]] | None = None,
    inbox: type[InboxRepository] = InboxRepository,
    **changes: Any,
) -> AsyncIterator[RunningEdge]:
    """Run the edge until the block is left; `others` replace services, `changes` settings."""
    ticking = clock or SystemClock()
    async with open_database(folder, clock=ticking) as db:
        services, kept, copies = (
            fake_services(ticking),
            stores(db, ticking, inbox=inbox),
            list[str](),
        )
        edge = TelegramEdge(
            settings=settings(telegram.api_url, telegram.token, **changes),
            stores=kept,
            services=services.services(**(others or {})),
            hooks=hooks_of(copies, aftermath),
            clock=ticking,
        )
        run = RunningEdge(
            edge=edge, database=db, stores=kept, services=services, second_copies=copies
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(edge.run())
            try:
                yield run
            finally:
                task.cancel()
