"""When a limit's use is news: one warning, one breach, and what resuming in spite of it means.

Pure. A limit is in one of these states:

* quiet;
* warned: once `warn_at` of it was used; quiet again only when the use has fallen well below that;
* tripped: once it was used up. It stays tripped until the use is well below `warn_at`;
* acknowledged: the owner resumed although it was still breached. It does not trip again at once,
  but as soon as the loss has grown by another quarter of the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.model.risk import LimitAction, LimitUse
from trading.model.trading_state import TradingMode, TradingState

_EASED = Decimal("0.9")
"""Below this part of `warn_at` a limit is quiet again: a use that trembles there warns once."""
_FURTHER = Decimal("0.25")
"""So much of the limit more, and an acknowledged one trips again."""

_STRICTNESS = {TradingMode.ACTIVE: 0, TradingMode.REDUCING: 1, TradingMode.HALTED: 2}
_DEMANDED = {LimitAction.DENY: 0, LimitAction.REDUCING: 1, LimitAction.HALTED: 2}


class News(StrEnum):
    """What a look at a limit brings."""

    NOTHING = "nothing"
    WARNING = "warning"
    TRIPPED = "tripped"
    TRIPPED_STILL = "tripped_still"
    """Tripped before, and what it demands is not in force though nobody resumed: act, say none."""
    ACKNOWLEDGED = "acknowledged"
    EASED = "eased"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitState:
    """What is remembered of one limit of one venue."""

    key: str
    is_warned: bool = False
    tripped_at: datetime | None = None
    acknowledged: Decimal | None = None
    """The value at which the owner resumed."""

    @property
    def is_quiet(self) -> bool:
        """True when there is nothing to remember."""
        return not self.is_warned and self.tripped_at is None


def demands_more(action: LimitAction, mode: TradingMode) -> bool:
    """True when trading is less restricted than a limit demands."""
    return _STRICTNESS[mode] < _DEMANDED[action]


def trips_again_at(state: LimitState, use: LimitUse) -> Decimal | None:
    """Return the value at which an acknowledged limit trips once more."""
    if state.acknowledged is None:
        return None
    return state.acknowledged + use.limit * _FURTHER


def follow(
    state: LimitState, use: LimitUse, *, warn_at: Decimal, now: datetime, trading: TradingState
) -> tuple[LimitState, News]:
    """Return the state after a look, and whether that is news; an unknown use changes nothing."""
    if use.use is None:
        return state, News.NOTHING
    if use.is_breached:
        return _breached(state, use, now=now, trading=trading)
    if use.use >= warn_at:
        if state.is_warned:
            return state, News.NOTHING
        return replace(state, is_warned=True), News.WARNING
    if use.use < warn_at * _EASED and not state.is_quiet:
        return LimitState(key=state.key), News.EASED
    return state, News.NOTHING


def acknowledge(state: LimitState, use: LimitUse) -> LimitState:
    """Let a breach stand at its present value; a limit that is not breached is left alone."""
    if not use.is_breached or state.tripped_at is None:
        return state
    return replace(state, acknowledged=use.value)


def _breached(
    state: LimitState, use: LimitUse, *, now: datetime, trading: TradingState
) -> tuple[LimitState, News]:
    if state.tripped_at is None:
        return _trip(state, now)
    again = trips_again_at(state, use)
    if again is not None:
        if use.value is not None and use.value >= again:
            return _trip(state, now)
        return state, News.NOTHING
    if not demands_more(use.action, trading.mode):
        return state, News.NOTHING
    if trading.since > state.tripped_at:
        # Somebody resumed since, perhaps while no bot was running.
        return replace(state, acknowledged=use.value), News.ACKNOWLEDGED
    return state, News.TRIPPED_STILL


def _trip(state: LimitState, now: datetime) -> tuple[LimitState, News]:
    tripped = replace(state, is_warned=True, tripped_at=now, acknowledged=None)
    return tripped, News.TRIPPED
