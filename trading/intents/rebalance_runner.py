"""Runs a plan from its first row in the database to its last, and ends what a crash left.

The row is committed before the first order. A crash in the middle leaves it `running`: at the
next start it is reconciled, reported and never continued unasked.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from storage.records import NewNotice, RunRow
from storage.runs import RunRepository
from trading.clock import Clock
from trading.errors import SteelyardError
from trading.intents.rebalance_accounts import (
    add_up,
    as_json,
    judge,
    order_line,
    plan_as_json,
    result_payload,
)
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import OnProgress, RunResult, RunStatus
from trading.intents.rebalance_run import Executor, PlanRun, RunContext
from trading.model.denial import Denied
from trading.model.identifiers import CorrelationId, RunId, VenueName
from trading.model.order import Order
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan, PlanRow
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.targets import RebalanceSettings, Targets

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A plan to run, under the rules it was made by."""

    plan: Plan
    allocation: VenueAllocation
    trigger: str
    correlation_id: CorrelationId
    on_progress: OnProgress | None = None


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

    async def recover(self) -> tuple[RunRow, ...]:
        """After reconciliation: end every run that the last process left, and report it."""
        ended = []
        for row in await self._runs.unfinished():
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
            ended.append(await self._end(row.run_id, RunStatus.INTERRUPTED, payload, tell=True))
        return tuple(ended)

    async def run(self, request: RunRequest) -> RunResult:
        """Run it; whatever stops it half way is in the result's problems."""
        plan = request.plan
        run_id = RunId(f"{plan.planned_at:%y%m%d%H%M%S}-{secrets.token_hex(3)}")
        started = self._clock.monotonic()
        await self._begin(run_id, request)
        run = PlanRun(
            RunContext(
                run_id=run_id,
                correlation_id=request.correlation_id,
                plan=plan,
                gather=lambda: self._gather(plan.venue, request.allocation),
                executor=self._executor,
                on_progress=request.on_progress,
            )
        )
        try:
            await run.execute()
        except SteelyardError as error:
            run.log.problems.append(f"the run stopped: {error}")
        rows = await self._rows_after(plan.venue, request.allocation)
        duration = self._clock.monotonic() - started
        result = _result(run, rows, duration)
        await self._end(
            run_id, result.status, result_payload(result), tell=request.trigger == SCHEDULE
        )
        return result

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
        self, venue: VenueName, allocation: VenueAllocation
    ) -> tuple[PlanRow, ...]:
        inputs = await self._gatherer.gather(venue, allocation.targets, allocation.settings)
        after = inputs if isinstance(inputs, Denied) else plan_rebalance(inputs)
        return () if isinstance(after, Denied) else after.rows

    async def _gather(self, venue: VenueName, allocation: VenueAllocation) -> PlanInputs | Denied:
        return await self._gatherer.gather(venue, allocation.targets, allocation.settings)


def _result(run: PlanRun, rows: tuple[PlanRow, ...], duration: float) -> RunResult:
    context = run.context
    totals = add_up(context.plan.base, run.log.orders)
    problems = (*run.log.problems, *totals.unpriced_fees)
    return RunResult(
        run_id=context.run_id,
        venue=context.plan.venue,
        base=context.plan.base,
        status=judge(context.plan, run.log.orders, problems),
        orders=tuple(run.log.orders),
        sold=totals.sold,
        bought=totals.bought,
        fees=totals.fees,
        slippage=totals.slippage,
        rows_after=rows,
        problems=problems,
        duration_seconds=duration,
        correlation_id=context.correlation_id,
    )
