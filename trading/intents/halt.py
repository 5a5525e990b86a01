"""Halting and resuming; both may be asked any number of times."""

from __future__ import annotations

from typing import Protocol

from trading.model.denial import DenialCode, Denied
from trading.model.trading_state import TradingMode, TradingState
from trading.risk.trading_state import HaltOutcome, TradingGate


class Risk(Protocol):
    """What resuming asks of the risk limits."""

    async def acknowledge(self, by: str) -> tuple[str, ...]:
        """Let stand what is breached; return what that is, in words."""
        ...


class HaltIntents:
    """What can be asked about trading as a whole, from any door."""

    def __init__(self, *, gate: TradingGate, risk: Risk | None = None) -> None:
        """Take the gate, and who must know when the owner resumes."""
        self._gate = gate
        self._risk = risk
        self._standing: tuple[str, ...] = ()

    async def halt(self, by: str, reason: str) -> HaltOutcome:
        """Stop everything new, now and in every condition."""
        return await self._gate.halt(reason, by)

    async def resume(self, by: str) -> Denied | TradingState:
        """Trade again, unless the configuration forbids trading altogether."""
        if not self._gate.trading_enabled:
            return Denied(
                code=DenialCode.TRADING_DISABLED,
                reason="trading_enabled is false in the configuration; nothing was resumed",
            )
        self._standing = ()
        if self._gate.state.mode is TradingMode.ACTIVE:
            return self._gate.state
        state = await self._gate.resume(by)
        if self._risk is not None:
            self._standing = await self._risk.acknowledge(by)
        return state

    @property
    def standing(self) -> tuple[str, ...]:
        """Which risk limits were still breached when trading was resumed last, in words."""
        return self._standing

    def state(self) -> TradingState:
        """Return what is allowed now."""
        return self._gate.state
