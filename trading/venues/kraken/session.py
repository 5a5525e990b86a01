"""Asks Kraken: nonce, turn, call limit, one send, and the answer taken apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Any, Self

from trading.clock import Clock
from trading.errors import (
    NonceRefused,
    OrderWithdrawn,
    StorageUnavailable,
    VenueFatal,
    VenueUnavailable,
)
from trading.events import OwnerNotice
from trading.model.denial import Denied
from trading.venues.kraken.answers import AnswerReader
from trading.venues.kraken.lockout import Lockout
from trading.venues.kraken.settings import PRIVATE_BUDGETS, KrakenSettings
from trading.venues.kraken.signing import RequestBuilder
from trading.venues.nonce import NonceSource, nonce_path
from trading.venues.nonce_recovery import NonceRecovery, OnTrouble
from trading.venues.port import Priority
from trading.venues.rate_limit import RateLimiter
from trading.venues.retry import ReadRetry, RetryPolicy
from trading.venues.traffic import Traffic
from trading.venues.transport import HttpTransport
from trading.venues.turns import TurnQueue

_log = logging.getLogger(__name__)

_AFRESH_SECONDS = 1.0
"""How far a repair moves the nonces on; what the venue has seen beyond that is hunted for."""
USER_AGENT = "Steelyard/0.1"
_DISK_SECONDS = 5.0
_EMERGENCY_DISK_SECONDS = 0.5
"""How long a call waits for the disk to take the nonces' mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCall:
    """One private method with its parameters.

    `may_change` calls are sent once and never again, but for a refused nonce where doing it
    twice `is_harmless`; a question whose asker tries again by himself is not `is_repeated`;
    `cost` is what the call counter is charged; after `not_after_monotonic` it is not sent any
    more.
    """

    method: str
    parameters: Mapping[str, str]
    priority: Priority
    cost: float = 1.0
    may_change: bool = False
    is_harmless: bool = False
    is_repeated: bool = True
    not_after_monotonic: float | None = None
    withdrawn: Callable[[], Denied | None] | None = None
    """Asked when its turn has come: what is withdrawn does not leave any more."""


class KrakenSession:
    """Public and private calls; returns the `result`, raises the venue branch of our faults."""

    def __init__(
        self,
        *,
        name: str,
        settings: KrakenSettings,
        clock: Clock,
        nonce_directory: Path,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        """Open nothing yet; `on_trouble` hears what a person should know of."""
        self._name = name
        self._settings = settings
        self._clock = clock
        self._builder = RequestBuilder(
            key=settings.key, secret=settings.secret, base_url=settings.rest_url
        )
        self._transport = HttpTransport(
            venue=name, timeout_seconds=settings.timeout_seconds, user_agent=USER_AGENT
        )
        path = nonce_path(nonce_directory, settings.key)
        self._nonces = NonceSource(
            path=path, clock=clock, buffer_microseconds=settings.nonce_buffer_microseconds
        )
        tell = on_trouble or _log_trouble
        self._recovery = NonceRecovery(
            venue=name, nonces=self._nonces, clock=clock, on_trouble=tell
        )
        self._turns = _turns(name, settings, clock, path.with_suffix(".turn"))
        self._private_limit = RateLimiter(
            venue=name, budget=PRIVATE_BUDGETS[settings.tier], clock=clock
        )
        self._public_limit = RateLimiter(venue=name, budget=settings.public_budget, clock=clock)
        self._retry = ReadRetry(clock=clock, policy=RetryPolicy(), jitter=SystemRandom().random)
        self.lockout = Lockout(
            venue=name, clock=clock, seconds=settings.lockout_seconds, on_trouble=tell
        )
        self._answers = AnswerReader(name=name, clock=clock, lockout=self.lockout)
        self._overtook = 0
        """The highest nonce that went beside a call which hung."""
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

    async def begin_afresh(self) -> None:
        """Move the nonces on and forget refusals: somebody mended what was wrong."""
        if not self._settings.key:
            return
        try:
            await asyncio.to_thread(self._nonces.skip, _AFRESH_SECONDS)
        except StorageUnavailable as error:
            raise VenueUnavailable(self._name, str(error)) from error
        self._recovery.accepted()

    @property
    def has_key(self) -> bool:
        """True when private calls can be made at all."""
        return bool(self._settings.key)

    def traffic(self) -> Traffic:
        """Return what is left of the counters of the key and of this address."""
        return Traffic(
            left={
                "private": self._private_limit.share_left,
                "public": self._public_limit.share_left,
            },
            retries=self._retry.retries,
        )

    async def public(
        self, method: str, parameters: Mapping[str, str], *, priority: Priority
    ) -> Any:
        """Ask a public method, again while Kraken is busy."""
        return await self._retry(lambda: self._public_once(method, parameters, priority))

    async def private(self, call: PrivateCall) -> Any:
        """Make a private call: a question again while Kraken is busy, a change exactly once."""
        if call.may_change or not call.is_repeated:
            return await self._recovering(call)
        return await self._retry(lambda: self._recovering(call))

    async def _public_once(
        self, method: str, parameters: Mapping[str, str], priority: Priority
    ) -> Any:
        await self._public_limit.spend(1, priority, patience_seconds=self._patience(priority))
        answer = await self._transport.send(self._builder.public(method, parameters))
        return self._answers.read(answer, self._public_limit, may_change=False)

    async def _recovering(self, call: PrivateCall) -> Any:
        """Make the call, with another nonce where one is refused and that can do no harm."""
        if not self._settings.key:
            raise VenueFatal(self._name, "no API key is configured; nothing was sent")
        while True:
            try:
                return await self._private_once(call)
            except _Refused as refused:
                goes_on = refused.nonce < self._overtook or self._move_on()
                if not goes_on or (call.may_change and not call.is_harmless):
                    raise refused.fault from None

    def _move_on(self) -> bool:
        try:
            return self._recovery.refused()
        except StorageUnavailable as error:
            raise VenueUnavailable(self._name, str(error)) from error

    async def _private_once(self, call: PrivateCall) -> Any:
        if call.priority is not Priority.EMERGENCY:
            self.lockout.check(call.priority)
        if call.cost:
            await self._private_limit.spend(
                call.cost, call.priority, patience_seconds=self._patience(call.priority)
            )
        await self._prepare(call.priority)
        async with self._turns.turn(call.priority) as has_turn:
            self.lockout.check(call.priority)
            self._recovery.check(call.priority)
            nonce = await self._draw(call)
            if not has_turn:
                self._overtook = nonce
            request = replace(
                self._builder.private(call.method, call.parameters, nonce=nonce),
                may_change=call.may_change,
                timeout_seconds=self._timeout(call),
            )
            answer = await self._transport.send(request)
        try:
            result = self._answers.read(answer, self._private_limit, may_change=call.may_change)
        except NonceRefused as fault:
            raise _Refused(nonce, fault) from fault
        self.lockout.ended()
        self._recovery.accepted()
        return result

    async def _prepare(self, priority: Priority) -> bool:
        """Have nonces flushed ahead; False when the disk fails and an emergency cannot wait."""
        if self._nonces.is_prepared:
            return True
        is_emergency = priority is Priority.EMERGENCY
        try:
            async with asyncio.timeout(_EMERGENCY_DISK_SECONDS if is_emergency else _DISK_SECONDS):
                await asyncio.to_thread(self._nonces.prepare)
        except (StorageUnavailable, TimeoutError) as error:
            if is_emergency:
                return False
            reason = str(error) or "the disk did not take the nonces' mark in time"
            raise VenueUnavailable(self._name, f"nothing was sent: {reason}") from error
        return True

    async def _draw(self, call: PrivateCall) -> int:
        """Draw the nonce at the last moment before sending."""
        is_ready = await self._prepare(call.priority)
        last_moment = call.not_after_monotonic
        if last_moment is not None and self._clock.monotonic() >= last_moment:
            raise VenueUnavailable(
                self._name, f"{call.method} waited past its deadline; nothing was sent"
            )
        denied = None if call.withdrawn is None else call.withdrawn()
        if denied is not None:
            raise OrderWithdrawn(str(denied))
        if not is_ready:
            return self._nonces.draw_unwritten()
        try:
            return self._nonces.draw()
        except StorageUnavailable as error:
            if call.priority is Priority.EMERGENCY:
                return self._nonces.draw_unwritten()
            raise VenueUnavailable(self._name, str(error)) from error

    def _timeout(self, call: PrivateCall) -> float:
        if call.priority is Priority.EMERGENCY:
            return self._settings.emergency_timeout_seconds
        if call.not_after_monotonic is not None:  # a new order: it alone has a deadline
            return self._settings.order_timeout_seconds
        return self._settings.timeout_seconds

    def _patience(self, priority: Priority) -> float:
        if priority is Priority.EMERGENCY:
            return self._settings.emergency_timeout_seconds
        return self._settings.queue_timeout_seconds


def _turns(name: str, settings: KrakenSettings, clock: Clock, path: Path) -> TurnQueue:
    return TurnQueue(
        venue=name,
        path=path,
        clock=clock,
        patience_seconds=settings.queue_timeout_seconds,
        emergency_patience_seconds=settings.emergency_patience_seconds,
    )


class _Refused(Exception):
    """A refused nonce on its way to whoever decides about another try."""

    def __init__(self, nonce: int, fault: NonceRefused) -> None:
        super().__init__(str(fault))
        self.nonce = nonce
        self.fault = fault


def _log_trouble(notice: OwnerNotice) -> None:
    _log.warning("%s", notice.text)
