"""Sends orders: verified, journaled, sent once each, and followed until they are at rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from trading.errors import OrderError
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, VenueName
from trading.model.order import Order, OrderIntent
from trading.model.order_status import OrderStatus
from trading.orders.admission import Admission
from trading.orders.aftermath import Aftermath
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.sending import Sender, Spawn
from trading.orders.settlement import Settlement
from trading.orders.verification import Approved

_log = logging.getLogger(__name__)

_UNSENT_OR_UNHEARD = frozenset({OrderStatus.PLANNED, OrderStatus.SUBMITTING})
"""Where a batch leaves an order only if the journal could not be written."""

OnProgress = Callable[[Order], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSettings:
    """Limits of the executor."""

    buffer_fraction: Decimal = Decimal("0.02")
    freshness_seconds: float = 60.0
    submit_timeout_seconds: float = 20.0
    """The adapter has deadlines of its own; this one is for an adapter that has lost its way."""
    settle_timeout_seconds: float = 30.0
    wave: int = 10
    """So many orders are sent at a time where they go one after another: each must reach the
    engine before its deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcome:
    """What became of one intent: denied, or an order with its fills so far."""

    intent: OrderIntent
    denied: Denied | None
    order: Order | None
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """One outcome for each intent, in their order."""

    outcomes: tuple[OrderOutcome, ...]
    balances_show_it: bool = False
    """True when the balances in memory show what the batch did: nobody need be asked for them."""

    @property
    def unknown(self) -> tuple[Order, ...]:
        """Orders whose outcome is still not known: the resolver goes on with them."""
        return tuple(
            outcome.order
            for outcome in self.outcomes
            if outcome.order is not None and outcome.order.status is OrderStatus.UNKNOWN
        )


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    """A batch on its way; who asked for it reads `news` until None ends it."""

    batch: tuple[OrderIntent, ...]
    news: asyncio.Queue[Order | None] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    result: BatchResult | None = None
    error: Exception | None = None


class Executor:
    """A long-lived part: every order of the process goes through `execute`.

    A batch belongs to the executor's own tasks: cancelling who asked for it cancels nothing.
    """

    def __init__(
        self,
        *,
        admission: Admission,
        sender: Sender,
        settlement: Settlement,
        journal: Journal,
        aftermath: Aftermath,
        in_flight: InFlight,
        on_abandoned: Callable[[], None],
        settings: ExecutionSettings,
    ) -> None:
        """Take the parts; `on_abandoned` has what a failed batch left behind looked after."""
        self._admission = admission
        self._sender = sender
        self._settlement = settlement
        self._journal = journal
        self._aftermath = aftermath
        self._in_flight = in_flight
        self._on_abandoned = on_abandoned
        self._settings = settings
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._unfinished: set[_Job] = set()
        self._is_running = False

    async def run(self) -> None:
        """Execute batches until cancelled; what was being sent then is settled by the journal."""
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    job = await self._jobs.get()
                    group.create_task(self._do(job, group.create_task))
        finally:
            self._is_running = False
            if self._unfinished:
                self._on_abandoned()
            for job in tuple(self._unfinished):
                self._finish(
                    job, OrderError("the executor stopped; /orders tells how far it came")
                )
            self._jobs = asyncio.Queue()

    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> BatchResult:
        """Place these orders and follow them until they are at rest or the time is over.

        `on_progress` is awaited in the caller's own task: it delays no order and, failing, harms
        none. Raises StorageUnavailable when nothing was sent because the journal could not be
        written, OrderError when the executor is not running.
        """
        if not self._is_running:
            raise OrderError("the executor is not running; nothing was sent")
        job = _Job(batch=tuple(batch))
        self._unfinished.add(job)
        self._jobs.put_nowait(job)
        while (order := await job.news.get()) is not None:
            if on_progress is not None:
                await on_progress(order)
        if job.error is not None:
            raise job.error
        if job.result is None:
            raise OrderError("the executor ended a batch without a result; /orders tells more")
        return job.result

    async def examine(self, batch: Sequence[OrderIntent]) -> tuple[Approved | Denied, ...]:
        """Say what would be approved and what denied now; nothing is sent."""
        return await self._admission.examine(batch)

    async def drain(self, *, within_seconds: float, venue: VenueName | None = None) -> bool:
        """Wait until nothing is under way, there or anywhere; False when the time ran out."""
        try:
            async with asyncio.timeout(within_seconds):
                while (job := self._job_at(venue)) is not None:
                    await job.ended.wait()
        except TimeoutError:
            return False
        return True

    def _job_at(self, venue: VenueName | None) -> _Job | None:
        """Return a batch that is under way and concerns the venue; None when there is none."""
        for job in self._unfinished:
            if venue is None or venue in {intent.venue for intent in job.batch}:
                return job
        return None

    async def _do(self, job: _Job, spawn: Spawn) -> None:
        error: Exception | None = None
        try:
            job.result = await self._execute(job, spawn)
        except Exception as failure:  # noqa: BLE001 - one batch must not take the others with it
            _log.exception("batch failed orders=%d", len(job.batch))
            error = failure
            self._on_abandoned()
        except asyncio.CancelledError:
            error = OrderError("the executor was stopped; /orders tells how far it came")
            raise
        finally:
            self._finish(job, error)

    def _finish(self, job: _Job, error: Exception | None) -> None:
        if job not in self._unfinished:
            return
        self._unfinished.discard(job)
        job.error = error
        job.news.put_nowait(None)
        job.ended.set()

    async def _execute(self, job: _Job, spawn: Spawn) -> BatchResult:
        ids: list[ClientOrderId] = []
        before = await self._aftermath.before({intent.venue for intent in job.batch})
        try:
            verdicts = await self._admission.admit(job.batch)
            waiting = [verdict for verdict in verdicts if isinstance(verdict, Order)]
            ids += [order.client_order_id for order in waiting]
            for order in waiting:
                job.news.put_nowait(order)
            with self._journal.following(waiting, job.news.put_nowait) as following:
                await self._sender.send(following, spawn)
                settled = await self._settlement.settle(
                    following, within_seconds=self._settings.settle_timeout_seconds
                )
        finally:
            self._in_flight.discard(ids)
        if any(order.status in _UNSENT_OR_UNHEARD for order in settled):
            self._on_abandoned()
        fills = following.fills()
        if fills is None:
            fills = await self._journal.fills_of(ids)
        shown = await self._aftermath.show(before, settled, fills)
        return BatchResult(
            outcomes=_outcomes(job.batch, verdicts, settled, fills), balances_show_it=shown
        )


def _outcomes(
    batch: Sequence[OrderIntent],
    verdicts: Sequence[Order | Denied],
    settled: Sequence[Order],
    fills: Sequence[Fill],
) -> tuple[OrderOutcome, ...]:
    outcomes: list[OrderOutcome] = []
    orders = iter(settled)
    for intent, verdict in zip(batch, verdicts, strict=True):
        if isinstance(verdict, Denied):
            outcome = OrderOutcome(intent=intent, denied=verdict, order=None, fills=())
        else:
            order = next(orders)
            own = tuple(fill for fill in fills if fill.client_order_id == order.client_order_id)
            outcome = OrderOutcome(intent=intent, denied=None, order=order, fills=own)
        outcomes.append(outcome)
    return tuple(outcomes)
