"""Asks Kraken: nonce, turn, call limit, one send, and the answer taken apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Any, Self

from trading.clock import Clock
from trading.errors import (
    NonceRefused,
    OutcomeUnknown,
    StorageUnavailable,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueUnavailable,
)
from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.kraken.errors import CALL_LIMIT_REACHED, TEMPORARY_LOCKOUT, fault_of
from trading.venues.kraken.settings import PRIVATE_BUDGETS, PUBLIC_BUDGET, KrakenSettings
from trading.venues.kraken.signing import RequestBuilder
from trading.venues.nonce import NonceSource, nonce_path
from trading.venues.port import Priority
from trading.venues.rate_limit import RateLimiter
from trading.venues.retry import ReadRetry, RetryPolicy
from trading.venues.transport import HttpTransport, WireAnswer, WireRequest
from trading.venues.turns import TurnQueue

_log = logging.getLogger(__name__)

_USER_AGENT = "Steelyard/0.1"
_BAD_REQUEST = 400
_REQUEST_TIMEOUT = 408
_SERVER_ERROR = 500
_NONCE_SKIPS_SECONDS = (1.0, 60.0, 3600.0)
"""How far to jump after each refusal in a row: a bounded hunt for what the venue has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCall:
    """One private method with its parameters.

    `may_change` calls are sent once and never again; `cost` is what the call counter is charged;
    after `not_after_monotonic` it is not sent any more.
    """

    method: str
    parameters: Mapping[str, str]
    priority: Priority
    cost: float = 1.0
    may_change: bool = False
    not_after_monotonic: float | None = None


class KrakenSession:
    """Public and private calls; returns the `result`, raises the venue branch of our faults."""

    def __init__(
        self, *, name: str, settings: KrakenSettings, clock: Clock, nonce_directory: Path
    ) -> None:
        """Open nothing yet."""
        self._name = name
        self._settings = settings
        self._clock = clock
        self._builder = RequestBuilder(
            key=settings.key, secret=settings.secret, base_url=settings.rest_url
        )
        self._transport = HttpTransport(
            venue=name, timeout_seconds=settings.timeout_seconds, user_agent=_USER_AGENT
        )
        path = nonce_path(nonce_directory, settings.key)
        self._nonces = NonceSource(
            path=path, clock=clock, buffer_microseconds=settings.nonce_buffer_microseconds
        )
        self._turns = TurnQueue(
            venue=name,
            path=path.with_suffix(".turn"),
            clock=clock,
            patience_seconds=settings.queue_timeout_seconds,
            emergency_patience_seconds=settings.emergency_patience_seconds,
        )
        self._private_limit = RateLimiter(
            venue=name, budget=PRIVATE_BUDGETS[settings.tier], clock=clock
        )
        self._public_limit = RateLimiter(venue=name, budget=PUBLIC_BUDGET, clock=clock)
        self._retry = ReadRetry(clock=clock, policy=RetryPolicy(), jitter=SystemRandom().random)
        self._locked_out_until = 0.0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the nonce file and the connection pool; makes no request."""
        async with AsyncExitStack() as stack:
            stack.enter_context(self._nonces)
            stack.enter_context(self._turns)
            await stack.enter_async_context(self._transport)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them."""
        await self._stack.aclose()

    async def public(
        self, method: str, parameters: Mapping[str, str], *, priority: Priority
    ) -> Any:
        """Ask a public method, again while Kraken is busy."""
        return await self._retry(lambda: self._public_once(method, parameters, priority))

    async def private(self, call: PrivateCall) -> Any:
        """Make a private call: a question again while Kraken is busy, a change exactly once."""
        if not call.may_change:
            return await self._retry(lambda: self._ask(call))
        try:
            return await self._private_once(call)
        except NonceRefused:
            self._nonces.skip(_NONCE_SKIPS_SECONDS[0])
            raise

    async def _public_once(
        self, method: str, parameters: Mapping[str, str], priority: Priority
    ) -> Any:
        patience = self._settings.queue_timeout_seconds
        await self._public_limit.spend(1, priority, patience_seconds=patience)
        request = self._builder.public(method, parameters)
        return self._result(request, await self._transport.send(request), self._public_limit)

    async def _ask(self, call: PrivateCall) -> Any:
        for skip in _NONCE_SKIPS_SECONDS:
            try:
                return await self._private_once(call)
            except NonceRefused:
                _log.warning("nonce refused venue=%s method=%s", self._name, call.method)
                self._nonces.skip(skip)
        return await self._private_once(call)

    async def _private_once(self, call: PrivateCall) -> Any:
        if not self._settings.key:
            raise VenueFatal(self._name, "no API key is configured; nothing was sent")
        self._refuse_while_locked_out(call.priority)
        if call.cost:
            await self._private_limit.spend(
                call.cost, call.priority, patience_seconds=self._settings.queue_timeout_seconds
            )
        try:
            if not self._nonces.is_prepared:
                await asyncio.to_thread(self._nonces.prepare)
            async with self._turns.turn(call.priority):
                request = self._sign(call)
                answer = await self._transport.send(request)
        except StorageUnavailable as error:
            raise VenueUnavailable(self._name, str(error)) from error
        return self._result(request, answer, self._private_limit)

    def _sign(self, call: PrivateCall) -> WireRequest:
        """Draw the nonce and sign, at the last moment before sending."""
        last_moment = call.not_after_monotonic
        if last_moment is not None and self._clock.monotonic() >= last_moment:
            raise VenueUnavailable(
                self._name, f"{call.method} waited past its deadline; nothing was sent"
            )
        return replace(
            self._builder.private(call.method, call.parameters, nonce=self._nonces.draw()),
            may_change=call.may_change,
            timeout_seconds=self._timeout(call.priority),
        )

    def _timeout(self, priority: Priority) -> float:
        if priority is Priority.EMERGENCY:
            return self._settings.emergency_timeout_seconds
        return self._settings.timeout_seconds

    def _refuse_while_locked_out(self, priority: Priority) -> None:
        remaining = self._locked_out_until - self._clock.monotonic()
        if remaining > 0 and priority is not Priority.EMERGENCY:
            raise VenueUnavailable(
                self._name,
                f"{TEMPORARY_LOCKOUT}: keeping still for {remaining:.0f} s more, nothing was sent",
                retry_after_seconds=remaining,
            )

    def _result(self, request: WireRequest, answer: WireAnswer, limit: RateLimiter) -> Any:
        """Take the answer apart, or raise what it stands for."""
        if not answer.is_success:
            raise self._fault_of_status(answer, may_change=request.may_change)
        try:
            envelope = Row.of(decode_json(answer.body), "the answer")
            errors = [str(text) for text in envelope.array("error")]
            faults = [text for text in errors if not text.startswith("W")]
            if faults:
                raise self._fault(faults, limit, may_change=request.may_change)
            result = envelope.raw("result")
        except Malformed as error:
            raise self._not_understood(str(error), may_change=request.may_change) from error
        for warning in errors:
            _log.warning("venue warned venue=%s text=%s", self._name, warning)
        self._locked_out_until = 0.0
        return result

    def _fault(self, errors: list[str], limit: RateLimiter, *, may_change: bool) -> VenueError:
        if TEMPORARY_LOCKOUT in errors:
            self._locked_out_until = self._clock.monotonic() + self._settings.lockout_seconds
        if CALL_LIMIT_REACHED.intersection(errors):
            limit.exhausted()
        return fault_of(
            self._name,
            errors,
            may_change=may_change,
            lockout_seconds=self._settings.lockout_seconds,
            unix_now=self._clock.now().timestamp(),
        )

    def _fault_of_status(self, answer: WireAnswer, *, may_change: bool) -> VenueError:
        """Judge an answer of the edge: 5xx may come after execution, 4xx comes before."""
        reason = f"answered HTTP {answer.status}"
        retry_after = answer.retry_after_seconds
        if _BAD_REQUEST <= answer.status < _SERVER_ERROR and answer.status != _REQUEST_TIMEOUT:
            reason = f"{reason}; it was refused before Kraken itself saw it"
            return VenueUnavailable(self._name, reason, retry_after_seconds=retry_after)
        if may_change:
            return OutcomeUnknown(self._name, reason)
        if answer.status < _BAD_REQUEST:
            return VenueProtocolError(self._name, reason)
        return VenueUnavailable(self._name, reason, retry_after_seconds=retry_after)

    def _not_understood(self, reason: str, *, may_change: bool) -> VenueError:
        if may_change:
            return OutcomeUnknown(self._name, f"an answer not understood: {reason}")
        return VenueProtocolError(self._name, reason)
