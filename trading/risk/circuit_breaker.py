"""When to stop asking a venue that fails, and when to try again; a pure state machine.

closed     calls pass; so many failures in a row open it
open       calls are refused until a time; each failed probe doubles the wait, up to a cap
half-open  one call, the probe, is under way; its success closes, its failure opens again
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

_MOST_DOUBLINGS = 30


class BreakerPhase(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """How much is too much, and how long to wait."""

    threshold: int = 5
    """Failures in a row that open a closed breaker."""
    first_wait_seconds: float = 5.0
    longest_wait_seconds: float = 300.0
    jitter_fraction: float = 0.2
    """Waits are spread this far to both sides, so that breakers do not probe in step."""
    hang_seconds: float = 10.0
    """A call given up by its caller after this long was a failure, not a change of mind."""

    def __post_init__(self) -> None:
        """Refuse a policy that never closes or never opens."""
        if self.threshold < 1 or not 0 <= self.jitter_fraction < 1:
            message = f"a breaker's threshold was {self.threshold}, jitter {self.jitter_fraction}"
            raise ValueError(message)
        if not 0 < self.first_wait_seconds <= self.longest_wait_seconds:
            message = (
                f"a breaker's first wait was {self.first_wait_seconds} s; the longest is less"
            )
            raise ValueError(message)

    @property
    def limit_seconds(self) -> float:
        """No wait is ever longer than this."""
        return self.longest_wait_seconds * (1 + self.jitter_fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """Where a breaker is; `open_until` and `reason` are None while closed."""

    phase: BreakerPhase = BreakerPhase.CLOSED
    failures: int = 0
    """In a row."""
    open_until: datetime | None = None
    reason: str | None = None


CLOSED = BreakerState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a call may pass, and the state after asking; `wait_seconds` is 0 when it may."""

    state: BreakerState
    allowed: bool
    wait_seconds: float


def admit(state: BreakerState, now: datetime, policy: BreakerPolicy) -> Admission:
    """Ask for one call; the call that finds the wait over becomes the probe."""
    match state.phase:
        case BreakerPhase.CLOSED:
            return Admission(state=state, allowed=True, wait_seconds=0)
        case BreakerPhase.HALF_OPEN:
            wait = policy.first_wait_seconds
            return Admission(state=state, allowed=False, wait_seconds=wait)
        case BreakerPhase.OPEN:
            wait = _wait(state, now, policy)
            if wait > 0:
                return Admission(state=state, allowed=False, wait_seconds=wait)
            probing = replace(state, phase=BreakerPhase.HALF_OPEN)
            return Admission(state=probing, allowed=True, wait_seconds=0)


def succeed(_state: BreakerState) -> BreakerState:
    """Close: the venue answered, whoever asked."""
    return CLOSED


def fail(
    state: BreakerState,
    now: datetime,
    reason: str,
    policy: BreakerPolicy,
    *,
    dice: float,
    advice_seconds: float | None = None,
) -> BreakerState:
    """Count a failure; `dice` is from 0 to 1, `advice_seconds` the venue's own wish.

    Calls that were under way when the breaker opened say nothing new: they do not lengthen it.
    """
    if state.phase is BreakerPhase.OPEN:
        return state
    failures = state.failures + 1
    counted = replace(state, failures=failures, reason=reason)
    if state.phase is BreakerPhase.CLOSED and failures < policy.threshold:
        return counted
    doublings = min(max(0, failures - policy.threshold), _MOST_DOUBLINGS)
    wait = policy.first_wait_seconds * 2**doublings
    wait = min(policy.longest_wait_seconds, max(wait, advice_seconds or 0))
    wait *= 1 + policy.jitter_fraction * (2 * dice - 1)
    return replace(counted, phase=BreakerPhase.OPEN, open_until=now + timedelta(seconds=wait))


def abandon(state: BreakerState, now: datetime) -> BreakerState:
    """Take back a probe that ended without an outcome: the next call probes."""
    if state.phase is not BreakerPhase.HALF_OPEN:
        return state
    return replace(state, phase=BreakerPhase.OPEN, open_until=now)


def _wait(state: BreakerState, now: datetime, policy: BreakerPolicy) -> float:
    if state.open_until is None:
        return 0
    wait = (state.open_until - now).total_seconds()
    # Longer than any wait there is: the wall clock was set back. Nobody is locked out by that.
    return 0 if wait > policy.limit_seconds else max(0.0, wait)
