"""What the bot knows of itself: each part in a line, and whether it is well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import StorageError
from trading.model.identifiers import VenueName
from trading.model.order import Order
from trading.model.order_status import OrderStatus
from trading.model.trading_state import TradingMode
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPhase
from trading.risk.trading_state import TradingGate
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part and how it does; `since` is when that began, None where nobody knows."""

    name: str
    healthy: bool
    detail: str
    since: datetime | None = None


Probe = Callable[[], Awaitable[Sequence[Component]]]

_WRITE_SECONDS = 2.0
_LAST_LOOK = "health.last_look"


class Facts(Protocol):
    """Small facts by name."""

    async def put(self, key: str, value: str) -> None:
        """Put or replace the fact."""
        ...


class MachineIntents:
    """Asks the probes; those of `status` are a few, those of `health` are all."""

    def __init__(
        self,
        *,
        status: Sequence[Probe],
        health: Sequence[Probe],
        configuration: Callable[[], Mapping[str, str]],
        version: Mapping[str, str],
        logs: Callable[[int], Sequence[str]],
    ) -> None:
        """Take whom to ask."""
        self._status = tuple(status)
        self._health = tuple(health)
        self._configuration = configuration
        self._version = dict(version)
        self._logs = logs

    async def status(self) -> tuple[Component, ...]:
        """Return what one wants to see at a glance."""
        return await _ask(self._status)

    async def health(self) -> tuple[Component, ...]:
        """Return every part."""
        return await _ask(self._status + self._health)

    def configuration(self) -> Mapping[str, str]:
        """Return the configuration in force, without secrets."""
        return self._configuration()

    def version(self) -> Mapping[str, str]:
        """Return what runs here."""
        return self._version

    def logs(self, lines: int) -> Sequence[str]:
        """Return the last lines of the log, oldest first."""
        return self._logs(lines)


async def _ask(probes: Sequence[Probe]) -> tuple[Component, ...]:
    found: list[Component] = []
    for probe in probes:
        try:
            found.extend(await probe())
        except StorageError as error:
            found.append(Component(name="database", healthy=False, detail=str(error)))
    return tuple(found)


def balances_probe(balances: BalanceManager) -> Probe:
    """Say how far the balances of each venue can be trusted."""

    async def probe() -> tuple[Component, ...]:
        found = []
        for venue in balances.venues:
            status = balances.status(venue)
            age = "never read" if status.age_seconds is None else f"{status.age_seconds:.0f} s old"
            words = "verified" if status.verified else "NOT verified"
            problems = f": {'; '.join(status.problems)}" if status.problems else ""
            found.append(
                Component(
                    name=f"{venue} balances",
                    healthy=status.verified,
                    detail=f"{words}, {status.source or 'no source'}, {age}{problems}",
                    since=status.since,
                )
            )
        return tuple(found)

    return probe


def orders_probe(working: Callable[[], Awaitable[Sequence[Order]]]) -> Probe:
    """Say how many orders work, and which are in doubt."""

    async def probe() -> tuple[Component, ...]:
        orders = await working()
        unknown = [order for order in orders if order.status is OrderStatus.UNKNOWN]
        doubt = ", ".join(order.client_order_id for order in unknown)
        detail = f"{len(orders)} working" + (f", outcome unknown: {doubt}" if unknown else "")
        return (Component(name="orders", healthy=not unknown, detail=detail),)

    return probe


def breakers_probe(breakers: Breakers) -> Probe:
    """Name the breakers that are not closed."""

    async def probe() -> tuple[Component, ...]:
        return tuple(
            Component(
                name=f"{view.venue} {view.kind} breaker",
                healthy=False,
                detail=f"{view.state}: {view.reason or 'no reason kept'}",
            )
            for view in breakers.show()
            if view.state != BreakerPhase.CLOSED
        )

    return probe


def conditions_probe(conditions: VenueConditions, venues: Collection[VenueName]) -> Probe:
    """Name the venues where nothing is traded now, or which are in an unusual mode."""

    async def probe() -> tuple[Component, ...]:
        found = []
        for venue in venues:
            refusal = conditions.refusal(venue)
            mode = conditions.states.get(venue, VenueState.ONLINE)
            if refusal is not None:
                detail = f"NO orders: {refusal.reason}"
            elif mode is not VenueState.ONLINE:
                detail = f"is in {mode.value} mode"
            else:
                continue
            found.append(
                Component(name=f"{venue} trading", healthy=refusal is None, detail=detail)
            )
        return tuple(found)

    return probe


def trading_probe(gate: TradingGate) -> Probe:
    """Say what trading is allowed; a halt is not well, whoever wanted it."""

    async def probe() -> tuple[Component, ...]:
        state = gate.state
        return (
            Component(
                name="trading",
                healthy=state.mode is not TradingMode.HALTED,
                detail=f"{state.mode}: {state.reason} (by {state.by})",
                since=state.since,
            ),
        )

    return probe


def database_probe(facts: Facts, clock: Clock) -> Probe:
    """Say whether the database takes a write, by having it take one."""

    async def probe() -> tuple[Component, ...]:
        began = clock.monotonic()
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await facts.put(_LAST_LOOK, clock.now().isoformat())
        except (StorageError, TimeoutError) as error:
            why = str(error) or f"no write within {_WRITE_SECONDS:g} s"
            return (Component(name="database", healthy=False, detail=why),)
        took = clock.monotonic() - began
        return (Component(name="database", healthy=True, detail=f"took a write in {took:.3f} s"),)

    return probe


def gate_probe(gate: TradingGate) -> Probe:
    """Say whether the configuration lets anything trade at all."""

    async def probe() -> tuple[Component, ...]:
        if gate.trading_enabled:
            return ()
        detail = "trading_enabled = false: nothing is traded, closing included"
        return (Component(name="trading switch", healthy=True, detail=detail),)

    return probe
