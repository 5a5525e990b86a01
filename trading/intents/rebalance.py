"""Rebalancing: propose, confirm, run; by hand or by schedule, through one planner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from storage.records import RunRow
from storage.runs import RunRepository
from trading.clock import Clock
from trading.intents.rebalance_changes import what_changed
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import OnProgress, Painter, Proposal, RunResult
from trading.intents.rebalance_runner import (
    SCHEDULE,
    RebalanceRunner,
    RunRequest,
    VenueAllocation,
)
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import CorrelationId, VenueName
from trading.model.order import OrderOrigin
from trading.portfolio.rebalancer import plan_rebalance

_log = logging.getLogger(__name__)


class Gate(Protocol):
    """The trading gate."""

    def permits(self, origin: OrderOrigin, *, reduces: bool) -> Denied | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceParts:
    """Whom the intent works with."""

    gatherer: InputGatherer
    runner: RebalanceRunner
    runs: RunRepository
    gate: Gate
    painter: Painter
    clock: Clock
    proposal_lifetime: timedelta = timedelta(minutes=2)


class RebalanceIntents:
    """One run a venue at a time; proposals live in memory and die with the process."""

    def __init__(
        self, *, allocations: Mapping[VenueName, VenueAllocation], parts: RebalanceParts
    ) -> None:
        """Take the targets of each venue; a venue without any is never traded."""
        self._allocations = dict(allocations)
        self._parts = parts
        self._proposals: dict[VenueName, Proposal] = {}
        self._locks = {venue: asyncio.Lock() for venue in allocations}

    @property
    def allocations(self) -> Mapping[VenueName, VenueAllocation]:
        """What is in force now."""
        return self._allocations

    def replace_allocations(self, allocations: Mapping[VenueName, VenueAllocation]) -> None:
        """Take new targets and rules; what was proposed under the old ones is void."""
        self._allocations = dict(allocations)
        self._proposals.clear()
        for venue in allocations:
            self._locks.setdefault(venue, asyncio.Lock())

    async def propose(
        self, venue: VenueName | None, by: str, correlation_id: CorrelationId
    ) -> tuple[Proposal | Denied, ...]:
        """Sync, then plan, for one venue or for all of them at once; trades nothing."""
        chosen = tuple(self._allocations) if venue is None else (venue,)
        _log.info("rebalance proposed for by=%s correlation=%s", by, correlation_id)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._propose(one)) for one in chosen]
        return tuple(task.result() for task in tasks)

    async def picture(self, proposal: Proposal) -> bytes:
        """Draw the portfolio before and after."""
        return await self._parts.painter.rebalance(proposal)

    async def execute(
        self,
        venue: VenueName,
        plan_hash: str,
        by: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress | None = None,
    ) -> RunResult | Denied | Proposal:
        """Run what was confirmed; a plan that no longer holds comes back anew instead."""
        shown = self._proposals.get(venue)
        lock = self._locks.get(venue)
        if lock is None:
            return _no_targets(venue)
        if lock.locked():
            return _running(venue)
        async with lock:
            fresh = await self._propose(venue)
            if isinstance(fresh, Denied):
                return fresh
            if shown is None or shown.plan_hash != plan_hash:
                return replace(fresh, note="that plan is gone: this is what holds now")
            self._proposals.pop(venue, None)
            changed = what_changed(shown, fresh, self._parts.clock.now())
            if changed is not None:
                self._proposals[venue] = fresh
                return replace(fresh, note=changed)
            request = RunRequest(
                plan=fresh.plan,
                allocation=self._allocations[venue],
                trigger=f"manual:{by}",
                correlation_id=correlation_id,
                on_progress=on_progress,
            )
            return await self._run(request)

    async def run_scheduled(
        self, venue: VenueName, correlation_id: CorrelationId
    ) -> RunResult | Denied | None:
        """Plan and run without asking; None when everything is inside its band."""
        lock = self._locks.get(venue)
        if lock is None:
            return _no_targets(venue)
        if lock.locked():
            return _running(venue)
        async with lock:
            waiting = await self._cooling(venue)
            if waiting is not None:
                return waiting
            proposed = await self._propose(venue)
            if isinstance(proposed, Denied):
                return proposed
            if not proposed.plan.orders:
                return None
            self._proposals.pop(venue, None)
            request = RunRequest(
                plan=proposed.plan,
                allocation=self._allocations[venue],
                trigger=SCHEDULE,
                correlation_id=correlation_id,
            )
            return await self._run(request)

    async def history(self, limit: int) -> tuple[RunRow, ...]:
        """Return the newest runs."""
        return await self._parts.runs.recent(limit)

    async def _propose(self, venue: VenueName) -> Proposal | Denied:
        allocation = self._allocations.get(venue)
        if allocation is None:
            return _no_targets(venue)
        refused = self._parts.gate.permits(OrderOrigin.REBALANCE, reduces=True)
        inputs = await self._parts.gatherer.gather(venue, allocation.targets, allocation.settings)
        if isinstance(inputs, Denied):
            return inputs
        plan = plan_rebalance(inputs)
        if isinstance(plan, Denied):
            return plan
        age = inputs.balances.status.age_seconds
        proposal = Proposal(
            plan=plan,
            balances_source=str(inputs.balances.status.source),
            balances_age_seconds=age if age is not None else 0.0,
            expires_at=plan.planned_at + self._parts.proposal_lifetime,
            note=None if refused is None else f"cannot be run now: {refused}",
        )
        self._proposals[venue] = proposal
        return proposal

    async def _run(self, request: RunRequest) -> RunResult | Denied:
        refused = self._parts.gate.permits(OrderOrigin.REBALANCE, reduces=True)
        return refused if refused is not None else await self._parts.runner.run(request)

    async def _cooling(self, venue: VenueName) -> Denied | None:
        last = await self._parts.runs.latest(venue)
        if last is None or last.finished_at is None:
            return None
        until = last.finished_at + self._allocations[venue].cooldown
        if self._parts.clock.now() >= until:
            return None
        return Denied(
            code=DenialCode.COOLDOWN,
            reason=f"{venue}: the last run ended too recently",
            details={"until": until.isoformat(timespec="seconds")},
        )


def _no_targets(venue: VenueName) -> Denied:
    return Denied(
        code=DenialCode.NOT_IN_TARGETS,
        reason=f"{venue} has no targets: add [allocation.{venue}] to the configuration",
    )


def _running(venue: VenueName) -> Denied:
    return Denied(
        code=DenialCode.ALREADY_RUNNING, reason=f"{venue}: a rebalance is running already"
    )
