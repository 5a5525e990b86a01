"""Brings the journal in line with the venues: at start, now and then, and when asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trading.clock import Clock
from trading.errors import BalanceError, StorageError, VenueError
from trading.model.fill import Fill
from trading.model.identifiers import CorrelationId, VenueName
from trading.model.order import Order
from trading.model.order_status import OrderStatus
from trading.orders.admission import Balances
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.live import has_live_orders
from trading.orders.resolution import UnknownResolver
from trading.orders.settlement import Settlement
from trading.orders.steps import Step
from trading.orders.venue_look import Gathered, Halting, Memory, VenueLook
from trading.orders.watching import within
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

_STREAMED_TIMES = 5
"""A venue that pushes its orders is compared so many times less often."""

_RETRY_SECONDS = (5.0, 10.0, 30.0, 60.0)
"""Pauses before a venue that did not answer is tried again; the last one is repeated."""

_NUDGED_SECONDS = 5.0
"""Between the end of one pass and the next one that somebody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueReconciliation:
    """What one pass over one venue found and did."""

    venue: VenueName
    error: str | None
    """Why it could not be finished; None when it was."""
    changed: tuple[Order, ...] = ()
    """Orders of the journal that are in another state than before."""
    adopted: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    """Booked by this pass."""
    unknown: tuple[Order, ...] = ()
    problems: tuple[str, ...] = ()
    """What does not fit, in words."""
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport:
    """One entry for each venue asked for."""

    venues: tuple[VenueReconciliation, ...]

    @property
    def is_clean(self) -> bool:
        """True when every venue answered, everything fits and nothing is unknown."""
        return not any(each.error or each.problems or each.unknown for each in self.venues)


class Reconciler:
    """A long-lived part; the resolver of unknown orders runs inside it."""

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, VenueAdapter],
        journal: Journal,
        settlement: Settlement,
        resolver: UnknownResolver,
        in_flight: InFlight,
        balances: Balances,
        gate: Halting,
        memory: Memory,
        clock: Clock,
        interval_seconds: float = 300.0,
    ) -> None:
        """Take the parts; asks nobody anything yet."""
        self._looks = {
            name: VenueLook(
                venue=venue,
                journal=journal,
                settlement=settlement,
                in_flight=in_flight,
                gate=gate,
                memory=memory,
                clock=clock,
            )
            for name, venue in venues.items()
        }
        self._venues = dict(venues)
        self._journal = journal
        self._resolver = resolver
        self._in_flight = in_flight
        self._balances = balances
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._reconciled: set[VenueName] = set()
        self._locks = {venue: asyncio.Lock() for venue in venues}
        self._nudges = {venue: asyncio.Event() for venue in venues}

    def is_reconciled(self, venue: VenueName) -> bool:
        """True once the journal was compared with the venue in this process."""
        return venue in self._reconciled

    def set_interval(self, seconds: float) -> None:
        """Put another pause between passes in force; the pass that begins now starts it."""
        if seconds != self._interval_seconds:
            self._interval_seconds = seconds
            self.nudge()

    def nudge(self, venue: VenueName | None = None) -> None:
        """Ask for a pass soon: orders were left in the middle of their way, or news was missed.

        Many nudges are one pass, and passes keep a distance that the venue can bear.
        """
        for name, nudged in self._nudges.items():
            if venue in (None, name):
                nudged.set()

    async def start_up(self) -> ReconcileReport:
        """Take up what an earlier process left, then reconcile every venue.

        A venue that does not answer delays nobody: it is in the report, `run` tries it again,
        and until then nothing is sent to it.
        """
        for order in await self._journal.working():
            self._journal.reserve(order)
        return await self.reconcile(correlation_id=CorrelationId("start"))

    async def run(self) -> None:
        """Resolve unknown orders and reconcile now and then, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resolver.run())
            for venue in self._looks:
                group.create_task(self._keep_reconciled(venue))

    async def reconcile(
        self, venue: VenueName | None = None, *, correlation_id: CorrelationId
    ) -> ReconcileReport:
        """Compare journal and venue now, and settle what can be settled."""
        venues = tuple(self._looks) if venue is None else (venue,)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(each, correlation_id)) for each in venues]
        except* StorageError as failures:
            # One store serves all venues: what one of them met is what all of them met.
            raise _first(failures) from None
        return ReconcileReport(venues=tuple(task.result() for task in tasks))

    async def _keep_reconciled(self, venue: VenueName) -> None:
        failures = 0
        while True:
            if failures or not self.is_reconciled(venue):
                pause = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
            else:
                # Should the stream be lost before it is over, we are nudged.
                is_streamed = has_live_orders(self._venues[venue])
                pause = self._interval_seconds * (_STREAMED_TIMES if is_streamed else 1)
            await self._pause(venue, pause)
            outcome = await self._one(venue, CorrelationId("reconcile"))
            failures = 0 if outcome.error is None else failures + 1

    async def _pause(self, venue: VenueName, seconds: float) -> None:
        """Wait so long, or until nudged; one pass of a nudge keeps its distance to the last."""
        began = self._clock.monotonic()
        nudged = self._nudges[venue]
        if await within(nudged, seconds, self._clock):
            rest = began + _NUDGED_SECONDS - self._clock.monotonic()
            if rest > 0:
                await self._clock.sleep(rest)
        nudged.clear()

    async def _one(self, venue: VenueName, correlation_id: CorrelationId) -> VenueReconciliation:
        """Reconcile one venue: one pass at a time, a fault of the venue is part of the report."""
        begun = self._clock.monotonic()
        gathered = Gathered(correlation_id=correlation_id)
        error: str | None = None
        async with self._locks[venue]:
            await self._take_over(venue)
            before = await self._journal.working(venue)
            try:
                await self._looks[venue].compare(gathered)
                self._reconciled.add(venue)
            except VenueError as failure:
                error = str(failure)
                _log.warning("reconciliation failed venue=%s error=%s", venue, failure)
            finally:
                self._resolver.wake()
            await self._journal.free_what_ended()
            if error is None:
                await self._read_balances(venue, gathered)
            changed = await self._changed(before)
            working = await self._journal.working(venue)
        return VenueReconciliation(
            venue=venue,
            error=error,
            changed=changed,
            adopted=tuple(gathered.adopted),
            fills=tuple(gathered.fills),
            unknown=tuple(each for each in working if each.status is OrderStatus.UNKNOWN),
            problems=tuple(gathered.problems),
            duration_seconds=self._clock.monotonic() - begun,
        )

    async def _take_over(self, venue: VenueName) -> None:
        """Take up rows whose sender is gone: planned were never sent, submitting may have been."""
        for order in await self._journal.working(venue):
            if self._in_flight.covers(order):
                continue
            if order.status is OrderStatus.PLANNED:
                note = "never sent: the bot stopped before its turn came"
                step = Step(status=OrderStatus.CANCELLED, detail="not sent", note=note)
            elif order.status is OrderStatus.SUBMITTING:
                note = "the bot stopped while it was being sent"
                step = Step(status=OrderStatus.UNKNOWN, detail="interrupted", note=note)
            else:
                continue
            await self._journal.move(order, step)

    async def _read_balances(self, venue: VenueName, gathered: Gathered) -> None:
        try:
            await self._balances.sync(venue)
        except (BalanceError, VenueError) as error:
            gathered.problems.append(f"balances were not read: {error}")

    async def _changed(self, before: Sequence[Order]) -> tuple[Order, ...]:
        now = [await self._journal.get(order.client_order_id) for order in before]
        return tuple(
            after
            for after, earlier in zip(now, before, strict=True)
            if after.status is not earlier.status
        )


def _first(group: BaseExceptionGroup[StorageError]) -> BaseException:
    fault: BaseException = group
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
