"""Runs a plan from its first row in the database to its last, and ends what was cut off.

The row is committed before the first order. A crash in the middle leaves it `running`: at the
next start it is reconciled, reported and never continued unasked. Where whoever asked for the
run is cancelled, or a fault stops it, the orders that were sent go on in the executor; nothing
more is sent, and the run ends here and now as interrupted, with a notice.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from storage.records import NewNotice, RunRow
from storage.runs import RunRepository
from trading.clock import Clock
from trading.errors import SteelyardError, StorageError
from trading.intents.rebalance_accounts import (
    add_up,
    as_json,
    judge,
    order_line,
    plan_as_json,
    result_payload,
)
from trading.intents.rebalance_inputs import InputGatherer, Reading
from trading.intents.rebalance_model import OnProgress, RunResult, RunStatus
from trading.intents.rebalance_orders import problem, take_up
from trading.intents.rebalance_progress import Progress
from trading.intents.rebalance_run import Executor, PlanRun, RunContext
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, CorrelationId, RunId, VenueName
from trading.model.order import Order, OrderOrigin
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan, PlanRow
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.targets import RebalanceSettings, Targets

_log = logging.getLogger(__name__)

SCHEDULE = "schedule"
"""The trigger of a run that nobody asked for."""

_UNFINISHED = frozenset({RunStatus.RUNNING.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAllocation:
    """What one venue should hold and the rules of getting there."""

    targets: Targets
    settings: RebalanceSettings
    cooldown: timedelta


class RunOrders(Protocol):
    """What the journal knows of a run."""

    async def of_run(self, run_id: RunId) -> Sequence[Order]: ...

    async def fills_of(self, ids: Collection[ClientOrderId]) -> tuple[Fill, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A plan to run, under the rules it was made by."""

    plan: Plan
    allocation: VenueAllocation
    trigger: str
    correlation_id: CorrelationId
    on_progress: OnProgress | None = None
    origin: OrderOrigin = OrderOrigin.REBALANCE


class RebalanceRunner:
    """Owns the rows of runs."""

    def __init__(
        self,
        *,
        gatherer: InputGatherer,
        executor: Executor,
        orders: RunOrders,
        runs: RunRepository,
        clock: Clock,
    ) -> None:
        """Take whom to work with."""
        self._gatherer = gatherer
        self._executor = executor
        self._orders = orders
        self._runs = runs
        self._clock = clock
        self._active: set[str] = set()
        self._unended: set[str] = set()

    async def recover(self) -> tuple[RunRow, ...]:
        """After reconciliation: end every run that the last process left, and report it."""
        rows = await self._runs.unfinished()
        return tuple(
            [await self._interrupt(row) for row in rows if row.run_id not in self._active]
        )

    async def run(self, request: RunRequest) -> RunResult:
        """Run it; whatever stops it half way is in the result's problems."""
        plan = request.plan
        run_id = RunId(f"{plan.planned_at:%y%m%d%H%M%S}-{secrets.token_hex(3)}")
        started = self._clock.monotonic()
        run = PlanRun(
            RunContext(
                run_id=run_id,
                correlation_id=request.correlation_id,
                plan=plan,
                gather=lambda reading: self._gather(plan.venue, request.allocation, reading),
                executor=self._executor,
                on_progress=Progress(request.on_progress),
                origin=request.origin,
            )
        )
        self._active.add(run_id)
        try:
            for cut_off in tuple(self._unended):
                await self._abandon(cut_off)
            await self._begin(run_id, request)
            await self._execute(run)
            rows = await self._rows_after(plan.venue, request.allocation, run.log.reading)
            result = _result(run, rows, self._clock.monotonic() - started)
            return await self._close(result, tell=request.trigger == SCHEDULE)
        except BaseException:
            await self._abandon(run_id)
            raise
        finally:
            self._active.discard(run_id)

    async def _execute(self, run: PlanRun) -> None:
        try:
            await run.execute()
        except SteelyardError as error:
            run.log.problems.append(f"the run stopped: {error}")
            await self._take_up(run)

    async def _take_up(self, run: PlanRun) -> None:
        """Ask the journal what became of orders whose batch failed: they may have traded."""
        log = run.log
        known = {each.order.client_order_id for each in log.orders if each.order is not None}
        try:
            for order in await self._orders.of_run(run.context.run_id):
                if order.client_order_id in known:
                    continue
                fills = await self._orders.fills_of((order.client_order_id,))
                done = take_up(log.on_the_way, order, fills)
                if done is not None:
                    log.orders.append(done)
                    log.problems.extend(words for words in (problem(done),) if words)
        except StorageError as error:
            log.problems.append(f"what it had sent could not be read, /orders tells: {error}")

    async def _close(self, result: RunResult, *, tell: bool) -> RunResult:
        """Write the end down; what cannot be written is still told to who asked."""
        try:
            await self._end(result.run_id, result.status, result_payload(result), tell=tell)
        except StorageError as error:
            _log.critical("end of run not written down run=%s error=%s", result.run_id, error)
            self._unended.add(result.run_id)
            words = f"its end could not be written down: {error}"
            return replace(result, problems=(*result.problems, words))
        return result

    async def _abandon(self, run_id: str) -> None:
        """End a run that was cut off; never raises more than a cancellation."""
        self._unended.add(run_id)
        try:
            row = await self._runs.get(run_id)
            if row is not None and row.finished_at is None:
                await self._interrupt(row)
        except StorageError as error:
            _log.critical("cut off run not ended run=%s error=%s", run_id, error)
            return
        self._unended.discard(run_id)

    async def _interrupt(self, row: RunRow) -> RunRow:
        orders = await self._orders.of_run(RunId(row.run_id))
        payload: dict[str, object] = {
            "run_id": row.run_id,
            "venue": row.venue,
            "base": row.base,
            "trigger": row.trigger,
            "started_at": (row.started_at or row.created_at).isoformat(),
            "correlation_id": row.correlation_id,
            "orders": [order_line(order) for order in orders],
        }
        return await self._end(row.run_id, RunStatus.INTERRUPTED, payload, tell=True)

    async def _begin(self, run_id: RunId, request: RunRequest) -> None:
        plan = request.plan
        now = self._clock.now()
        await self._runs.insert(
            RunRow(
                run_id=run_id,
                venue=plan.venue,
                trigger=request.trigger,
                status=RunStatus.RUNNING.value,
                plan=plan_as_json(plan),
                plan_hash=plan.hash,
                base=plan.base,
                correlation_id=request.correlation_id,
                created_at=now,
                started_at=now,
                finished_at=None,
                outcome=None,
            )
        )

    async def _end(
        self, run_id: str, status: RunStatus, payload: dict[str, object], *, tell: bool
    ) -> RunRow:
        kind = "run_interrupted" if status is RunStatus.INTERRUPTED else "run_finished"
        text = as_json(payload)
        notice = NewNotice(kind=kind, payload=text, chat_id=None, dedupe_key=f"{kind}:{run_id}")
        return await self._runs.move(
            run_id,
            _UNFINISHED,
            status.value,
            finished_at=self._clock.now(),
            outcome=text,
            notices=(notice,) if tell else (),
        )

    async def _rows_after(
        self, venue: VenueName, allocation: VenueAllocation, reading: Reading
    ) -> tuple[PlanRow, ...]:
        try:
            inputs = await self._gather(venue, allocation, reading)
        except SteelyardError as error:
            _log.warning("weights after the run not known venue=%s error=%s", venue, error)
            return ()
        after = inputs if isinstance(inputs, Denied) else plan_rebalance(inputs)
        return () if isinstance(after, Denied) else after.rows

    async def _gather(
        self, venue: VenueName, allocation: VenueAllocation, reading: Reading
    ) -> PlanInputs | Denied:
        return await self._gatherer.gather(
            venue, allocation.targets, allocation.settings, reading=reading
        )


def _result(run: PlanRun, rows: tuple[PlanRow, ...], duration: float) -> RunResult:
    context = run.context
    totals = add_up(context.plan.base, run.log.orders)
    return RunResult(
        run_id=context.run_id,
        venue=context.plan.venue,
        base=context.plan.base,
        status=judge(context.plan, run.log.orders, run.log.problems),
        orders=tuple(run.log.orders),
        sold=totals.sold,
        bought=totals.bought,
        fees=totals.fees,
        slippage=totals.slippage,
        rows_after=rows,
        problems=(*dict.fromkeys(run.log.problems), *totals.unpriced_fees),
        duration_seconds=duration,
        correlation_id=context.correlation_id,
    )
