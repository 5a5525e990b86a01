"""Builds the Telegram edge, where one is configured."""

from __future__ import annotations

from datetime import timedelta

from composition.core import Core
from handlers.authorisation import Access
from handlers.rendering.chat import PAPER
from handlers.rendering.kinds import muted
from handlers.telegram.connection import ConnectionSettings
from handlers.telegram.edge import EdgeSettings, TelegramEdge
from handlers.telegram.outbox import Destination
from handlers.telegram.ports import Hooks, Rows, Stores
from handlers.telegram.services import Services
from storage.confirmations import ConfirmationRepository
from storage.inbox import InboxRepository
from storage.records import ConfirmationRow, InboxRow, NewNotice
from trading.config.sections import TelegramSection
from trading.intents.machine import Component
from trading.model.identifiers import CorrelationId

_OUTAGE = timedelta(seconds=60)


def build_edge(
    core: Core, section: TelegramSection, services: Services, *, is_pairing: bool
) -> TelegramEdge:
    """Build the edge; says nothing to the network."""
    database = core.stores.database
    return TelegramEdge(
        settings=EdgeSettings(
            connection=ConnectionSettings(
                token=section.token.reveal(), api_url=section.api_url.rstrip("/")
            ),
            access=access(section, is_pairing=is_pairing),
            destination=destination(section),
            mark=PAPER if core.ground.configuration.bot.mode == "paper" else "",
            zone=core.ground.configuration.bot.timezone,
            max_command_age_seconds=section.max_command_age.total_seconds(),
            outage_seconds=_OUTAGE.total_seconds(),
        ),
        stores=Stores(
            inbox=InboxRepository(database=database),
            outbox=core.stores.outbox,
            confirmations=ConfirmationRepository(database=database),
            rows=Rows(inbox=InboxRow, notice=NewNotice, confirmation=ConfirmationRow),
        ),
        services=services,
        hooks=_hooks(core),
        clock=core.ground.clock,
        meter=core.ground.meter,
    )


def access(section: TelegramSection, *, is_pairing: bool) -> Access:
    """Return who may do what."""
    return Access(
        owners=frozenset(section.owners),
        viewers=frozenset(section.viewers),
        chat_id=section.chat_id,
        thread_id=section.thread_id,
        is_pairing=is_pairing,
    )


def destination(section: TelegramSection) -> Destination:
    """Return where messages go that nobody asked for; 0 while nobody owns the bot yet."""
    first_owner = section.owners[0] if section.owners else 0
    return Destination(
        chat_id=first_owner if section.chat_id is None else section.chat_id,
        thread_id=section.thread_id,
        is_quiet=section.quiet_hours.contains if section.quiet_hours else lambda _: False,
        muted=muted_kinds(section),
    )


def muted_kinds(section: TelegramSection) -> frozenset[str]:
    """Return the kinds of notice that the owner does not want."""
    return muted(section.notify.model_dump())


async def telegram_health(edge: TelegramEdge | None) -> tuple[Component, ...]:
    """Say how the connection to Telegram stands."""
    if edge is None:
        return (Component(name="telegram", healthy=True, detail="not configured"),)
    health = edge.health
    return (
        Component(
            name="telegram",
            healthy=health.is_healthy,
            detail=health.reach if health.is_healthy else f"{health.reach}: {health.reason}",
            since=health.down_since,
        ),
    )


def _hooks(core: Core) -> Hooks:
    async def second_copy(reason: str) -> None:
        await core.gate.halt(f"a second copy of this bot seems to run: {reason}", "bot")

    async def aftermath(correlation_id: str) -> tuple[str, ...]:
        orders = await core.desk.journal.of_correlation(CorrelationId(correlation_id))
        return tuple(
            f"{order.intent.side} {order.intent.quantity:f} {order.intent.symbol}: "
            f"{order.status}, filled {order.filled_quantity:f}"
            for order in orders
        )

    return Hooks(second_copy=second_copy, aftermath=aftermath)
