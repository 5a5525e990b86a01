"""Halting and resuming; both may be asked any number of times."""

from __future__ import annotations

from trading.model.denial import DenialCode, Denied
from trading.model.trading_state import TradingMode, TradingState
from trading.risk.trading_state import HaltOutcome, TradingGate


class HaltIntents:
    """What can be asked about trading as a whole, from any door."""

    def __init__(self, *, gate: TradingGate) -> None:
        """Take the gate."""
        self._gate = gate

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
        if self._gate.state.mode is TradingMode.ACTIVE:
            return self._gate.state
        return await self._gate.resume(by)

    def state(self) -> TradingState:
        """Return what is allowed now."""
        return self._gate.state
