"""Rebalancing: propose, confirm, run; by hand or by schedule, through one planner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from storage.records import RunRow
from storage.runs import RunRepository
from trading.clock import Clock
from trading.intents.rebalance_changes import what_changed
from trading.intents.rebalance_inputs import InputGatherer, Reading, first_fault, withhold
from trading.intents.rebalance_model import OnProgress, Proposal, RebalancePainter, RunResult
from trading.intents.rebalance_runner import (
    SCHEDULE,
    RebalanceRunner,
    RunRequest,
    VenueAllocation,
)
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, VenueName
from trading.model.order import OrderOrigin
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.targets import Targets

_log = logging.getLogger(__name__)


class Gate(Protocol):
    """The trading gate."""

    def permits(
        self, origin: OrderOrigin, *, reduces: bool, venue: VenueName | None = None
    ) -> Denied | None: ...

    def venue_refusal(self, venue: VenueName) -> Denied | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What signals make of a venue's targets; without any, the targets as they are."""

    targets: Targets
    withheld: Mapping[Asset, Denied] = field(default_factory=dict)
    """Assets on which nothing can be said now: they are not traded."""
    notes: tuple[str, ...] = ()


class Adviser(Protocol):
    """Moves targets within their bounds before they are planned by."""

    async def advise(self, venue: VenueName, targets: Targets) -> Advice: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceParts:
    """Whom the intent works with."""

    gatherer: InputGatherer
    runner: RebalanceRunner
    runs: RunRepository
    gate: Gate
    painter: RebalancePainter
    clock: Clock
    adviser: Adviser | None = None
    proposal_lifetime: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A proposal, and the targets and rules that it was made by."""

    proposal: Proposal
    allocation: VenueAllocation
    advised: VenueAllocation
    """The same with what signals made of the targets: what is planned and run by."""


class RebalanceIntents:
    """One run a venue at a time; proposals live in memory and die with the process."""

    def __init__(
        self, *, allocations: Mapping[VenueName, VenueAllocation], parts: RebalanceParts
    ) -> None:
        """Take the targets of each venue; a venue without any is never traded."""
        self._allocations = dict(allocations)
        self._parts = parts
        self._shown: dict[VenueName, _Planned] = {}
        self._locks = {venue: asyncio.Lock() for venue in allocations}

    @property
    def allocations(self) -> Mapping[VenueName, VenueAllocation]:
        """What is in force now."""
        return self._allocations

    def replace_allocations(self, allocations: Mapping[VenueName, VenueAllocation]) -> None:
        """Take new targets and rules; what was proposed under the old ones is void."""
        self._allocations = dict(allocations)
        self._shown.clear()
        for venue in allocations:
            self._locks.setdefault(venue, asyncio.Lock())

    async def propose(
        self, venue: VenueName | None, by: str, correlation_id: CorrelationId
    ) -> tuple[Proposal | Denied, ...]:
        """Sync, then plan, for one venue or for all of them at once; trades nothing."""
        chosen = tuple(self._allocations) if venue is None else (venue,)
        _log.info("rebalance proposed for by=%s correlation=%s", by, correlation_id)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._plan(one)) for one in chosen]
        except ExceptionGroup as faults:
            raise first_fault(faults) from faults
        found = [task.result() for task in tasks]
        return tuple(each if isinstance(each, Denied) else self._show(each) for each in found)

    async def look(self, venue: VenueName) -> Plan | Denied:
        """Return what a run would do now; what was proposed before stays as it was."""
        planned = await self._plan(venue, Reading.PUSHED)
        return planned if isinstance(planned, Denied) else planned.proposal.plan

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
        shown = self._shown.get(venue)
        lock = self._locks.get(venue)
        if lock is None:
            return _no_targets(venue)
        if lock.locked():
            return _running(venue)
        async with lock:
            fresh = await self._plan(venue, Reading.PUSHED)
            if isinstance(fresh, Denied):
                return fresh
            if shown is None or shown.proposal.plan_hash != plan_hash:
                return self._show(fresh, "that plan is gone: this is what holds now")
            changed = self._why_changed(shown, fresh)
            if changed is not None:
                return self._show(fresh, changed)
            if self._shown.get(venue) is shown:
                del self._shown[venue]
            return await self._run(fresh, f"manual:{by}", correlation_id, on_progress)

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
            planned = await self._plan(venue)
            if isinstance(planned, Denied):
                return planned
            plan = planned.proposal.plan
            if not plan.orders and not plan.limited_by:
                return None
            return await self._run(planned, SCHEDULE, correlation_id)

    async def history(self, limit: int) -> tuple[RunRow, ...]:
        """Return the newest runs."""
        return await self._parts.runs.recent(limit)

    async def _plan(self, venue: VenueName, reading: Reading = Reading.ASKED) -> _Planned | Denied:
        allocation = self._allocations.get(venue)
        if allocation is None:
            return _no_targets(venue)
        advice = await self._advice(venue, allocation.targets)
        advised = replace(allocation, targets=advice.targets)
        inputs = withhold(
            await self._parts.gatherer.gather(
                venue, advised.targets, advised.settings, reading=reading
            ),
            advice.withheld,
        )
        if self._allocations.get(venue) is not allocation:
            return Denied(
                code=DenialCode.PLAN_CHANGED,
                reason=f"{venue}: the configuration was reloaded meanwhile; ask again",
            )
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
            note="; ".join(filter(None, (*advice.notes, self._note(plan)))) or None,
        )
        return _Planned(proposal, allocation, advised)

    async def _advice(self, venue: VenueName, targets: Targets) -> Advice:
        adviser = self._parts.adviser
        return Advice(targets=targets) if adviser is None else await adviser.advise(venue, targets)

    def _note(self, plan: Plan) -> str | None:
        """Say what the state of trading leaves of the plan; None when it leaves all."""
        permits = self._parts.gate.permits
        refused = permits(OrderOrigin.REBALANCE, reduces=True, venue=plan.venue)
        if refused is not None:
            return f"cannot be run now: {refused}"
        reducing = permits(OrderOrigin.REBALANCE, reduces=False, venue=plan.venue)
        return None if reducing is None else f"sells into {plan.base} alone: {reducing}"

    def _show(self, planned: _Planned, note: str | None = None) -> Proposal:
        """Remember a proposal as the one that may be confirmed, and return it."""
        proposal = planned.proposal
        if note is not None:
            proposal = replace(
                proposal, note=note if proposal.note is None else f"{note}; {proposal.note}"
            )
        self._shown[proposal.venue] = replace(planned, proposal=proposal)
        return proposal

    def _why_changed(self, shown: _Planned, fresh: _Planned) -> str | None:
        if shown.allocation is not fresh.allocation:
            return "the targets or the rules changed: this is what holds now"
        return what_changed(shown.proposal, fresh.proposal, self._parts.clock.now())

    async def _run(
        self,
        planned: _Planned,
        trigger: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress | None = None,
    ) -> RunResult | Denied:
        plan = planned.proposal.plan
        refused = self._parts.gate.permits(OrderOrigin.REBALANCE, reduces=True, venue=plan.venue)
        if refused is not None:
            return refused
        if not plan.orders and plan.limited_by:
            return Denied(
                code=DenialCode.ABOVE_LIMIT,
                reason=f"{plan.venue}: {plan.limited_by} leaves no room for an order now",
            )
        if not plan.orders:
            return Denied(
                code=DenialCode.NOTHING_TO_BALANCE,
                reason=f"{plan.venue}: everything that can be traded is inside its band",
            )
        request = RunRequest(
            plan=plan,
            allocation=planned.advised,
            trigger=trigger,
            correlation_id=correlation_id,
            on_progress=on_progress,
        )
        return await self._parts.runner.run(request)

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
