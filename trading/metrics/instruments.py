"""The meter of prometheus-client, on a registry of its own.

The words that a label may be are fixed here when it is made: whatever else comes is counted as
"other", so that nobody can make new series, whatever he types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Histogram

from trading.clock import Clock
from trading.errors import SteelyardError
from trading.metrics import catalogue
from trading.metrics.families import Family
from trading.metrics.meter import (
    CallOutcome,
    CommandOutcome,
    Endpoint,
    MeasuredCall,
    fault_kind,
)
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus

OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Every word that a label may be, where no enumeration says so already."""

    venues: frozenset[str]
    commands: frozenset[str]
    jobs: frozenset[str]


class Instruments:
    """Satisfies `trading.metrics.meter.Meter`."""

    def __init__(self, *, registry: CollectorRegistry, bounds: Bounds, clock: Clock) -> None:
        """Make every instrument in the registry."""
        self.registry = registry
        self._bounds = bounds
        self._clock = clock
        self._commands = _counter(catalogue.COMMANDS, registry)
        self._command_duration = _histogram(catalogue.COMMAND_DURATION, registry)
        self._calls = _counter(catalogue.VENUE_CALLS, registry)
        self._call_errors = _counter(catalogue.VENUE_CALL_ERRORS, registry)
        self._call_duration = _histogram(catalogue.VENUE_CALL_DURATION, registry)
        self._order_changes = _counter(catalogue.ORDER_CHANGES, registry)
        self._fills = _counter(catalogue.FILLS, registry)
        self._questions = _counter(catalogue.BALANCE_QUESTIONS, registry)
        self._job_runs = _counter(catalogue.JOB_RUNS, registry)
        self._job_duration = _histogram(catalogue.JOB_DURATION, registry)
        self._job_lateness = _histogram(catalogue.JOB_LATENESS, registry)
        self._lag = _histogram(catalogue.LOOP_LAG, registry)
        self._writes = _histogram(catalogue.WRITE_DURATION, registry)
        self._write_failures = _counter(catalogue.WRITE_FAILURES, registry)

    def venue_call(
        self, venue: VenueName, endpoint: Endpoint
    ) -> AbstractContextManager[MeasuredCall]:
        return _Call(self, _bounded(venue, self._bounds.venues), endpoint, self._clock)

    def called(self, call: _Call, outcome: CallOutcome, fault: BaseException | None) -> None:
        """Count a call that is over."""
        self._calls.labels(call.venue, call.endpoint, outcome).inc()
        if fault is not None:
            self._call_errors.labels(call.venue, call.endpoint, fault_kind(fault)).inc()
        if outcome is not CallOutcome.NOT_ASKED:
            self._call_duration.labels(call.venue, call.endpoint).observe(call.seconds)

    def command(self, name: str, outcome: CommandOutcome, seconds: float) -> None:
        name = _bounded(name, self._bounds.commands)
        self._commands.labels(name, outcome).inc()
        self._command_duration.labels(name).observe(seconds)

    def order_changed(self, venue: VenueName, status: OrderStatus) -> None:
        self._order_changes.labels(_bounded(venue, self._bounds.venues), status).inc()

    def fill(self, venue: VenueName, side: Side) -> None:
        self._fills.labels(_bounded(venue, self._bounds.venues), side).inc()

    def balances_questioned(self, venue: VenueName) -> None:
        self._questions.labels(_bounded(venue, self._bounds.venues)).inc()

    def job_begun(self, job: str, *, late_seconds: float) -> None:
        self._job_lateness.labels(_bounded(job, self._bounds.jobs)).observe(late_seconds)

    def job_ended(self, job: str, seconds: float, *, failed: bool) -> None:
        job = _bounded(job, self._bounds.jobs)
        self._job_runs.labels(job, "failed" if failed else "done").inc()
        self._job_duration.labels(job).observe(seconds)

    def loop_lag(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def write(self, seconds: float, *, failed: bool) -> None:
        self._writes.observe(seconds)
        if failed:
            self._write_failures.inc()


class _Call:
    """One call under way; how it ends is read off what leaves the block."""

    def __init__(
        self, instruments: Instruments, venue: str, endpoint: Endpoint, clock: Clock
    ) -> None:
        self.venue = venue
        self.endpoint = endpoint
        self.seconds = 0.0
        self._instruments = instruments
        self._clock = clock
        self._is_asked = False
        self._fault: SteelyardError | None = None

    def asked(self) -> None:
        self._is_asked = True

    def failed(self, fault: SteelyardError) -> None:
        self._fault = fault

    def __enter__(self) -> Self:
        self.seconds = -self._clock.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.seconds += self._clock.monotonic()
        fault = error or self._fault
        if isinstance(error, asyncio.CancelledError):
            self._instruments.called(self, CallOutcome.ABANDONED, None)
        elif not self._is_asked:
            self._instruments.called(self, CallOutcome.NOT_ASKED, None)
        elif fault is not None:
            self._instruments.called(self, CallOutcome.FAILED, fault)
        else:
            self._instruments.called(self, CallOutcome.ANSWERED, None)


def _bounded(word: str, words: Collection[str]) -> str:
    return word if word in words else OTHER


def _counter(family: Family, registry: CollectorRegistry) -> Counter:
    return Counter(family.name, family.about, family.labels, registry=registry)


def _histogram(family: Family, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        family.name, family.about, family.labels, buckets=family.buckets, registry=registry
    )
