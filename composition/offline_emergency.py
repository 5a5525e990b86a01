"""The emergency tool without a running bot: this process takes its place for a moment."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from composition.adapters import Outside, build_plain
from composition.core import Core, open_core
from composition.emergency import build_emergency
from composition.emergency_actions import cancelled
from composition.ground import Ground
from composition.services import build_actions
from handlers.http.answers import Answer, EmergencyAction, EmergencyRequest, Outcome
from handlers.pictures.painter import ChildPainter
from handlers.process.asking_emergency import Door
from storage.state_directory import StateDirectory
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.errors import ConfigurationError, StorageUnavailable
from trading.intents.emergency import EmergencyIntents
from trading.model.identifiers import VenueName
from trading.venues.port import VenueAdapter
from trading.workflow.herald import Herald

_RECONCILE_SECONDS = 60.0
_DRAIN_SECONDS = 30.0
_WRAPPER = (
    "where only systemd can read the secrets, deploy/systemd/steelyard-emergency runs this "
    "command with them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What a process without a bot works with."""

    state: StateDirectory
    configuration: Callable[[], Configuration]
    """Reads it with its secrets; raises ConfigurationError where they cannot be had."""
    halt: Callable[[], Awaitable[Answer]]
    """Leaves word on the disk."""
    clock: Clock
    by: str


@asynccontextmanager
async def alone(request: EmergencyRequest, parts: Alone) -> AsyncIterator[Door]:
    """Own the state directory while the block lasts: nobody else uses the key meanwhile."""
    if not parts.state.root.is_dir():
        raise StorageUnavailable(
            f"{parts.state.root} does not exist, so no bot has ever run on it; nothing was done. "
            "Is it the right configuration?"
        )
    configuration = _with_secrets(parts)
    with parts.state.lock():
        async with AsyncExitStack() as stack:
            on_paper = configuration.bot.mode == "paper"
            if request.action is EmergencyAction.CANCEL_ALL and not on_paper:
                yield await _canceller(stack, parts, configuration)
                return
            core = await open_core(stack, _ground(parts, configuration))
            core.bus.subscribe(Herald(outbox=core.stores.outbox, clock=parts.clock).hear)
            async with _at_work(core):
                yield LoneDesk(core=core, by=parts.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneCanceller:
    """Cancelling needs neither database nor journal: it works with both broken."""

    cancelling: EmergencyIntents
    gate: _FileGate
    by: str

    async def emergency(self, request: EmergencyRequest) -> Answer:
        """Halt by the file, then cancel everything at every venue."""
        del request
        answer = cancelled(await self.cancelling.cancel_all(self.by))
        failed = [said.message for said in self.gate.said if said.outcome is not Outcome.DONE]
        if not failed:
            return answer
        message = "\n".join([*failed, answer.message.partition("\n")[2]])
        return Answer(outcome=Outcome.FAILED, message=message, details=answer.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneDesk:
    """The whole trading half, without jobs, streams and chat."""

    core: Core
    by: str

    async def emergency(self, request: EmergencyRequest) -> Answer:
        """Do it as the running bot would; before anything is sold, journal and venue agree."""
        core = self.core
        correlation_id = f"cli-{secrets.token_hex(4)}"
        if request.action is EmergencyAction.CLOSE_ALL:
            async with asyncio.timeout(_RECONCILE_SECONDS):
                await core.desk.reconciler.start_up()
        actions = build_actions(core, build_emergency(core, streams_run=False))
        return await actions.act(request, by=self.by, correlation_id=correlation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FileGate:
    """Halts by the file alone; the next start takes it up."""

    halt_by_file: Callable[[], Awaitable[Answer]]
    said: list[Answer] = field(default_factory=list)

    async def halt(self, reason: str, by: str) -> None:
        del reason, by
        self.said.append(await self.halt_by_file())


async def _canceller(
    stack: AsyncExitStack, parts: Alone, configuration: Configuration
) -> LoneCanceller:
    venues: dict[VenueName, VenueAdapter] = {}
    outside = Outside(configuration=configuration, clock=parts.clock, nonces=parts.state.nonces)
    for name in configuration.venues:
        venues[VenueName(name)] = await stack.enter_async_context(build_plain(outside, name))
    gate = _FileGate(halt_by_file=parts.halt)
    return LoneCanceller(
        cancelling=EmergencyIntents(venues=venues, gate=gate), gate=gate, by=parts.by
    )


@asynccontextmanager
async def _at_work(core: Core) -> AsyncIterator[None]:
    """Let orders be sent and settled; what is not at rest in the end is left to the journal."""
    async with asyncio.TaskGroup() as group:
        tasks = (
            group.create_task(core.desk.executor.run()),
            group.create_task(core.desk.resolver.run()),
        )
        try:
            yield
            await core.desk.executor.drain(within_seconds=_DRAIN_SECONDS)
        finally:
            for task in tasks:
                task.cancel()


def _ground(parts: Alone, configuration: Configuration) -> Ground:
    return Ground(
        configuration=configuration,
        state=parts.state,
        clock=parts.clock,
        painter=ChildPainter(
            directory=parts.state.pictures,
            python=sys.executable,
            zone=configuration.bot.timezone,
        ),
    )


def _with_secrets(parts: Alone) -> Configuration:
    try:
        return parts.configuration()
    except ConfigurationError as error:
        raise ConfigurationError((*error.problems, _WRAPPER)) from error
