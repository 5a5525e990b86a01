"""Closing: everything that can be spent is sold into the base currency, through the one planner.

Open orders are cancelled first, since they lock what is to be sold. Nothing is bought, no band
and no limit of a run counts, and a halt does not stop it: it is the owner's own, confirmed.
`trading_enabled = false` refuses it like everything else that trades.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from trading.errors import CommandError, SteelyardError, StorageError, VenueError
from trading.intents.closing import (
    AssetClosing,
    Closeable,
    ClosingPreview,
    ClosingRules,
    VenueClosing,
    asset_closings,
    closeable,
    plan_closing,
    refusals_of,
)
from trading.intents.closing_parts import ClosingParts, ClosingRequest
from trading.intents.rebalance_model import RunResult
from trading.intents.rebalance_runner import RunRequest, VenueAllocation
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, VenueName
from trading.model.order import OrderOrigin
from trading.portfolio.plan import Plan

_log = logging.getLogger(__name__)

CLOSE_ALL = "close all"
"""The trigger of its runs."""
_PASSES = 3
"""A market can leave the limits of a plan: so often a fresh one is made of what is left."""
_DRAIN_SECONDS = 10.0
_PREVIEW_SECONDS = 15.0


@dataclass(slots=True, kw_only=True)
class _Closing:
    """One venue under way; whatever cuts it off, what was found so far is told."""

    venue: VenueName
    rules: ClosingRules
    request: ClosingRequest
    begun: float
    cancelled: int | None = None
    before: VenueBalances | None = None
    after: VenueBalances | None = None
    results: list[RunResult] = field(default_factory=list)
    refusals: dict[Asset, Denied] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    refused: Denied | None = None


class CloseAllIntents:
    """One closing a venue at a time."""

    def __init__(self, *, rules: Mapping[VenueName, ClosingRules], parts: ClosingParts) -> None:
        """Take the rules of every venue there is, one without targets too."""
        self._rules = dict(rules)
        self._parts = parts
        self._busy: set[VenueName] = set()

    def replace_rules(self, rules: Mapping[VenueName, ClosingRules]) -> None:
        """Put what a reload found in force."""
        self._rules = dict(rules)

    async def propose(self, venue: VenueName | None) -> tuple[ClosingPreview, ...]:
        """Say what would be sold now; what cannot be found out in time is said instead."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._preview(one)) for one in self._chosen(venue)]
        return tuple(task.result() for task in tasks)

    async def execute(self, request: ClosingRequest) -> tuple[VenueClosing, ...]:
        """Cancel and sell everything; each venue fails alone, and says what it did in any case."""
        chosen = self._chosen(request.venue)
        _log.warning("close all asked by=%s correlation=%s", request.by, request.correlation_id)
        # A venue that takes no orders still has the open ones cancelled: each asset says the rest.
        refused = self._parts.gate.permits(OrderOrigin.CLOSE_ALL, reduces=True)
        if refused is None and request.halts:
            await self._parts.gate.halt(CLOSE_ALL, request.by)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._close(one, request, refused)) for one in chosen]
        return tuple(task.result() for task in tasks)

    def _chosen(self, venue: VenueName | None) -> tuple[VenueName, ...]:
        if venue is None:
            return tuple(self._rules)
        if venue not in self._rules:
            known = ", ".join(self._rules) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
        return (venue,)

    async def _preview(self, venue: VenueName) -> ClosingPreview:
        rules = self._rules[venue]
        unseen = ClosingPreview(venue=venue, base=rules.base, plan=None)
        refused = self._parts.gate.permits(OrderOrigin.CLOSE_ALL, reduces=True, venue=venue)
        if refused is not None:
            return replace(unseen, refused=str(refused))
        try:
            async with asyncio.timeout(_PREVIEW_SECONDS):
                found = await self._look(venue, rules)
        except (SteelyardError, TimeoutError) as error:
            why = str(error) or f"{venue} did not answer within {_PREVIEW_SECONDS:.0f} s"
            return replace(unseen, unknown=why)
        except Exception:  # noqa: BLE001 - a border: what is known of the others is still shown
            _log.exception("closing not planned venue=%s", venue)
            return replace(unseen, unknown="an error in the bot; the log has it")
        if isinstance(found, Denied):
            return replace(unseen, unknown=str(found))
        seen = replace(
            unseen,
            left_out=found.left_out,
            held_elsewhere=found.inputs.balances.held_elsewhere,
        )
        plan = plan_closing(found)
        if isinstance(plan, Denied):
            is_nothing = plan.code is DenialCode.NOTHING_TO_BALANCE
            return seen if is_nothing else replace(seen, unknown=str(plan))
        return replace(seen, plan=plan, left_out=refusals_of(plan, found))

    async def _close(
        self, venue: VenueName, request: ClosingRequest, refused: Denied | None
    ) -> VenueClosing:
        closing = _Closing(
            venue=venue,
            rules=self._rules[venue],
            request=request,
            begun=self._parts.clock.monotonic(),
            refused=refused,
        )
        if venue in self._busy:
            closing.refused = Denied(
                code=DenialCode.ALREADY_RUNNING, reason=f"{venue} is being closed already"
            )
        if closing.refused is not None:
            return self._ended(closing)
        self._busy.add(venue)
        try:
            async with asyncio.timeout(request.within_seconds):
                await self._close_now(closing)
        except TimeoutError:
            closing.problems.append(
                f"not finished within {request.within_seconds:.0f} s; what was sent goes on, "
                "/orders shows it"
            )
        except SteelyardError as error:
            closing.problems.append(str(error))
        except Exception:  # noqa: BLE001 - a border: one venue's fault must not end the others
            _log.exception("close all broke off venue=%s", venue)
            closing.problems.append(
                "an error in the bot broke the closing off here; the log has it. What was sent "
                "goes on, /orders shows it; ask again, or sell at the venue itself"
            )
        finally:
            self._busy.discard(venue)
        return self._ended(closing)

    async def _close_now(self, closing: _Closing) -> None:
        await self._free_what_is_locked(closing)
        for number in range(_PASSES + 1):
            found = await self._look(closing.venue, closing.rules)
            if isinstance(found, Denied):
                self._cut_short(closing, found)
                return
            closing.before = closing.before or found.inputs.balances
            closing.after = found.inputs.balances
            plan = self._plan(closing, found)
            # The last look only tells what is left, and why.
            if plan is None or number == _PASSES:
                return
            closing.after = None
            await self._sell(closing, found, plan)

    def _cut_short(self, closing: _Closing, why: Denied) -> None:
        if closing.before is None:
            closing.refused = why
        else:
            closing.problems.append(str(why))

    async def _free_what_is_locked(self, closing: _Closing) -> None:
        """Cancel at the venue, then have the journal learn what became of its orders."""
        venue = closing.venue
        outcome = await self._parts.cancel(venue)
        closing.cancelled = outcome.cancelled
        if outcome.error is not None:
            closing.problems.append(f"open orders may still lock something: {outcome.error}")
        await self._parts.executor.drain(within_seconds=_DRAIN_SECONDS, venue=venue)
        try:
            await self._parts.settlement.refresh(await self._parts.journal.working(venue))
        except (StorageError, VenueError) as error:
            closing.problems.append(f"cancelled orders are not settled yet: {error}")

    def _plan(self, closing: _Closing, found: Closeable) -> Plan | None:
        """Return what can still be sold; None when nothing can, with the reasons kept."""
        closing.refusals = dict(found.left_out)
        plan = plan_closing(found)
        if isinstance(plan, Denied):
            if plan.code is not DenialCode.NOTHING_TO_BALANCE:
                closing.problems.append(str(plan))
            return None
        closing.refusals = refusals_of(plan, found)
        return plan if plan.orders else None

    async def _sell(self, closing: _Closing, found: Closeable, plan: Plan) -> None:
        request = closing.request
        allocation = VenueAllocation(
            targets=found.inputs.targets,
            settings=found.inputs.settings,
            cooldown=timedelta(0),
        )
        result = await self._parts.runner.run(
            RunRequest(
                plan=plan,
                allocation=allocation,
                trigger=f"{CLOSE_ALL}: {request.by}",
                correlation_id=request.correlation_id,
                on_progress=request.on_progress,
                origin=OrderOrigin.CLOSE_ALL,
            )
        )
        closing.results.append(result)

    async def _look(self, venue: VenueName, rules: ClosingRules) -> Closeable | Denied:
        inputs = await self._parts.gatherer.gather_for(venue, rules.targets, rules.settings)
        return inputs if isinstance(inputs, Denied) else closeable(inputs)

    def _ended(self, closing: _Closing) -> VenueClosing:
        assets = () if closing.before is None else _assets(closing, closing.before)
        clock = self._parts.clock
        return VenueClosing(
            venue=closing.venue,
            base=closing.rules.base,
            cancelled=closing.cancelled,
            assets=assets,
            held_elsewhere={} if closing.before is None else closing.before.held_elsewhere,
            brought=sum((each.brought for each in assets), Decimal(0)),
            fees=sum((each.fees for each in closing.results), Decimal(0)),
            problems=tuple(dict.fromkeys(closing.problems)),
            refused=closing.refused,
            finished_at=clock.now(),
            duration_seconds=clock.monotonic() - closing.begun,
        )


def _assets(closing: _Closing, before: VenueBalances) -> tuple[AssetClosing, ...]:
    return asset_closings(
        before,
        closing.rules,
        closing.results,
        after=closing.after,
        refusals=closing.refusals,
    )
