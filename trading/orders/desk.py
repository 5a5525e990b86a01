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
from trading.orders.admission import Admission, Balances, Gate, Instruments
from trading.orders.execution import ExecutionSettings, Executor
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.reconciler import Reconciler
from trading.orders.reservation_keeper import Reserving
from trading.orders.resolution import UnknownResolver
from trading.orders.sending import Sender
from trading.orders.settlement import Settlement
from trading.orders.venue_look import Halting
from trading.venues.port import VenueAdapter


class TradingState(Gate, Halting, Protocol):
    """The gate that says yes or no, and that can be shut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStores:
    """The desk's tables."""

    orders: OrderRepository
    fills: FillRepository
    settings: SettingsRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """`executor.run` and `reconciler.run` are the long-lived parts; start_up comes before both."""

    journal: Journal
    settlement: Settlement
    resolver: UnknownResolver
    reconciler: Reconciler
    executor: Executor


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
) -> OrderDesk:
    """Build the desk; the only thing it reads is this installation's tag."""
    tag = await stores.settings.get_or_create("orders.instance_tag", client_ids.new_instance_tag)
    in_flight = InFlight()
    journal = Journal(
        orders=stores.orders,
        fills=stores.fills,
        reservations=reservations,
        clock=clock,
        bus=bus,
        instance_tag=tag,
    )
    settlement = Settlement(venues=venues, journal=journal, in_flight=in_flight, clock=clock)
    resolver = UnknownResolver(venues=venues, journal=journal, settlement=settlement, clock=clock)
    reconciler = Reconciler(
        venues=venues,
        journal=journal,
        settlement=settlement,
        resolver=resolver,
        in_flight=in_flight,
        balances=balances,
        gate=gate,
        memory=stores.settings,
        clock=clock,
        interval_seconds=reconcile_seconds,
    )
    admission = Admission(
        bases=bases,
        journal=journal,
        balances=balances,
        instruments=instruments,
        gate=gate,
        in_flight=in_flight,
        is_reconciled=reconciler.is_reconciled,
        clock=clock,
        buffer_fraction=settings.buffer_fraction,
        freshness_seconds=settings.freshness_seconds,
    )
    sender = Sender(
        venues=venues,
        journal=journal,
        permits=admission.permits,
        on_unknown=resolver.wake,
        clock=clock,
        timeout_seconds=settings.submit_timeout_seconds,
    )
    executor = Executor(
        admission=admission,
        sender=sender,
        settlement=settlement,
        journal=journal,
        balances=balances,
        in_flight=in_flight,
        on_abandoned=reconciler.nudge,
        settings=settings,
    )
    return OrderDesk(
        journal=journal,
        settlement=settlement,
        resolver=resolver,
        reconciler=reconciler,
        executor=executor,
    )
