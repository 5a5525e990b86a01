"""Keeps breakers over restarts: their states in a table, what they went through beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from storage.records import BreakerRow
from trading.clock import Clock
from trading.errors import StorageError
from trading.model.identifiers import VenueName
from trading.risk.breaker_history import BreakerHistory, read_history
from trading.risk.circuit_breaker import CLOSED, BreakerPhase, BreakerState, abandon

_log = logging.getLogger(__name__)

_NOTHING = BreakerHistory()


class CallKind(StrEnum):
    """Calls that stand and fall together."""

    BALANCES = "balances"
    ORDERS = "orders"
    MARKET_DATA = "market_data"


BreakerKey = tuple[VenueName, CallKind]


class BreakerStore(Protocol):
    """Breakers as they were last."""

    async def load(self) -> tuple[BreakerRow, ...]:
        """Return every breaker that was written down."""
        ...

    async def put(self, row: BreakerRow) -> None:
        """Write one down."""
        ...


class Facts(Protocol):
    """Small facts by name."""

    async def get(self, key: str) -> str | None: ...
    async def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One breaker with its past."""

    state: BreakerState = CLOSED
    history: BreakerHistory = _NOTHING


class BreakerMemory:
    """Writes down what changed; the breakers work without, whatever the store does."""

    def __init__(self, *, store: BreakerStore, facts: Facts | None, clock: Clock) -> None:
        """Without `facts` only the states outlive the process."""
        self._store = store
        self._facts = facts
        self._clock = clock
        self._saved: dict[BreakerKey, Kept] = {}
        self._unsaved: set[BreakerKey] = set()
        self._is_saving = False

    async def load(self, keys: Collection[BreakerKey]) -> Mapping[BreakerKey, Kept]:
        """Return those that were kept; a probe that the last run left behind is made anew."""
        self._saved = dict.fromkeys(keys, Kept())
        known = {(venue, kind.value): (venue, kind) for venue, kind in keys}
        for row in await self._store.load():
            key = known.get((VenueName(row.venue), row.kind))
            if key is None:
                continue
            try:
                phase = BreakerPhase(row.state)
            except ValueError:
                _log.warning(
                    "stored breaker not understood venue=%s state=%s", row.venue, row.state
                )
                continue
            state = BreakerState(
                phase=phase, failures=row.failures, open_until=row.open_until, reason=row.reason
            )
            facts = None if self._facts is None else await self._facts.get(_name(key))
            self._saved[key] = Kept(
                state=abandon(state, self._clock.now()), history=read_history(facts)
            )
        return dict(self._saved)

    async def save(self, key: BreakerKey, now: Callable[[BreakerKey], Kept]) -> None:
        """Write down what changed, if anything did.

        One writer at a time takes along what others changed meanwhile: while the store is
        locked, failing calls do not queue up behind it.
        """
        if now(key) != self._saved.get(key, Kept()):
            self._unsaved.add(key)
        if self._is_saving:
            return
        self._is_saving = True
        try:
            while self._unsaved:
                changed = self._unsaved.pop()
                await self._put(changed, now(changed))
        finally:
            self._is_saving = False

    async def _put(self, key: BreakerKey, kept: Kept) -> None:
        state = kept.state
        row = BreakerRow(
            venue=key[0],
            kind=key[1].value,
            state=state.phase.value,
            failures=state.failures,
            open_until=state.open_until,
            reason=state.reason,
            updated_at=self._clock.now(),
        )
        try:
            await self._store.put(row)
            if self._facts is not None and kept.history != self._saved_history(key):
                await self._facts.put(_name(key), kept.history.as_text())
        except StorageError as error:
            _log.warning("breaker not saved venue=%s kind=%s error=%s", *key, error)
        else:
            self._saved[key] = kept

    def _saved_history(self, key: BreakerKey) -> BreakerHistory:
        return self._saved.get(key, Kept()).history


def _name(key: BreakerKey) -> str:
    return f"breaker.{key[0]}.{key[1].value}"
