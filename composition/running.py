"""Runs the bot: one loop, one process, one lock; everything entered is left in reverse order."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from composition.by_hand import build_manual
from composition.core import Core, open_core
from composition.emergency import build_emergency
from composition.front_desk import FrontDesk
from composition.ground import Ground
from composition.in_force import InForce
from composition.jobs import build_board
from composition.reloading import Reloader, Swappable
from composition.rivals import halt_on_rivals
from composition.services import (
    Around,
    build_actions,
    build_charts,
    build_machine,
    build_portfolio,
    build_services,
)
from composition.streams import build_streams
from composition.vigils import Vigils, build_vigils
from composition.winding_down import WindDown
from handlers.http.control import ControlServer
from handlers.process.log_ring import LogRing
from handlers.process.logs import Logs
from handlers.process.redaction import Redactor
from handlers.process.signals import ProcessSignals
from handlers.telegram.edge import TelegramEdge
from handlers.telegram.services import Services
from trading.intents.halt import HaltIntents
from trading.intents.machine import Component
from trading.workflow.herald import Herald
from trading.workflow.jobs import JobBoard
from trading.workflow.opening import Opening
from trading.workflow.schedule import Timetable
from trading.workflow.supervisor import Part, Supervisor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What the process brings along."""

    config_path: Path
    is_pairing: bool
    logs: Logs
    ring: LogRing
    redactor: Redactor
    signals: ProcessSignals


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The whole bot, built; its parts run under the supervisor."""

    core: Core
    vigils: Vigils
    board: JobBoard
    edge: TelegramEdge | None
    supervisor: Supervisor
    opening: Opening
    reloader: Reloader
    control: ControlServer
    wind_down: WindDown


async def run_bot(ground: Ground, process: Process) -> None:
    """Run until a signal asks to stop; the state directory is locked by the caller."""
    async with AsyncExitStack() as stack:
        stack.enter_context(process.signals.listening())
        bot = await _build(stack, ground, process)
        # All that stands by now stands until the end: no later search for garbage, which stops
        # the loop, needs to walk through it.
        gc.freeze()
        gc.enable()
        await stack.enter_async_context(bot.control)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(bot.supervisor.run())
            reloading = group.create_task(_reload_when_asked(bot, process.signals))
            await process.signals.stop.wait()
            reloading.cancel()
            await bot.wind_down.run(process.signals.reason)
            await bot.vigils.disarm()
            running.cancel()
        await bot.opening.closed()
        _log.info("stopped reason=%s", process.signals.reason)


async def _build(stack: AsyncExitStack, ground: Ground, process: Process) -> Bot:
    core = await open_core(stack, ground)
    herald = Herald(outbox=core.stores.outbox, clock=ground.clock)
    core.bus.subscribe(herald.hear)
    core.bus.subscribe(halt_on_rivals(core.gate))
    portfolio, manual, emergency = build_portfolio(core), build_manual(core), build_emergency(core)
    edges: list[TelegramEdge] = []
    timetable = await stack.enter_async_context(Timetable(zone=ground.configuration.bot.timezone))
    around = Around(
        board=await build_board(core, portfolio, herald, timetable),
        supervisor=_supervisor(ground, herald),
        ring=process.ring,
        telegram=lambda: _telegram_health(edges),
        in_force=InForce(ground.configuration),
        emergency=emergency,
    )
    edge = _build_edge(core, build_services(core, portfolio, manual, around), process)
    edges.extend([] if edge is None else [edge])
    parts = Swappable(
        core=core,
        vigils=build_vigils(core),
        closing=emergency.closing,
        portfolio=portfolio,
        manual=manual,
        board=around.board,
        edge=edge,
        herald=herald,
        logs=process.logs,
        redactor=process.redactor,
    )
    bot = _put_together(parts, around, process)
    _supervise(bot)
    for name, part in _door(core, around, edges).items():
        bot.supervisor.add(name, part)
    return bot


def _door(core: Core, around: Around, edges: Sequence[TelegramEdge]) -> Mapping[str, Part]:
    section = core.ground.configuration.http
    if section is None:
        return {}
    from composition.http import Shown, build_door

    shown = Shown(board=around.board, supervisor=around.supervisor, edges=edges)
    return build_door(core, section, shown)


def _put_together(parts: Swappable, around: Around, process: Process) -> Bot:
    core = parts.core
    reloader = _reloader(parts, around.in_force, process)
    return Bot(
        core=core,
        vigils=parts.vigils,
        board=around.board,
        edge=parts.edge,
        supervisor=around.supervisor,
        opening=_opening(core, parts.herald, around.board),
        reloader=reloader,
        control=_control(core, around, reloader, process),
        wind_down=_wind_down(parts, around.in_force),
    )


def _supervisor(ground: Ground, herald: Herald) -> Supervisor:
    return Supervisor(
        clock=ground.clock,
        jitter=lambda: random.SystemRandom().uniform(0.8, 1.2),
        on_trouble=herald.part_trouble,
    )


def _reloader(parts: Swappable, in_force: InForce, process: Process) -> Reloader:
    return Reloader(
        path=process.config_path,
        in_force=in_force,
        parts=parts,
        is_pairing=process.is_pairing,
    )


def _supervise(bot: Bot) -> None:
    """Give every long-lived part to the supervisor."""
    bot.supervisor.add("executor", bot.core.desk.executor.run)
    bot.supervisor.add("reconciler", bot.core.desk.reconciler.run)
    bot.supervisor.add("opening", bot.opening.run)
    bot.supervisor.add("price alarm", bot.core.risk.alarm.run)
    for name, part in build_streams(bot.core).items():
        bot.supervisor.add(name, part)
    for name, part in (*bot.vigils.parts.items(), *bot.board.parts.items()):
        bot.supervisor.add(name, part)
    if bot.edge is not None:
        for name, part in bot.edge.parts.items():
            bot.supervisor.add(name, part)


def _opening(core: Core, herald: Herald, board: JobBoard) -> Opening:
    return Opening(
        reconciler=core.desk.reconciler,
        runs=core.runner,
        facts=core.stores.settings,
        herald=herald,
        begin=board.ring_all,
        clock=core.ground.clock,
    )


def _build_edge(core: Core, services: Services, process: Process) -> TelegramEdge | None:
    section = core.ground.configuration.telegram
    if section is None:
        _log.warning("no [telegram] in the configuration: the bot trades without a chat")
        return None
    from composition.telegram import build_edge

    return build_edge(core, section, services, is_pairing=process.is_pairing)


async def _telegram_health(edges: Sequence[TelegramEdge]) -> tuple[Component, ...]:
    from composition.telegram import telegram_health

    return await telegram_health(edges[0] if edges else None)


def _control(core: Core, around: Around, reloader: Reloader, process: Process) -> ControlServer:
    clock, state = core.ground.clock, core.ground.state
    desk = FrontDesk(
        core=core,
        emergency=build_actions(core, around.emergency),
        halt=HaltIntents(gate=core.gate, risk=core.risk.intents),
        machine=build_machine(core, around),
        reloader=reloader,
        ring=process.ring,
        charts=build_charts(core),
        name_backup=lambda: state.backups / f"by-hand-{clock.now():%Y%m%d-%H%M%S}.db",
    )
    return ControlServer(
        path=state.control_socket,
        desk=desk,
        clock=clock,
        make_correlation_id=lambda: f"cli-{secrets.token_hex(4)}",
    )


async def _reload_when_asked(bot: Bot, signals: ProcessSignals) -> None:
    """SIGHUP: a bad file leaves the old configuration in force and says why."""
    while True:
        await signals.reload.wait()
        signals.reload.clear()
        await bot.reloader.reload_and_tell()


def _wind_down(parts: Swappable, in_force: InForce) -> WindDown:
    return WindDown(
        core=parts.core,
        board=parts.board,
        edge=parts.edge,
        herald=parts.herald,
        closing=parts.closing,
        closes=lambda: in_force.configuration.bot.on_shutdown == "close",
    )
