"""Repeats questions that found the venue busy; what may change something is never repeated."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from trading.clock import Clock
from trading.errors import NonceRefused, VenueUnavailable

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, how long between (doubling up to a cap, with jitter), and how long in all."""

    attempts: int = 4
    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 2.0
    total_seconds: float = 20.0

    def wait_after(self, attempt: int, jitter: float) -> float:
        """Return the pause after the nth failure, n from 1; `jitter` between 0 and 1."""
        full = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (attempt - 1))
        return full * (0.5 + jitter / 2)


class ReadRetry:
    """Asks again after VenueUnavailable, and after nothing else.

    A refused nonce is not cured by waiting: whoever draws them looks after that.
    """

    def __init__(self, *, clock: Clock, policy: RetryPolicy, jitter: Callable[[], float]) -> None:
        """Take the dice as an argument, so that tests can load them."""
        self._clock = clock
        self._policy = policy
        self._jitter = jitter
        self.retries = 0
        """How often anything was asked again."""

    async def __call__(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the first answer; raise the last refusal."""
        give_up_at = self._clock.monotonic() + self._policy.total_seconds
        attempt = 1
        while True:
            try:
                return await ask()
            except NonceRefused:
                raise
            except VenueUnavailable as error:
                wait = self._policy.wait_after(attempt, self._jitter())
                wait = max(wait, error.retry_after_seconds or 0.0)
                late = self._clock.monotonic() + wait > give_up_at
                if attempt >= self._policy.attempts or late:
                    raise
                _log.info("asking again attempt=%d wait=%.3f reason=%s", attempt, wait, error)
            attempt += 1
            self.retries += 1
            await self._clock.sleep(wait)
