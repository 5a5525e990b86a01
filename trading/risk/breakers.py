"""The breakers of every venue and kind of call: asked, fed, written down, reset."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from trading.clock import Clock
from trading.errors import VenueError, VenueRejected, VenueUnavailable
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.risk.breaker_history import BreakerHistory, Fault
from trading.risk.breaker_memory import (
    BreakerKey,
    BreakerMemory,
    BreakerStore,
    CallKind,
    Facts,
    Kept,
)
from trading.risk.circuit_breaker import (
    CLOSED,
    BreakerPhase,
    BreakerPolicy,
    BreakerState,
    abandon,
    admit,
    fail,
    succeed,
)

_log = logging.getLogger(__name__)

__all__ = ["BreakerStore", "BreakerView", "Breakers", "CallKind", "GuardedCall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerView:
    """One breaker as it stands."""

    venue: VenueName
    kind: str
    state: str
    failures: int
    """In a row."""
    open_until: datetime | None
    reason: str | None
    failed_probes: int = 0
    """Of these, so many were tries that an open breaker let through."""
    since: datetime | None = None
    """Since when it has been closed, or not; None where that was never seen to change."""
    faults: tuple[Fault, ...] = ()
    """The last ones, the newest last; they stay when it closes."""


@dataclass(slots=True)
class GuardedCall:
    """One call under way; an answer that holds nothing but faults is noted here."""

    fault: VenueError | None = None


_Key = BreakerKey


class Breakers:
    """Every breaker of the process."""

    def __init__(
        self,
        *,
        venues: Iterable[VenueName],
        store: BreakerStore,
        clock: Clock,
        bus: EventBus,
        dice: Callable[[], float],
        policy: BreakerPolicy | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Start closed; `dice` gives numbers from 0 to 1, `facts` keep the past for people."""
        self._states = {(venue, kind): CLOSED for venue in venues for kind in CallKind}
        self._histories = dict.fromkeys(self._states, BreakerHistory())
        self._memory = BreakerMemory(store=store, facts=facts, clock=clock)
        self._clock = clock
        self._bus = bus
        self._dice = dice
        self._policy = policy or BreakerPolicy()
        self._untold: set[_Key] = set()
        """Opened by calls that were given up, when nothing could be awaited."""

    async def start(self) -> None:
        """Take up the states of the last run; a probe that it left behind is made anew."""
        for key, kept in (await self._memory.load(self._states)).items():
            self._states[key], self._histories[key] = kept.state, kept.history

    @asynccontextmanager
    async def guard(
        self, venue: VenueName, kind: CallKind, *, emergency: bool = False
    ) -> AsyncIterator[GuardedCall]:
        """Run one call inside; VenueUnavailable when the breaker refuses it.

        An emergency passes an open breaker; how it ends counts all the same.
        """
        key = (venue, kind)
        if key in self._untold and not emergency:
            await self._make_known(key)
        is_probe = self._admit(key, emergency=emergency)
        started = self._clock.monotonic()
        call = GuardedCall()
        try:
            yield call
        except VenueRejected:
            await self._move(key, succeed(self._states[key]))  # it answered, if with a no
            raise
        except VenueError as error:
            await self._fail(key, error)
            raise
        except BaseException:
            self._give_up(key, self._clock.monotonic() - started, is_probe=is_probe)
            raise
        if call.fault is None:
            await self._move(key, succeed(self._states[key]))
        else:
            await self._fail(key, call.fault)

    def show(self, venue: VenueName | None = None) -> tuple[BreakerView, ...]:
        """Return the breakers of one venue, or all."""
        return tuple(
            BreakerView(
                venue=key[0],
                kind=key[1].value,
                state=state.phase.value,
                failures=state.failures,
                open_until=state.open_until,
                reason=state.reason,
                failed_probes=self._failed_probes(state),
                since=self._histories[key].since,
                faults=self._histories[key].faults,
            )
            for key, state in self._states.items()
            if venue is None or key[0] == venue
        )

    async def reset(self, venue: VenueName | None, by: str) -> tuple[BreakerView, ...]:
        """Close by hand; return those that were not closed and quiet, as they were."""
        before = tuple(view for view in self.show(venue) if self._states[_key(view)] != CLOSED)
        episodes = {_key(view): self._states[_key(view)] for view in before}
        # All of them in memory first: writing one down may have to wait for the store.
        for key in episodes:
            self._set(key, CLOSED)
        for key, episode in episodes.items():
            _log.warning("breaker reset venue=%s kind=%s by=%s", *key, by)
            await self._save(key)
            if episode.phase is not BreakerPhase.CLOSED:
                await self._tell(key, episode, "closed again")
        return before

    async def prove(self, venue: VenueName, kind: CallKind, by: str) -> bool:
        """Close one that is open: `by` brought what it guards another way; True when it was."""
        key = (venue, kind)
        before = self._states[key]
        if before.phase is BreakerPhase.CLOSED:
            return False
        self._set(key, CLOSED)
        await self._save(key)
        await self._tell(key, before, f"closed again: {by}")
        return True

    def _admit(self, key: _Key, *, emergency: bool) -> bool:
        """Let it pass or raise; True when this call is the probe."""
        admission = admit(self._states[key], self._clock.now(), self._policy)
        self._states[key] = admission.state
        if admission.allowed:
            return admission.state.phase is BreakerPhase.HALF_OPEN
        if emergency:
            return False
        venue, kind = key
        raise VenueUnavailable(
            venue,
            f"the breaker for {kind.value} is {admission.state.phase.value} after "
            f"{admission.state.failures} failures ({admission.state.reason}); not asked, the "
            f"next try is in {admission.wait_seconds:.0f} s, or reset the breaker",
            retry_after_seconds=admission.wait_seconds,
        )

    async def _fail(self, key: _Key, error: VenueError) -> None:
        advice = error.retry_after_seconds if isinstance(error, VenueUnavailable) else None
        state = fail(
            self._states[key],
            self._clock.now(),
            str(error),
            self._policy,
            dice=self._dice(),
            advice_seconds=advice,
        )
        self._note_fault(key, str(error))
        await self._move(key, state)

    def _give_up(self, key: _Key, seconds: float, *, is_probe: bool) -> None:
        """The caller went away: after a long wait that is a failure. Nothing may be awaited."""
        state = self._states[key]
        now = self._clock.now()
        if seconds >= self._policy.hang_seconds:
            reason = f"no answer in {seconds:.0f} s"
            self._note_fault(key, reason)
            self._set(key, fail(state, now, reason, self._policy, dice=self._dice()))
            if state.phase is BreakerPhase.CLOSED and self._states[key].phase is BreakerPhase.OPEN:
                self._untold.add(key)
        elif is_probe:
            self._states[key] = abandon(state, now)

    async def _make_known(self, key: _Key) -> None:
        """Write down and tell that it opened while nothing could be awaited."""
        self._untold.discard(key)
        state = self._states[key]
        await self._save(key)
        if state.phase is BreakerPhase.OPEN:
            await self._tell(key, state, f"opened after {state.failures} failures: {state.reason}")

    async def _move(self, key: _Key, state: BreakerState) -> None:
        before = self._states[key]
        self._set(key, state)
        await self._save(key)
        if before.phase is BreakerPhase.CLOSED and state.phase is BreakerPhase.OPEN:
            await self._tell(key, state, f"opened after {state.failures} failures: {state.reason}")
        elif before.phase is not BreakerPhase.CLOSED and state.phase is BreakerPhase.CLOSED:
            await self._tell(key, before, "closed again")

    def _set(self, key: _Key, state: BreakerState) -> None:
        history = self._histories[key]
        self._histories[key] = history.moved(self._states[key], state, self._clock.now())
        self._states[key] = state

    def _note_fault(self, key: _Key, reason: str) -> None:
        self._histories[key] = self._histories[key].failed(self._clock.now(), reason)

    def _failed_probes(self, state: BreakerState) -> int:
        """What was under way when it opened does not count: each failure after was a probe."""
        if state.phase is BreakerPhase.CLOSED:
            return 0
        return max(0, state.failures - self._policy.threshold)

    async def _save(self, key: _Key) -> None:
        await self._memory.save(key, self._kept)

    def _kept(self, key: _Key) -> Kept:
        return Kept(state=self._states[key], history=self._histories[key])

    async def _tell(self, key: _Key, episode: BreakerState, what: str) -> None:
        venue, kind = key
        _log.warning("breaker venue=%s kind=%s %s", venue, kind.value, what)
        until = episode.open_until or self._clock.now()
        await self._bus.publish(
            OwnerNotice(
                kind="breaker",
                text=f"{venue}: the breaker for {kind.value} {what}",
                at=self._clock.now(),
                key=f"breaker:{venue}:{kind.value}:{what[:6]}:{until.isoformat()}",
            )
        )


def _key(view: BreakerView) -> _Key:
    return view.venue, CallKind(view.kind)
