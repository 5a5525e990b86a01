"""Repair: everything that can be begun afresh is, each step with its own deadline and outcome.

Safe at any time, twice, and during a rebalance: nothing is sold, bought or cancelled, and a
second one joins the first. A step that fails does not stop the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol

from trading.balances.shared_calls import SharedCalls
from trading.clock import Clock
from trading.errors import CommandError, SteelyardError
from trading.intents.repair_steps import Detail, RepairSteps, Skipped
from trading.model.identifiers import CorrelationId, VenueName

_log = logging.getLogger(__name__)

_TELL_SECONDS = 5.0


class StepOutcome(StrEnum):
    """How one step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairLine:
    """One step at one venue."""

    venue: VenueName
    step: str
    outcome: StepOutcome
    detail: str
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRepair:
    """How repairing one venue went, step by step in the order in which they ended."""

    venue: VenueName
    lines: tuple[RepairLine, ...]
    duration_seconds: float

    @property
    def is_well(self) -> bool:
        """True when no step failed."""
        return all(line.outcome is not StepOutcome.FAILED for line in self.lines)


OnStep = Callable[[RepairLine], Awaitable[None]]


class Steps(Protocol):
    """What is done at one venue; each raises a fault with its reason, or says what it found."""

    async def breakers(self, venue: VenueName, by: str) -> Detail: ...
    async def clock_and_nonce(self, venue: VenueName) -> Detail: ...
    async def streams(self, venue: VenueName) -> Detail: ...
    async def orders(self, venue: VenueName, correlation_id: CorrelationId) -> Detail: ...
    async def balances(self, venue: VenueName, since: float) -> Detail: ...
    async def verify(self, venue: VenueName) -> Detail: ...


_DEADLINES: Mapping[str, float] = {
    "breakers": 3.0,
    "clock and nonce": 6.0,
    "streams": 10.0,
    "orders": 25.0,
    "balances": 12.0,
    "verify": 3.0,
}
"""A repair is over within the sum of these, whatever hangs."""


@dataclass(slots=True)
class _Watched:
    """A repair under way: what it has told, and who wants to hear the rest."""

    lines: list[RepairLine]
    listeners: list[OnStep]


class RepairIntents:
    """One repair a venue at a time; who asks meanwhile hears the one that runs."""

    def __init__(self, *, venues: tuple[VenueName, ...], steps: RepairSteps, clock: Clock) -> None:
        """Take the venues and what can be done at them."""
        self._venues = venues
        self._steps: Steps = steps
        self._clock = clock
        self._calls: SharedCalls[VenueName, VenueRepair] = SharedCalls()
        self._watched: dict[VenueName, _Watched] = {}

    async def repair(
        self,
        venue: VenueName | None,
        by: str,
        correlation_id: CorrelationId,
        on_step: OnStep | None = None,
    ) -> tuple[VenueRepair, ...]:
        """Repair one venue, or all at once."""
        chosen = self._chosen(venue)
        _log.warning("repair asked by=%s correlation=%s", by, correlation_id)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._joined(one, by, correlation_id, on_step)) for one in chosen
            ]
        return tuple(task.result() for task in tasks)

    async def verify(self, venue: VenueName | None) -> tuple[RepairLine, ...]:
        """Look at everything and say what is not as it should be; asks no venue."""
        return tuple(
            [
                await self._tried(one, "verify", partial(self._steps.verify, one))
                for one in self._chosen(venue)
            ]
        )

    def _chosen(self, venue: VenueName | None) -> tuple[VenueName, ...]:
        if venue is None:
            return self._venues
        if venue not in self._venues:
            known = ", ".join(self._venues) or "none"
            raise CommandError(f"there is no venue called {venue}; known: {known}")
        return (venue,)

    async def _joined(
        self, venue: VenueName, by: str, correlation_id: CorrelationId, on_step: OnStep | None
    ) -> VenueRepair:
        watched = self._watched.setdefault(venue, _Watched([], []))
        if on_step is not None:
            for line in tuple(watched.lines):
                await _tell(on_step, line)
            watched.listeners.append(on_step)

        async def lead() -> VenueRepair:
            """Run it; whoever led before and was cancelled has taken his listeners along."""
            watched = self._watched.setdefault(venue, _Watched([], []))
            if on_step is not None and on_step not in watched.listeners:
                watched.listeners.append(on_step)
            return await self._repair(venue, by, correlation_id, watched)

        return await self._calls.current(venue, lead)

    async def _repair(
        self, venue: VenueName, by: str, correlation_id: CorrelationId, watched: _Watched
    ) -> VenueRepair:
        began = self._clock.monotonic()
        steps = self._steps
        try:
            await self._step(venue, "breakers", lambda: steps.breakers(venue, by))
            await self._step(venue, "clock and nonce", lambda: steps.clock_and_nonce(venue))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._step(venue, "streams", lambda: steps.streams(venue)))
                group.create_task(self._orders_and_balances(venue, correlation_id, began))
            await self._step(venue, "verify", lambda: steps.verify(venue))
        finally:
            self._watched.pop(venue, None)
        return VenueRepair(
            venue=venue,
            lines=tuple(watched.lines),
            duration_seconds=self._clock.monotonic() - began,
        )

    async def _orders_and_balances(
        self, venue: VenueName, correlation_id: CorrelationId, began: float
    ) -> None:
        """Orders first, as at a start: reconciling them reads the balances too."""
        steps = self._steps
        await self._step(venue, "orders", lambda: steps.orders(venue, correlation_id))
        await self._step(venue, "balances", lambda: steps.balances(venue, began))

    async def _step(
        self, venue: VenueName, name: str, act: Callable[[], Awaitable[Detail]]
    ) -> None:
        line = await self._tried(venue, name, act)
        watched = self._watched[venue]
        watched.lines.append(line)
        for listener in tuple(watched.listeners):
            if not await _tell(listener, line):
                watched.listeners.remove(listener)

    async def _tried(
        self, venue: VenueName, name: str, act: Callable[[], Awaitable[Detail]]
    ) -> RepairLine:
        """Do it within its deadline, and say how it ended, whatever that was."""
        began = self._clock.monotonic()
        deadline = _DEADLINES[name]
        outcome = StepOutcome.DONE
        try:
            async with asyncio.timeout(deadline):
                detail: str = await act()
        except Skipped as skipped:
            outcome, detail = StepOutcome.SKIPPED, str(skipped)
        except SteelyardError as error:
            outcome, detail = StepOutcome.FAILED, str(error)
        except TimeoutError:
            outcome, detail = StepOutcome.FAILED, f"no answer within {deadline:g} s"
        _log.warning("repair venue=%s step=%s outcome=%s: %s", venue, name, outcome, detail)
        return RepairLine(
            venue=venue,
            step=name,
            outcome=outcome,
            detail=detail,
            duration_seconds=self._clock.monotonic() - began,
        )


async def _tell(listener: OnStep, line: RepairLine) -> bool:
    """Tell who watches; False when it fails or hangs, and the repair goes on without."""
    try:
        async with asyncio.timeout(_TELL_SECONDS):
            await listener(line)
    except Exception:  # noqa: BLE001 - nobody's way of looking on may end a repair
        _log.exception("repair step not told step=%s", line.step)
        return False
    return True
