"""The opening of a process: reconcile, report what the last one left, then let jobs begin."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from storage.records import RunRow
from trading.clock import Clock
from trading.orders.reconciler import ReconcileReport, VenueReconciliation
from trading.workflow.faults import innermost
from trading.workflow.herald import Herald

_log = logging.getLogger(__name__)

_STOPPED = "process.stopped_at"
_STARTED = "process.started_at"
_PATIENCE_SECONDS = 5.0


class Facts(Protocol):
    """Small facts by name."""

    async def get(self, key: str) -> str | None: ...
    async def put(self, key: str, value: str) -> None: ...


class Reconciling(Protocol):
    """The reconciler's first pass."""

    async def start_up(self) -> ReconcileReport: ...


class Recovering(Protocol):
    """Ends the runs of the last process."""

    async def recover(self) -> tuple[RunRow, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """How the last process ended."""

    is_first: bool
    was_clean: bool


class Opening:
    """A part that does its work once and then rests: `run` returns only by cancellation."""

    def __init__(
        self,
        *,
        reconciler: Reconciling,
        runs: Recovering,
        facts: Facts,
        herald: Herald,
        begin: Callable[[], None],
        clock: Clock,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """`begin` lets the jobs start: after the first reconciliation, but no later than that."""
        self._patience_seconds = patience_seconds
        self._has_begun = False
        self._reconciler = reconciler
        self._runs = runs
        self._facts = facts
        self._herald = herald
        self._begin = begin
        self._clock = clock
        self._is_done = False
        self._before: _Before | None = None
        self._report: ReconcileReport | None = None

    async def run(self) -> None:
        """Open, then wait for ever; a second call after a failure goes on where it was."""
        if not self._is_done:
            await self._open()
            self._is_done = True
        while True:
            await self._clock.sleep(3600.0)

    async def closed(self) -> None:
        """Write down that the process ended as it should."""
        await self._facts.put(_STOPPED, self._clock.now().isoformat())

    async def _open(self) -> None:
        if self._before is None:
            self._before = await self._look_back()
        if self._report is None:
            self._report = await self._reconciled()
        interrupted = await self._runs.recover()
        self._begin_jobs()
        await self._herald.tell(
            "started",
            {
                "is_first": self._before.is_first,
                "was_clean": self._before.was_clean,
                "runs_interrupted": [row.run_id for row in interrupted],
                "venues": [_findings(each) for each in self._report.venues],
            },
        )
        _log.info("opened was_clean=%s interrupted=%d", self._before.was_clean, len(interrupted))

    async def _reconciled(self) -> ReconcileReport:
        """Reconcile; a venue that hangs keeps the jobs of no other waiting.

        To one that is not reconciled nothing is sent, whatever its own jobs are up to.
        """
        try:
            async with asyncio.TaskGroup() as group:
                report = group.create_task(self._reconciler.start_up())
                await asyncio.wait((report,), timeout=self._patience_seconds)
                if not report.done():
                    self._begin_jobs()
        except ExceptionGroup as faults:
            raise innermost(faults) from faults
        return report.result()

    def _begin_jobs(self) -> None:
        if not self._has_begun:
            self._begin()
            self._has_begun = True

    async def _look_back(self) -> _Before:
        """Read how the last process ended, and take its mark away: this one must earn its own."""
        started = await self._facts.get(_STARTED)
        stopped = await self._facts.get(_STOPPED)
        await self._facts.put(_STOPPED, "")
        await self._facts.put(_STARTED, self._clock.now().isoformat())
        return _Before(is_first=started is None, was_clean=started is None or bool(stopped))


def _findings(found: VenueReconciliation) -> dict[str, object]:
    return {
        "venue": found.venue,
        "error": found.error,
        "changed": [
            {"client_order_id": order.client_order_id, "status": order.status.value}
            for order in found.changed
        ],
        "adopted": len(found.adopted),
        "fills": len(found.fills),
        "unknown": [order.client_order_id for order in found.unknown],
        "problems": list(found.problems),
    }
