"""Builds the HTTP door, where one is configured, and what it shows."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from composition.core import Core
from composition.services import VERSION, parts_probe
from composition.streams import is_wanted
from handlers.http.access import DoorRules
from handlers.http.application import build_application
from handlers.http.door import HttpDoor, Port
from handlers.http.health import HealthPage, Look
from handlers.http.metrics import MetricsPage
from handlers.telegram.edge import TelegramEdge
from trading.config.http import HttpSection, TcpAddress
from trading.errors import ConfigurationError
from trading.intents.machine import (
    Component,
    Probe,
    balances_probe,
    database_probe,
    trading_probe,
)
from trading.metrics.instruments import Instruments
from trading.workflow.counting import Counting
from trading.workflow.jobs import JobBoard
from trading.workflow.loop_lag import LoopLag
from trading.workflow.supervisor import Part, Supervisor
from trading.workflow.vital_signs import Machine, Stored, Venues, VitalSigns


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What it shows beside the trading half."""

    board: JobBoard
    supervisor: Supervisor
    edges: Sequence[TelegramEdge]
    """One or none; it is there before the first request."""


def build_door(core: Core, section: HttpSection, shown: Shown) -> Mapping[str, Part]:
    """Return the long-lived parts: the door, and who samples the loop for it."""
    clock, meter = core.ground.clock, core.ground.meter
    if not isinstance(meter, Instruments):
        raise ConfigurationError(("[http] is configured, and nothing was counted for it",))
    core.bus.subscribe(Counting(meter=meter).hear)
    lag = LoopLag(meter=meter, clock=clock)
    health = HealthPage(look=_look(core, shown, lag), clock=clock)
    metrics = MetricsPage(registry=meter.registry, read=_vital_signs(core, shown).read)
    door = HttpDoor(
        build=lambda: build_application(
            {("GET", "/health"): health.answer, ("GET", "/metrics"): metrics.answer},
            rules=_rules(section),
            clock=clock,
            make_correlation_id=lambda: f"http-{secrets.token_hex(4)}",
        ),
        place=_place(section),
        clock=clock,
    )
    return {"http door": door.run, "loop lag": lag.run}


def _place(section: HttpSection) -> Port | Path:
    address = section.listen
    if isinstance(address, TcpAddress):
        return Port(host=address.host, number=address.port)
    return address.path


def _rules(section: HttpSection) -> DoorRules:
    address = section.listen
    return DoorRules(
        token=None if section.token is None else section.token.reveal(),
        host_names=frozenset(section.host_names),
        checks_host=isinstance(address, TcpAddress),
        is_open_to_others=section.allow_other_machines,
    )


def _look(core: Core, shown: Shown, lag: LoopLag) -> Look:
    probes: tuple[Probe, ...] = (
        lag.probe(),
        database_probe(core.stores.settings, core.ground.clock),
        parts_probe(shown.supervisor),
        balances_probe(core.balances),
        trading_probe(core.gate),
    )

    async def look() -> Sequence[Component]:
        return [each for probe in probes for each in await probe()]

    return look


def _vital_signs(core: Core, shown: Shown) -> VitalSigns:
    venues = Venues(
        adapters=core.venues,
        balances=core.balances,
        breakers=core.breakers,
        is_wanted=lambda venue, stream: is_wanted(core, venue, stream),
    )
    machine = Machine(
        gate=core.gate,
        board=shown.board,
        supervisor=shown.supervisor,
        is_telegram_up=lambda: shown.edges[0].health.is_healthy if shown.edges else None,
        build={
            "version": VERSION,
            "python": platform.python_version(),
            "mode": core.ground.configuration.bot.mode,
        },
    )
    stored = Stored(
        database=core.stores.database,
        outbox=core.stores.outbox,
        working=core.desk.journal.working,
        venues=tuple(core.venues),
        clock=core.ground.clock,
    )
    return VitalSigns({**venues.sources(), **machine.sources(), **stored.sources()})
