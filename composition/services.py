"""Builds what the doors may call, out of the trading half."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from composition import wishes
from composition.core import Core
from composition.emergency import EmergencyDesk
from composition.emergency_actions import EmergencyActions
from composition.in_force import InForce
from composition.signals import build_signal_intents
from composition.streams import build_streams_probe
from handlers.process.log_ring import LogRing
from handlers.telegram.services import Services
from trading.config.description import settings
from trading.intents.balances import BalanceIntents
from trading.intents.breakers import BreakerIntents
from trading.intents.chart import ChartIntents
from trading.intents.halt import HaltIntents
from trading.intents.machine import (
    Component,
    MachineIntents,
    Probe,
    balances_probe,
    breakers_probe,
    conditions_probe,
    gate_probe,
    orders_probe,
)
from trading.intents.manual_orders import ManualOrders
from trading.intents.orders import OrderIntents
from trading.intents.pnl import PnlIntents
from trading.intents.portfolio import PortfolioIntents
from trading.intents.prices import PriceIntents
from trading.intents.risk import risk_probe
from trading.workflow.jobs import JobBoard
from trading.workflow.supervisor import Supervisor

VERSION = "0.1.0"
_MANY_WAITING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is not of the trading half and can be asked about all the same."""

    board: JobBoard
    supervisor: Supervisor
    ring: LogRing
    telegram: Probe
    in_force: InForce
    emergency: EmergencyDesk


def build_portfolio(core: Core) -> PortfolioIntents:
    """Build what values the whole."""
    return PortfolioIntents(
        manager=core.balances,
        allocations=wishes.shown_allocations(core.ground.configuration),
        base=core.ground.configuration.bot.base_currency,
        clock=core.ground.clock,
    )


def build_services(
    core: Core, portfolio: PortfolioIntents, manual: ManualOrders, around: Around
) -> Services:
    """Build every intent that commands may call."""
    clock = core.ground.clock
    return Services(
        venues=tuple(core.venues),
        balances=build_balances(core),
        portfolio=portfolio,
        prices=PriceIntents(
            market=core.market,
            bases=wishes.bases(core.ground.configuration),
            clock=clock,
        ),
        charts=build_charts(core),
        halt=HaltIntents(gate=core.gate, risk=core.risk.intents),
        risk=core.risk.intents,
        breakers=build_breakers(core),
        jobs=around.board,
        machine=build_machine(core, around),
        orders=build_orders(core),
        emergency=around.emergency.cancelling,
        closing=around.emergency.closing,
        repair=around.emergency.repair,
        pnl=PnlIntents(
            bases=wishes.bases(core.ground.configuration),
            fills=core.desk.journal,
            prices=core.feed,
            conversions=core.prices,
            painter=core.ground.painter,
            timezone=core.ground.configuration.bot.timezone,
            clock=clock,
        ),
        rebalance=core.rebalance,
        trade=manual,
        signals=build_signal_intents(core, manual),
    )


def build_charts(core: Core) -> ChartIntents:
    """Build what can be asked about candles."""
    return ChartIntents(
        market=core.market,
        bases=wishes.bases(core.ground.configuration),
        fills=core.desk.journal,
        painter=core.ground.painter,
        clock=core.ground.clock,
    )


def build_balances(core: Core) -> BalanceIntents:
    """Build what can be asked about balances."""
    return BalanceIntents(
        manager=core.balances,
        instruments=core.feed,
        access_log=core.access_log,
        clock=core.ground.clock,
        buffer_fraction=core.ground.configuration.risk.order_buffer,
    )


def build_breakers(core: Core) -> BreakerIntents:
    """Build what can be asked about breakers."""
    return BreakerIntents(
        breakers=core.breakers,
        manager=core.balances,
        clock=core.ground.clock,
        venues=core.venues,
    )


def build_actions(core: Core, desk: EmergencyDesk) -> EmergencyActions:
    """Build what the emergency tool of the command line may ask."""
    return EmergencyActions(
        venues=tuple(core.venues),
        desk=desk,
        balances=build_balances(core),
        breakers=build_breakers(core),
        clock=core.ground.clock,
    )


def build_orders(core: Core) -> OrderIntents:
    """Build what can be asked and done about orders."""
    return OrderIntents(
        venues=core.venues,
        journal=core.desk.journal,
        settlement=core.desk.settlement,
        resolver=core.desk.resolver,
        reconciler=core.desk.reconciler,
        clock=core.ground.clock,
    )


def build_machine(core: Core, around: Around) -> MachineIntents:
    """Build what the bot knows of itself."""
    return MachineIntents(
        status=(
            gate_probe(core.gate),
            conditions_probe(core.conditions, tuple(core.venues)),
            balances_probe(core.balances),
            build_streams_probe(core),
            orders_probe(core.desk.journal.working),
            breakers_probe(core.breakers),
            risk_probe(core.risk.watch, core.ground.clock),
        ),
        health=(
            around.telegram,
            parts_probe(around.supervisor),
            _jobs_probe(around.board),
            _outbox_probe(core),
        ),
        configuration=_configuration(around.in_force),
        version=version_facts(),
        logs=_log_lines(around.ring),
    )


def version_facts() -> Mapping[str, str]:
    """Return what runs here, by name."""
    libraries = (
        "python-telegram-bot",
        "aiohttp",
        "SQLAlchemy",
        "APScheduler",
        "krakenex",
        "python-binance",
    )
    return {
        "steelyard": VERSION,
        "python": platform.python_version(),
        **{name: version(name) for name in libraries},
    }


def _configuration(in_force: InForce) -> Callable[[], Mapping[str, str]]:
    def read() -> Mapping[str, str]:
        return {each.key: each.value for each in settings(in_force.configuration)}

    return read


def _log_lines(ring: LogRing) -> Callable[[int], Sequence[str]]:
    def read(lines: int) -> Sequence[str]:
        return [entry.line() for entry in ring.last(lines)]

    return read


def parts_probe(supervisor: Supervisor) -> Probe:
    """Say how each long-lived part does."""

    async def probe() -> tuple[Component, ...]:
        return tuple(
            Component(
                name=state.name,
                healthy=state.is_running,
                detail=(
                    "running"
                    if state.is_running and not state.restarts
                    else f"restarted {state.restarts}x, last: {state.last_error}"
                ),
                since=state.since,
            )
            for state in supervisor.states.values()
        )

    return probe


def _jobs_probe(board: JobBoard) -> Probe:
    async def probe() -> tuple[Component, ...]:
        return tuple(
            Component(
                name=f"job {job.name}",
                healthy=False,
                detail=f"failed {job.failures}x: {job.last_error}",
                since=job.last_finished_at,
            )
            for job in await board.show()
            if job.failures
        )

    return probe


def _outbox_probe(core: Core) -> Probe:
    async def probe() -> tuple[Component, ...]:
        waiting = await core.stores.outbox.unsent_count()
        return (
            Component(
                name="outbox",
                healthy=waiting < _MANY_WAITING,
                detail=f"{waiting} messages waiting",
            ),
        )

    return probe
