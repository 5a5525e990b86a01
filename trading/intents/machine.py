"""What the bot knows of itself: each part in a line, and whether it is well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trading.balances.manager import BalanceManager
from trading.errors import StorageError
from trading.model.order import Order
from trading.model.order_status import OrderStatus
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPhase
from trading.risk.trading_state import TradingGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part and how it does; `since` is when that began, None where nobody knows."""

    name: str
    healthy: bool
    detail: str
    since: datetime | None = None


Probe = Callable[[], Awaitable[Sequence[Component]]]


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


def gate_probe(gate: TradingGate) -> Probe:
    """Say whether the configuration lets anything trade at all."""

    async def probe() -> tuple[Component, ...]:
        if gate.trading_enabled:
            return ()
        detail = "trading_enabled = false: nothing is traded, closing included"
        return (Component(name="trading switch", healthy=True, detail=detail),)

    return probe
