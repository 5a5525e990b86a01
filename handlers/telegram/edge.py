"""The Telegram edge put together: connection, poller, lanes and outbox as supervised parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from handlers.authorisation import Access
from handlers.telegram.commands.table import GRAMMAR, menu_entries
from handlers.telegram.confirmations import Confirmations
from handlers.telegram.connection import Connection, ConnectionSettings
from handlers.telegram.dispatcher import Dispatcher
from handlers.telegram.gate import Gate
from handlers.telegram.health import TelegramHealth
from handlers.telegram.intake import Intake
from handlers.telegram.lanes import Lanes
from handlers.telegram.outbox import Destination, OutboxSender
from handlers.telegram.poller import Poller
from handlers.telegram.ports import Hooks, Stores
from handlers.telegram.recovery import Recovery
from handlers.telegram.reply import Courier
from handlers.telegram.sender import Sender
from handlers.telegram.services import Services
from handlers.telegram.watchdog import watch
from handlers.telegram.worker import Worker
from trading.clock import Clock
from trading.metrics.meter import Meter

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What the configuration says about Telegram."""

    connection: ConnectionSettings
    access: Access
    destination: Destination
    mark: str = ""
    """The first line of every message; empty: none."""
    zone: tzinfo = UTC
    max_command_age_seconds: float = 300.0
    outage_seconds: float = 60.0
    silence_seconds: float = 180.0


class TelegramEdge:
    """Built at once, without a word to the network; its parts run under a supervisor."""

    def __init__(
        self,
        *,
        settings: EdgeSettings,
        stores: Stores,
        services: Services,
        hooks: Hooks,
        clock: Clock,
        meter: Meter | None = None,
    ) -> None:
        """Wire everything; `parts` are to be run by the caller."""
        self._meter = meter
        self._settings = settings
        self._clock = clock
        self.health = TelegramHealth(clock=clock)
        self._connection = Connection(
            settings=settings.connection, menu=menu_entries(), health=self.health, clock=clock
        )
        self._gate = Gate(access=settings.access, commands=GRAMMAR.commands, menu=GRAMMAR.menu)
        self._sender = Sender(bot=self._connection.bot, mark=settings.mark)
        self._dispatcher = self._build_dispatcher(stores, services)
        self._worker = Worker(
            inbox=stores.inbox,
            dispatcher=self._dispatcher,
            gate=self._gate,
            clock=clock,
            max_command_age_seconds=settings.max_command_age_seconds,
        )
        self._lanes = Lanes(handle=self._worker.handle)
        self._outbox = OutboxSender(
            outbox=stores.outbox,
            sender=self._sender,
            destination=settings.destination,
            clock=clock,
            zone=settings.zone,
        )
        self._poller = self._build_poller(stores, hooks, self._worker)

    def _build_dispatcher(self, stores: Stores, services: Services) -> Dispatcher:
        confirmations = Confirmations(
            store=stores.confirmations, make_row=stores.rows.confirmation, clock=self._clock
        )
        courier = Courier(
            sender=self._sender,
            outbox=stores.outbox,
            make_notice=stores.rows.notice,
            confirmations=confirmations,
            clock=self._clock,
        )
        return Dispatcher(
            grammar=GRAMMAR,
            gate=self._gate,
            services=services,
            courier=courier,
            confirmations=confirmations,
            username=lambda: self._connection.username,
            clock=self._clock,
            zone=self._settings.zone,
            meter=self._meter,
        )

    def _build_poller(self, stores: Stores, hooks: Hooks, worker: Worker) -> Poller:
        recovery = Recovery(
            inbox=stores.inbox,
            outbox=stores.outbox,
            make_notice=stores.rows.notice,
            aftermath=hooks.aftermath,
            gate=self._gate,
            dispatcher=self._dispatcher,
            lanes=self._lanes,
            clock=self._clock,
        )
        intake = Intake(
            inbox=stores.inbox,
            make_row=stores.rows.inbox,
            gate=self._gate,
            lanes=self._lanes,
            clock=self._clock,
        )
        return Poller(
            connection=self._connection,
            inbox=stores.inbox,
            outbox=stores.outbox,
            make_notice=stores.rows.notice,
            intake=intake,
            recovery=recovery,
            worker=worker,
            health=self.health,
            second_copy=hooks.second_copy,
            clock=self._clock,
            settings=self._settings.connection,
            outage_seconds=self._settings.outage_seconds,
        )

    @property
    def parts(self) -> Mapping[str, Part]:
        """The long-lived parts by name; each may be run again after a failure."""
        return {
            "telegram-connection": self._connect,
            "telegram-lanes": self._lanes.run,
            "telegram-poller": self._poll,
            "telegram-outbox": self._send,
        }

    def replace_access(self, access: Access) -> None:
        """Put a reloaded list of owners and viewers in force."""
        self._gate.replace_access(access)

    def replace_destination(self, destination: Destination) -> None:
        """Send notices without a chat of their own to another place from now on."""
        self._outbox.replace_destination(destination)

    def set_max_command_age(self, seconds: float) -> None:
        """Refuse commands that are older than this from now on."""
        self._worker.set_max_age(seconds)

    async def run(self) -> None:
        """Run every part in one task group, for callers without a supervisor."""
        async with asyncio.TaskGroup() as group:
            for name, part in self.parts.items():
                group.create_task(_coroutine(part), name=name)

    def stop_listening(self) -> None:
        """Take no more commands in: the beginning of a clean stop."""
        self._poller.stop_listening()

    async def idle(self) -> None:
        """Wait until no command is queued or running: the end of a clean stop."""
        await self._lanes.idle()

    async def _connect(self) -> None:
        await self._connection.run()

    async def _send(self) -> None:
        await self._connection.ready()
        await self._outbox.run()

    async def _poll(self) -> None:
        await watch(
            self._poller.run,
            health=self.health,
            clock=self._clock,
            silence_seconds=self._settings.silence_seconds,
        )


async def _coroutine(part: Part) -> None:
    await part()
