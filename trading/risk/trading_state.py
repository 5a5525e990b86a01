"""Whether the bot may trade: a latch that holds in memory, in a file and in the database.

A halt latches in memory before anything can fail, then in the file HALT (so that it outlives a
crash with a broken database), then in the database. Resuming goes the other way round and
touches memory last: whatever fails on the way, trading stays halted. The owner may also create
the file by hand: that halts at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from trading.clock import Clock
from trading.errors import CommandError, StorageError, StorageUnavailable
from trading.events import EventBus, TradingStateChanged
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueName
from trading.model.order import OrderOrigin
from trading.model.trading_state import TradingMode, TradingState
from trading.risk.halt_file import HaltFile
from trading.risk.stored_state import decode, encode

_log = logging.getLogger(__name__)

_KEY = "trading_state"
_BY_HAND = "the file HALT was found in the state directory"


class StateStore(Protocol):
    """Small facts by name."""

    async def get(self, key: str) -> str | None:
        """Return the fact; None when it was never put."""
        ...

    async def put(self, key: str, value: str) -> None:
        """Put or replace the fact."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltOutcome:
    """Trading is halted in any case; the rest says how well that was written down."""

    state: TradingState
    was_halted: bool
    in_file: bool
    recorded: bool
    problems: tuple[str, ...]


class TradingGate:
    """Says yes or no to every order, whoever asks."""

    def __init__(
        self,
        *,
        halt_file: Path,
        settings: StateStore,
        clock: Clock,
        bus: EventBus,
        trading_enabled: bool,
        is_live: bool,
    ) -> None:
        """Begin halted: `start` finds out what the state really is."""
        self._halt_file = HaltFile(halt_file)
        self._settings = settings
        self._clock = clock
        self._bus = bus
        self._trading_enabled = trading_enabled
        self._is_live = is_live
        self._state = TradingState(
            mode=TradingMode.HALTED, reason="starting", since=clock.now(), by="start"
        )
        self._refusal: Callable[[VenueName], Denied | None] = lambda _: None
        self._halts = 0
        self._is_ending = False
        self._is_untold = False
        """A file was noticed by somebody who only asked: `look` has yet to tell about it."""
        self._writing = asyncio.Lock()

    @property
    def state(self) -> TradingState:
        """What is allowed now; a file made by hand counts."""
        self._look_at_file()
        return self._state

    @property
    def trading_enabled(self) -> bool:
        """False: the configuration refuses everything that trades."""
        return self._trading_enabled

    def set_trading_enabled(self, *, enabled: bool) -> None:
        """Put the configuration's harder switch in force as a reload found it."""
        self._trading_enabled = enabled

    def begin_ending(self) -> None:
        """Let nothing but closing begin any more; the next process trades as before."""
        self._is_ending = True

    async def start(self) -> TradingState:
        """Take up the state that was in force last; a live bot's very first start is halted."""
        stored = await self._settings.get(_KEY)
        if self._halt_file.exists():
            self._state = self._read_halt(await self._halt_file.read())
        elif stored is not None:
            self._state = self._read_stored(stored)
        elif self._is_live:
            await self.halt("first start with real money: resume when you are ready", "start")
        else:
            self._state = TradingState(
                mode=TradingMode.ACTIVE, reason="first start", since=self._clock.now(), by="start"
            )
        _log.info("trading state mode=%s reason=%s", self._state.mode, self._state.reason)
        return self._state

    def consult(self, refusal: Callable[[VenueName], Denied | None]) -> None:
        """Ask this too before every order that is for one venue."""
        self._refusal = refusal

    def venue_refusal(self, venue: VenueName) -> Denied | None:
        """Say what stands against trading at one venue, whatever the state of the whole."""
        return self._refusal(venue)

    def permits(
        self, origin: OrderOrigin, *, reduces: bool, venue: VenueName | None = None
    ) -> Denied | None:
        """Say why an order may not be placed now; None when it may.

        Close-all is the owner's own, confirmed: it works while halted, but never against
        `trading_enabled = false`.
        """
        if not self._trading_enabled:
            return Denied(
                code=DenialCode.TRADING_DISABLED,
                reason="trading_enabled is false in the configuration: nothing trades",
            )
        refusal = None if venue is None else self._refusal(venue)
        if refusal is not None or origin is OrderOrigin.CLOSE_ALL:
            return refusal
        if self._is_ending:
            return Denied(code=DenialCode.HALTED, reason="the bot is being stopped")
        state = self.state
        if state.mode is TradingMode.HALTED:
            return Denied(
                code=DenialCode.HALTED,
                reason=f"trading is halted: {state.reason}",
                details={"since": state.since.isoformat(timespec="seconds"), "by": state.by},
            )
        if state.mode is TradingMode.REDUCING and not reduces:
            return Denied(
                code=DenialCode.REDUCING_ONLY,
                reason=f"only orders that reduce exposure: {state.reason}",
            )
        return None

    async def halt(self, reason: str, by: str) -> HaltOutcome:
        """Stop everything new, at once and in every condition; halting twice changes nothing.

        Never raises: what could not be written down is in the outcome.
        """
        was_halted = self._latch(reason, by)
        problems: list[str] = []
        async with self._writing:
            in_file = await self._write_file(problems)
            recorded = await self._record(problems)
        if not in_file and not recorded:
            _log.critical("halt is in memory only problems=%s", "; ".join(problems))
        if not was_halted:
            await self._bus.publish(TradingStateChanged(state=self._state))
        return HaltOutcome(
            state=self._state,
            was_halted=was_halted,
            in_file=in_file,
            recorded=recorded,
            problems=tuple(problems),
        )

    async def reduce(self, reason: str, by: str) -> TradingState:
        """Allow only orders that reduce exposure; a halt is stronger and stays."""
        if self.state.mode is not TradingMode.ACTIVE:
            return self._state
        self._state = self._new(TradingMode.REDUCING, reason, by)
        _log.warning("trading reduced by=%s reason=%s", by, reason)
        problems: list[str] = []
        async with self._writing:
            await self._record(problems)
        if problems:
            _log.critical("reducing is in memory only problems=%s", "; ".join(problems))
        await self._bus.publish(TradingStateChanged(state=self._state))
        return self._state

    async def resume(self, by: str) -> TradingState:
        """Trade again; raises, still halted, when that cannot be written down.

        A halt that comes in the meantime wins.
        """
        async with self._writing:
            halts = self._halts
            state = self._new(TradingMode.ACTIVE, "resumed", by)
            try:
                await self._settings.put(_KEY, encode(state))
                self._check_not_halted_since(halts)
                await self._halt_file.remove()
            except StorageError:
                # The file may go away and the write come true later: neither may resume trading.
                await self._record([])
                raise
            self._check_not_halted_since(halts)
            self._state = state
            self._is_untold = False
        _log.warning("trading resumed by=%s", by)
        await self._bus.publish(TradingStateChanged(state=state))
        return state

    async def look(self) -> TradingState:
        """Take notice of a HALT file made by hand, and tell about it; called now and then."""
        self._look_at_file()
        if self._is_untold:
            self._is_untold = False
            await self._bus.publish(TradingStateChanged(state=self._state))
        return self._state

    def _read_halt(self, text: str) -> TradingState:
        """Read a HALT file; one that was made by hand may hold anything, or nothing."""
        state = decode(text)
        if state is None:
            return self._new(TradingMode.HALTED, text.strip()[:200] or _BY_HAND, "file")
        return replace(state, mode=TradingMode.HALTED)

    def _read_stored(self, text: str) -> TradingState:
        state = decode(text)
        if state is None:
            reason = "the stored trading state could not be read: resume when you are ready"
            return self._new(TradingMode.HALTED, reason, "start")
        return state

    def _new(self, mode: TradingMode, reason: str, by: str) -> TradingState:
        return TradingState(mode=mode, reason=reason, since=self._clock.now(), by=by)

    def _latch(self, reason: str, by: str) -> bool:
        """Halt in memory; True when it was halted already (the first reason is kept)."""
        self._halts += 1
        _log.warning("trading halted by=%s reason=%s", by, reason)
        if self._state.mode is TradingMode.HALTED and self._state.reason != "starting":
            return True
        self._state = self._new(TradingMode.HALTED, reason, by)
        return False

    def _look_at_file(self) -> None:
        if self._state.mode is TradingMode.HALTED or not self._halt_file.exists():
            return
        self._latch(_BY_HAND, "file")
        self._is_untold = True

    def _check_not_halted_since(self, halts: int) -> None:
        if self._halts != halts:
            raise CommandError(
                f"a new halt came in while resuming ({self._state.reason}); trading stays halted"
            )

    async def _write_file(self, problems: list[str]) -> bool:
        try:
            await self._halt_file.write(encode(self._state))
        except StorageUnavailable as error:
            problems.append(str(error))
            return False
        return True

    async def _record(self, problems: list[str]) -> bool:
        try:
            await self._settings.put(_KEY, encode(self._state))
        except StorageError as error:
            problems.append(f"the database did not record it: {error}")
            return False
        return True
