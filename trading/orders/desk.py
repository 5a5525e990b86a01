"""Puts the parts of the order desk together, in the one way in which they fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.settings import SettingsRepository
from trading.clock import Clock
from trading.events import EventBus
from trading.model.identifiers import Asset, VenueName
from trading.orders import client_ids
from trading.orders.admission import Admission, Balances, Gate, Instruments, Risk
from trading.orders.aftermath import Aftermath
from trading.orders.execution import ExecutionSettings, Executor
from trading.orders.in_flight import InFlight
from trading.orders.intake import OrderIntake
from trading.orders.journal import Journal
from trading.orders.reconciler import Reconciler
from trading.orders.reservation_keeper import Reserving
from trading.orders.resolution import UnknownResolver
from trading.orders.sending import Sender
from trading.orders.settlement import Settlement
from trading.orders.shortage import ShortageInquiry
from trading.orders.venue_look import Halting
from trading.venues.port import VenueAdapter


class TradingState(Gate, Halting, Protocol):
    """The gate that says yes or no, and that can be shut."""


TAG = "orders.instance_tag"
"""Where this installation's tag is kept: it is there once a bot has worked on a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStores:
    """The desk's tables."""

    orders: OrderRepository
    fills: FillRepository
    settings: SettingsRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What stands around the desk and is there before it."""

    venues: Mapping[VenueName, VenueAdapter]
    bases: Mapping[VenueName, Asset]
    balances: Balances
    instruments: Instruments
    gate: TradingState
    memory: SettingsRepository
    clock: Clock
    settings: ExecutionSettings
    risk: Risk | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Core:
    """The parts that everything else on the desk works with."""

    journal: Journal
    in_flight: InFlight
    settlement: Settlement
    resolver: UnknownResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """`executor`, `reconciler` and `intake` are the long-lived parts; start_up comes before."""

    journal: Journal
    settlement: Settlement
    resolver: UnknownResolver
    reconciler: Reconciler
    executor: Executor
    intake: OrderIntake


async def open_order_desk(
    *,
    venues: Mapping[VenueName, VenueAdapter],
    bases: Mapping[VenueName, Asset],
    stores: DeskStores,
    reservations: Reserving,
    balances: Balances,
    instruments: Instruments,
    gate: TradingState,
    bus: EventBus,
    clock: Clock,
    settings: ExecutionSettings,
    reconcile_seconds: float = 300.0,
    risk: Risk | None = None,
) -> OrderDesk:
    """Build the desk; the only thing it reads is this installation's tag."""
    tag = await stores.settings.get_or_create(TAG, client_ids.new_instance_tag)
    around = _Surroundings(
        venues=venues,
        bases=bases,
        balances=balances,
        instruments=instruments,
        gate=gate,
        memory=stores.settings,
        clock=clock,
        settings=settings,
        risk=risk,
    )
    journal = Journal(
        orders=stores.orders,
        fills=stores.fills,
        reservations=reservations,
        clock=clock,
        bus=bus,
        instance_tag=tag,
    )
    return _assemble(_core(around, journal), around, reconcile_seconds)


def _assemble(core: _Core, around: _Surroundings, reconcile_seconds: float) -> OrderDesk:
    reconciler = _reconciler(core, around, reconcile_seconds)
    return OrderDesk(
        journal=core.journal,
        settlement=core.settlement,
        resolver=core.resolver,
        reconciler=reconciler,
        executor=_executor(core, around, reconciler),
        intake=OrderIntake(journal=core.journal, look_again=reconciler.nudge, clock=around.clock),
    )


def _core(around: _Surroundings, journal: Journal) -> _Core:
    venues, clock, in_flight = around.venues, around.clock, InFlight()
    settlement = Settlement(venues=venues, journal=journal, in_flight=in_flight, clock=clock)
    return _Core(
        journal=journal,
        in_flight=in_flight,
        settlement=settlement,
        resolver=UnknownResolver(
            venues=venues, journal=journal, settlement=settlement, clock=clock
        ),
    )


def _reconciler(core: _Core, around: _Surroundings, interval_seconds: float) -> Reconciler:
    return Reconciler(
        venues=around.venues,
        journal=core.journal,
        settlement=core.settlement,
        resolver=core.resolver,
        in_flight=core.in_flight,
        balances=around.balances,
        gate=around.gate,
        memory=around.memory,
        clock=around.clock,
        interval_seconds=interval_seconds,
    )


def _executor(core: _Core, around: _Surroundings, reconciler: Reconciler) -> Executor:
    admission = _admission(core, around, reconciler)
    return Executor(
        admission=admission,
        sender=Sender(
            venues=around.venues,
            journal=core.journal,
            in_flight=core.in_flight,
            permits=admission.permits,
            on_unknown=core.resolver.wake,
            shortage=ShortageInquiry(balances=around.balances, clock=around.clock),
            clock=around.clock,
            timeout_seconds=around.settings.submit_timeout_seconds,
            wave=around.settings.wave,
        ),
        settlement=core.settlement,
        journal=core.journal,
        aftermath=Aftermath(venues=around.venues, balances=around.balances, clock=around.clock),
        in_flight=core.in_flight,
        on_abandoned=reconciler.nudge,
        settings=around.settings,
    )


def _admission(core: _Core, around: _Surroundings, reconciler: Reconciler) -> Admission:
    return Admission(
        bases=around.bases,
        journal=core.journal,
        balances=around.balances,
        instruments=around.instruments,
        gate=around.gate,
        in_flight=core.in_flight,
        is_reconciled=reconciler.is_reconciled,
        clock=around.clock,
        buffer_fraction=around.settings.buffer_fraction,
        freshness_seconds=around.settings.freshness_seconds,
        risk=around.risk,
    )
