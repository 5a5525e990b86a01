"""Keeps the long-lived parts alive: a part that dies or returns is started again with backoff.

A TaskGroup alone would let one failure cancel all; here each part lives in a shell of its own
inside the group. What stops a part for good is only the cancellation of the whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from trading.clock import Clock
from trading.workflow.faults import innermost

_log = logging.getLogger(__name__)

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """How one part does; `since` is when it began to do so."""

    name: str
    is_running: bool
    since: datetime
    restarts: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds before the next start; a part that ran well for so long starts from the first."""

    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    well_after_seconds: float = 60.0
    trouble_after: int = 3
    """So many falls in a row are trouble that the owner is told of, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTrouble:
    """A part keeps falling (`is_over` False), or has run well again since (True)."""

    name: str
    error: str | None
    falls: int
    is_over: bool


OnTrouble = Callable[[PartTrouble], Awaitable[None]]


class Supervisor:
    """Runs every part until cancelled."""

    def __init__(
        self,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        on_trouble: OnTrouble,
        backoff: Backoff | None = None,
    ) -> None:
        """`jitter` returns a factor around 1, so that parts do not fall in step."""
        self._clock = clock
        self._jitter = jitter
        self._on_trouble = on_trouble
        self._backoff = backoff or Backoff()
        self._parts: dict[str, Part] = {}
        self._states: dict[str, PartState] = {}

    def add(self, name: str, part: Part) -> None:
        """Take a part; ValueError when the name is taken."""
        if name in self._parts:
            raise ValueError(f"there are two parts called {name}")
        self._parts[name] = part

    @property
    def states(self) -> Mapping[str, PartState]:
        """How each part does now."""
        return dict(self._states)

    async def run(self) -> None:
        """Run all parts; returns only by cancellation."""
        async with asyncio.TaskGroup() as group:
            for name, part in self._parts.items():
                group.create_task(self._keep(name, part), name=name)

    async def _keep(self, name: str, part: Part) -> None:
        falls = 0
        while True:
            started = self._clock.monotonic()
            self._set(
                PartState(name=name, is_running=True, since=self._clock.now(), restarts=falls)
            )
            error = await self._run_once(name, part, falls)
            well = self._clock.monotonic() - started >= self._backoff.well_after_seconds
            falls = 1 if well else falls + 1
            if falls == self._backoff.trouble_after:
                await self._tell(PartTrouble(name=name, error=error, falls=falls, is_over=False))
            await self._wait(name, falls, error)

    async def _run_once(self, name: str, part: Part, falls: int) -> str:
        """Run a part to its end and say why it ended."""
        try:
            if falls < self._backoff.trouble_after:
                await part()
            else:
                await self._run_watched(name, part, falls)
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            _log.exception("part fell to a cancellation that nobody asked for part=%s", name)
            return _words(error)
        except Exception as error:  # noqa: BLE001 - a border: one part must not end the others
            _log.exception("part fell part=%s", name)
            return _words(error)
        _log.error("part returned although it should run for ever part=%s", name)
        return "it returned"

    async def _run_watched(self, name: str, part: Part, falls: int) -> None:
        """Run a part that was in trouble, and say so once it has run well for long enough."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._all_clear(name, falls))
            await part()
            watch.cancel()

    async def _all_clear(self, name: str, falls: int) -> None:
        await self._clock.sleep(self._backoff.well_after_seconds)
        await self._tell(PartTrouble(name=name, error=None, falls=falls, is_over=True))

    async def _wait(self, name: str, falls: int, error: str) -> None:
        longest = self._backoff.longest_seconds
        pause = min(longest, self._backoff.first_seconds * 2 ** min(falls - 1, 16))
        pause *= self._jitter()
        now = self._clock.now()
        state = PartState(name=name, is_running=False, since=now, restarts=falls, last_error=error)
        self._set(state)
        _log.warning("part starts again part=%s falls=%d pause=%.1f", name, falls, pause)
        await self._clock.sleep(pause)

    async def _tell(self, trouble: PartTrouble) -> None:
        try:
            await self._on_trouble(trouble)
        except Exception:  # noqa: BLE001 - a border: the messenger must not end the part
            _log.exception("trouble could not be reported part=%s", trouble.name)

    def _set(self, state: PartState) -> None:
        before = self._states.get(state.name)
        kept = before.last_error if before is not None and state.last_error is None else None
        self._states[state.name] = replace(state, last_error=state.last_error or kept)


def _words(error: BaseException) -> str:
    fault = innermost(error)
    return f"{type(fault).__name__}: {fault}".removesuffix(": ")


def _is_being_cancelled() -> bool:
    """Tell the cancellation of this task from one that leaked out of something it awaited."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
