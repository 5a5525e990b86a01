"""When to connect again: soon after a rare drop, seldom after many, under the venue's cap."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from trading.venues.websocket import ConnectionEnded, Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectPolicy:
    """Pauses double from the first to the longest, each with jitter.

    Kraken's edge allows about 150 attempts in ten minutes for each address, and others may share
    the address.
    """

    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    forbidden_seconds: float = 900.0
    steady_seconds: float = 30.0
    """A connection that lived so long ends the row of failures."""
    most_attempts: int = 30
    window_seconds: float = 600.0


class Reconnection:
    """Counts one connection's attempts and failures; asks no clock."""

    def __init__(self, *, policy: ReconnectPolicy, dice: Callable[[], float]) -> None:
        """`dice` gives numbers between 0 and 1."""
        self._policy = policy
        self._dice = dice
        self._failures = 0
        self._attempts: deque[float] = deque()

    def attempted(self, monotonic: float) -> None:
        """Note that a connection is being tried now."""
        self._attempts.append(monotonic)

    def pause_after(self, ended: ConnectionEnded, *, lived: float, monotonic: float) -> float:
        """Return how long to wait after a connection that lived for so many seconds."""
        if lived >= self._policy.steady_seconds:
            self._failures = 0
        pause = self._wait(ended)
        self._failures += 1
        return max(pause, ended.retry_after_seconds or 0.0, self._until_allowed(monotonic))

    def forgive(self) -> None:
        """Forget the row of failures, when a person asks to try now."""
        self._failures = 0

    def _wait(self, ended: ConnectionEnded) -> float:
        policy = self._policy
        if ended.ending is Ending.FORBIDDEN:
            return policy.forbidden_seconds * (0.9 + 0.2 * self._dice())
        if ended.ending is Ending.RENEW and not self._failures:
            return 0.0
        full = min(policy.longest_seconds, policy.first_seconds * 2.0 ** min(self._failures, 30))
        return full * (0.5 + self._dice() / 2)

    def _until_allowed(self, monotonic: float) -> float:
        policy = self._policy
        while self._attempts and self._attempts[0] <= monotonic - policy.window_seconds:
            self._attempts.popleft()
        if len(self._attempts) < policy.most_attempts:
            return 0.0
        return self._attempts[0] + policy.window_seconds - monotonic
