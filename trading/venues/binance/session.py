"""Asks Binance: limits, clock, one signed request, one send, and the answer taken apart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import SystemRandom
from types import TracebackType
from typing import Any, Self

from trading.clock import Clock
from trading.errors import (
    OrderWithdrawn,
    VenueFatal,
    VenueProtocolError,
    VenueUnavailable,
)
from trading.events import OwnerNotice
from trading.model.denial import Denied
from trading.venues.binance.answers import AnswerReader, OutsideWindow
from trading.venues.binance.ban import Ban, OnTrouble
from trading.venues.binance.budgets import RequestBudget
from trading.venues.binance.library import load_builder
from trading.venues.binance.settings import BinanceSettings
from trading.venues.binance.venue_clock import VenueClock
from trading.venues.decoding import Malformed, Row, to_time
from trading.venues.port import Priority
from trading.venues.retry import ReadRetry, RetryPolicy
from trading.venues.traffic import Traffic
from trading.venues.transport import HttpTransport, WireAnswer, WireRequest

_log = logging.getLogger(__name__)

USER_AGENT = "Steelyard/0.1"
_WINDOW_MS = 5000
"""How long after its time the venue may still take a request that has no deadline of its own."""
_LONGEST_WINDOW_MS = 60_000
_THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request: a method of the library with its parameters, and what it costs.

    What `may_change` something is sent once and never again, but for a refused time where doing
    it twice `is_harmless`; after `not_after_monotonic` it is not sent any more, and the venue
    refuses it too.
    """

    endpoint: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    priority: Priority = Priority.BALANCES
    weight: float = 1.0
    is_signed: bool = True
    may_change: bool = False
    is_harmless: bool = False
    is_order: bool = False
    not_after_monotonic: float | None = None
    only: frozenset[str] | None = None
    """The names that are read of a long answer; None: all."""
    withdrawn: Callable[[], Denied | None] | None = None
    """Asked when its turn has come: what is withdrawn does not leave any more."""


class BinanceSession:
    """Public and signed requests; returns JSON, raises the venue branch of our faults."""

    def __init__(
        self,
        *,
        name: str,
        settings: BinanceSettings,
        clock: Clock,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        """Open nothing yet; `on_trouble` hears what a person should know of."""
        self._name = name
        self._settings = settings
        self._clock = clock
        self._transport = HttpTransport(
            venue=name, timeout_seconds=settings.timeout_seconds, user_agent=USER_AGENT
        )
        self.venue_clock = VenueClock(venue=name, clock=clock)
        self.budget = RequestBudget(venue=name, clock=clock, venue_now=self.venue_clock.now)
        self.ban = Ban(venue=name, clock=clock, on_trouble=on_trouble or _log_trouble)
        self._answers = AnswerReader(
            venue=name, ban=self.ban, budget=self.budget, venue_clock=self.venue_clock
        )
        self._retry = ReadRetry(clock=clock, policy=RetryPolicy(), jitter=SystemRandom().random)
        self._builder = load_builder()(
            key=settings.key, secret=settings.secret, rest_url=settings.rest_url
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the connection pool; makes no request."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._transport)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._stack.aclose()

    @property
    def has_key(self) -> bool:
        """True when signed requests can be made at all."""
        return bool(self._settings.key)

    def traffic(self) -> Traffic:
        """Return what is left of the limits of this address and this account."""
        return Traffic(left=self.budget.left, retries=self._retry.retries)

    async def fetch_time(self) -> datetime:
        """Return Binance's time, and remember where it stands."""
        return await self.venue_clock.read(self._ask_time)

    async def signed_words(self) -> dict[str, str]:
        """Return key, time and signature for a request over a socket."""
        await self.venue_clock.be_sure(self._ask_time_once)
        words = {
            "apiKey": self._settings.key,
            "timestamp": str(self.venue_clock.milliseconds()),
        }
        payload = "&".join(f"{name}={value}" for name, value in sorted(words.items()))
        return {**words, "signature": self._builder.sign(payload)}

    async def ask(self, ask: Ask) -> Any:
        """Make a request: a question again while Binance is busy, a change exactly once."""
        if ask.is_signed and not self._settings.key:
            raise VenueFatal(self._name, "no API key is configured; nothing was sent")
        if ask.may_change:
            return await self._once_in_time(ask)
        return await self._retry(lambda: self._once_in_time(ask))

    async def _once_in_time(self, ask: Ask) -> Any:
        """Make it, and once more with the venue's own time where ours was refused."""
        try:
            return await self._once(ask)
        except OutsideWindow:
            if ask.may_change and not ask.is_harmless:
                raise
        return await self._once(ask)

    async def _once(self, ask: Ask) -> Any:
        if ask.priority is not Priority.EMERGENCY:
            self.ban.check(ask.priority)
        if ask.is_signed:
            await self.venue_clock.be_sure(self._ask_time_once)
        await self.budget.spend(
            ask.weight,
            ask.priority,
            is_order=ask.is_order,
            patience_seconds=self._patience(ask),
        )
        try:
            self.ban.check(ask.priority)
            request = await self._request(ask)
        except BaseException:
            self.budget.unsent(ask.weight, is_order=ask.is_order)
            raise
        return await self._answers.read(
            await self._send(ask, request), may_change=ask.may_change, only=ask.only
        )

    async def _send(self, ask: Ask, request: WireRequest) -> WireAnswer:
        try:
            answer = await self._transport.send(request)
        except BaseException:
            self.budget.lost(ask.weight, is_order=ask.is_order)
            raise
        self.budget.answered(ask.weight, answer.headers, is_order=ask.is_order)
        return answer

    async def _request(self, ask: Ask) -> WireRequest:
        """Build it at the last moment before sending: it states the time."""
        parameters = dict(ask.parameters)
        if ask.is_signed:
            parameters["recvWindow"] = str(self._window_ms(ask))
            parameters["timestamp"] = str(self.venue_clock.milliseconds())
        denied = None if ask.withdrawn is None else ask.withdrawn()
        if denied is not None:
            raise OrderWithdrawn(str(denied))
        request = await self._builder.build(ask.endpoint, parameters)
        return replace(request, may_change=ask.may_change, timeout_seconds=self._timeout(ask))

    def _window_ms(self, ask: Ask) -> int:
        """Return for how long the venue may take it: until its deadline, where it has one."""
        if ask.not_after_monotonic is None:
            return _WINDOW_MS
        left = int((ask.not_after_monotonic - self._clock.monotonic()) * _THOUSAND)
        if left <= 0:
            raise VenueUnavailable(
                self._name, f"{ask.endpoint} waited past its deadline; nothing was sent"
            )
        return min(left, _LONGEST_WINDOW_MS)

    async def _ask_time(self) -> datetime:
        ask = Ask(endpoint="get_server_time", priority=Priority.ORDERS, is_signed=False)
        return self._time_of(await self.ask(ask))

    async def _ask_time_once(self) -> datetime:
        """Ask without trying again: whoever needs it does without."""
        ask = Ask(endpoint="get_server_time", priority=Priority.ORDERS, is_signed=False)
        return self._time_of(await self._once(ask))

    def _time_of(self, result: Any) -> datetime:
        try:
            row = Row.of(result, "time")
            return to_time(row.decimal("serverTime") / _THOUSAND, "time.serverTime")
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    def _timeout(self, ask: Ask) -> float:
        if ask.priority is Priority.EMERGENCY:
            return self._settings.emergency_timeout_seconds
        if ask.not_after_monotonic is not None:  # a new order: it alone has a deadline
            return self._settings.order_timeout_seconds
        return self._settings.timeout_seconds

    def _patience(self, ask: Ask) -> float:
        if ask.priority is Priority.EMERGENCY:
            return self._settings.emergency_timeout_seconds
        if ask.not_after_monotonic is not None:
            return max(0.0, ask.not_after_monotonic - self._clock.monotonic())
        return self._settings.queue_timeout_seconds


def _log_trouble(notice: OwnerNotice) -> None:
    _log.warning("%s", notice.text)
