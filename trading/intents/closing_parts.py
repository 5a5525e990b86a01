"""Whom a closing works with, and what is asked of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trading.clock import Clock
from trading.intents.emergency import CancelAllOutcome
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import OnProgress
from trading.intents.rebalance_runner import RebalanceRunner
from trading.model.denial import Denied
from trading.model.identifiers import CorrelationId, VenueName
from trading.model.order import Order, OrderOrigin

WITHIN_SECONDS = 100.0


class Executor(Protocol):
    """What closing asks of the executor beside the runs themselves."""

    async def drain(self, *, within_seconds: float, venue: VenueName | None = None) -> bool: ...


class Settling(Protocol):
    """Whoever applies the venue's word to orders of the journal."""

    async def refresh(self, orders: Sequence[Order]) -> tuple[Order, ...]: ...


class Working(Protocol):
    """The journal's orders that can still spend something."""

    async def working(self, venue: VenueName | None = None) -> Sequence[Order]: ...


class Gate(Protocol):
    """The trading gate."""

    def permits(
        self, origin: OrderOrigin, *, reduces: bool, venue: VenueName | None = None
    ) -> Denied | None: ...

    async def halt(self, reason: str, by: str) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingParts:
    """Whom the intent works with."""

    gatherer: InputGatherer
    runner: RebalanceRunner
    executor: Executor
    settlement: Settling
    journal: Working
    gate: Gate
    cancel: Callable[[VenueName], Awaitable[CancelAllOutcome]]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRequest:
    """What is to be closed, by whom, and how long it may take."""

    venue: VenueName | None
    """None: every venue."""
    by: str
    correlation_id: CorrelationId
    halts: bool = True
    """Halt first, so that nothing buys back what is sold; the end of a process needs none."""
    within_seconds: float = WITHIN_SECONDS
    on_progress: OnProgress | None = None
