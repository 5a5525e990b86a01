"""What a repair does at one venue, step by step; each step stands alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import CommandError
from trading.model.identifiers import CorrelationId, VenueName
from trading.orders.reconciler import ReconcileReport
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPhase
from trading.venues.port import Priority, VenueTraits
from trading.venues.streaming import StreamStatus

Detail = str
"""What a step found and did, in words."""

_LOOK_SECONDS = 0.05
_LARGE_SECONDS = 2.0
"""The venue's clock is told in whole seconds: less than this is no difference."""


class Skipped(CommandError):
    """There was nothing to do, or doing it now would harm."""


class Venue(Protocol):
    """What a repair asks of a venue behind its breakers."""

    @property
    def traits(self) -> VenueTraits: ...
    async def resync(self) -> datetime: ...
    async def reconnect_streams(self) -> None: ...
    def stream_status(self) -> tuple[StreamStatus, ...]: ...


class Reconciler(Protocol):
    """What a repair asks of the reconciler."""

    async def reconcile(
        self, venue: VenueName | None = None, *, correlation_id: CorrelationId
    ) -> ReconcileReport: ...

    def is_reconciled(self, venue: VenueName) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSteps:
    """The parts that are begun afresh."""

    venues: Mapping[VenueName, Venue]
    breakers_of: Breakers
    reconciler: Reconciler
    manager: BalanceManager
    is_idle: Callable[[], Awaitable[bool]]
    """False while orders are on their way: then a live stream is left alone."""
    clock: Clock
    streams_run: bool = True
    """False where nobody keeps them up: without a running bot."""

    async def breakers(self, venue: VenueName, by: str) -> Detail:
        """Close every breaker of the venue."""
        closed = await self.breakers_of.reset(venue, by)
        if not closed:
            return "all were closed"
        return "closed: " + "; ".join(
            f"{view.kind} (was {view.state} after {view.failures} failures)" for view in closed
        )

    async def clock_and_nonce(self, venue: VenueName) -> Detail:
        """Take the venue's clock anew and move the nonces on."""
        ahead = (await self.venues[venue].resync() - self.clock.now()).total_seconds()
        if abs(ahead) < _LARGE_SECONDS:
            return "nonces moved on; the clocks agree"
        side = "ahead of" if ahead > 0 else "behind"
        return f"nonces moved on; the venue's clock is {abs(ahead):.0f} s {side} ours"

    async def streams(self, venue: VenueName) -> Detail:
        """Connect the streams anew and wait until they are live."""
        adapter = self.venues[venue]
        if not adapter.traits.has_streams or not self.streams_run:
            raise Skipped("there are none to keep up")
        if _all_live(adapter) and not await self.is_idle():
            raise Skipped("they are live, and orders are on their way over them")
        before = {each.name: each.reconnects for each in adapter.stream_status() if each.is_live}
        await adapter.reconnect_streams()
        while not _live_again(adapter, before):
            await self.clock.sleep(_LOOK_SECONDS)
        return "live: " + ", ".join(each.name for each in adapter.stream_status())

    async def orders(self, venue: VenueName, correlation_id: CorrelationId) -> Detail:
        """Compare journal and venue, and settle what can be settled."""
        report = await self.reconciler.reconcile(venue, correlation_id=correlation_id)
        (found,) = report.venues
        if found.error is not None:
            raise CommandError(found.error)
        counts = (
            (len(found.changed), "orders settled"),
            (len(found.fills), "fills booked"),
            (len(found.adopted), "orders of others found"),
        )
        said = [f"{count} {what}" for count, what in counts if count]
        wrong = [f"{each.client_order_id} is in doubt" for each in found.unknown]
        if wrong or found.problems:
            raise CommandError("; ".join([*found.problems, *wrong, *said]))
        return ", ".join(said) or "journal and venue agree"

    async def balances(self, venue: VenueName, since: float) -> Detail:
        """Have balances that were confirmed since the repair began."""
        status = self.manager.status(venue)
        elapsed = self.clock.monotonic() - since
        is_new = status.age_seconds is not None and status.age_seconds <= elapsed
        if not (status.verified and is_new):
            view = await self.manager.sync(venue, priority=Priority.EMERGENCY)
            status = view.status
        if not status.verified:
            raise CommandError("; ".join(status.problems) or "they are not verified")
        return f"verified, from {status.source}"

    async def verify(self, venue: VenueName) -> Detail:
        """Look at everything once more; asks nobody."""
        wrong = [
            f"the breaker for {view.kind} is {view.state} ({view.reason})"
            for view in self.breakers_of.show(venue)
            if view.state != BreakerPhase.CLOSED.value
        ]
        if not self.reconciler.is_reconciled(venue):
            wrong.append("orders are not reconciled")
        status = self.manager.status(venue)
        if not status.verified:
            wrong.append("balances are not verified")
        wrong.extend(
            f"the {each.name} stream is not live ({each.detail})"
            for each in self.venues[venue].stream_status()
            if self.streams_run and not each.is_live
        )
        if wrong:
            raise CommandError("; ".join(wrong))
        return "breakers closed, orders reconciled, balances verified"


def _all_live(adapter: Venue) -> bool:
    return all(each.is_live for each in adapter.stream_status())


def _live_again(adapter: Venue, before: Mapping[str, int]) -> bool:
    """True when each connection is live, and another one than before."""
    now = adapter.stream_status()
    return bool(now) and all(
        each.is_live and each.reconnects > before.get(each.name, -1) for each in now
    )
