"""Takes Binance's answers apart: the result, or the fault that the answer stands for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from trading.errors import OutcomeUnknown, VenueError, VenueProtocolError, VenueUnavailable
from trading.venues.binance.ban import Ban
from trading.venues.binance.budgets import RequestBudget
from trading.venues.binance.errors import (
    OUTSIDE_WINDOW,
    TOO_MANY_ORDERS,
    TOO_MANY_REQUESTS,
    Refusal,
    fault_of,
)
from trading.venues.binance.venue_clock import VenueClock
from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.transport import WireAnswer

_BAD_REQUEST = 400
_FORBIDDEN = 403
_REQUEST_TIMEOUT = 408
_BANNED = 418
_SLOW_DOWN = 429
_SERVER_ERROR = 500
_SLOW_DOWN_SECONDS = 60.0
"""Where we are asked to slow down without a word of for how long: one window of the limit."""
_FIREWALL_SECONDS = 60.0
_LARGE_BODY = 2**18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OutsideWindow(VenueUnavailable):
    """Our time and the venue's differ: certainly not executed, and cured by asking for its."""


class AnswerReader:
    """Reads answers, and lets those that speak of limits and clocks be learned from."""

    def __init__(
        self, *, venue: str, ban: Ban, budget: RequestBudget, venue_clock: VenueClock
    ) -> None:
        """Take what is learned into."""
        self._venue = venue
        self._ban = ban
        self._budget = budget
        self._venue_clock = venue_clock

    async def read(
        self, answer: WireAnswer, *, may_change: bool, only: frozenset[str] | None = None
    ) -> Any:
        """Return the result, `only` these names of it, or raise what the answer stands for."""
        if not answer.is_success:
            raise self._fault(answer, may_change=may_change)
        self._ban.answered()
        try:
            if len(answer.body) < _LARGE_BODY:
                return decode_json(answer.body, only=only)
            return await asyncio.to_thread(decode_json, answer.body, only=only)
        except Malformed as error:
            if may_change:
                raise OutcomeUnknown(self._venue, f"an answer not understood: {error}") from error
            raise VenueProtocolError(self._venue, str(error)) from error

    def _fault(self, answer: WireAnswer, *, may_change: bool) -> VenueError:
        refusal = _refusal(answer)
        wait = answer.retry_after_seconds
        if answer.status in (_BANNED, _SLOW_DOWN) or (
            refusal is not None and refusal.code == TOO_MANY_REQUESTS
        ):
            return self._limited(answer, refusal)
        if refusal is None or answer.status == _FORBIDDEN:
            return self._of_status(answer, may_change=may_change)
        if refusal.code == TOO_MANY_ORDERS:
            self._budget.orders_exhausted(wait)
        if refusal.code == OUTSIDE_WINDOW:
            self._venue_clock.doubt()
            return OutsideWindow(
                self._venue, f"{refusal}; nothing was executed, its clock is asked for anew"
            )
        return fault_of(self._venue, refusal, may_change=may_change, retry_after_seconds=wait)

    def _limited(self, answer: WireAnswer, refusal: Refusal | None) -> VenueError:
        """Keep still: 429 asks for it, 418 enforces it; what was asked was not executed."""
        reason = f"HTTP {answer.status}" + (f", {refusal}" if refusal else "")
        if refusal is not None and refusal.code == TOO_MANY_ORDERS:
            wait = answer.retry_after_seconds
            self._budget.orders_exhausted(wait)
            return VenueUnavailable(self._venue, reason, retry_after_seconds=wait)
        is_ban = answer.status == _BANNED
        seconds = self._wait(answer, refusal)
        self._ban.began(seconds, is_ban=is_ban, reason=reason)
        return VenueUnavailable(
            self._venue, f"{reason}; nothing was executed", retry_after_seconds=seconds
        )

    def _wait(self, answer: WireAnswer, refusal: Refusal | None) -> float:
        waits = [] if answer.retry_after_seconds is None else [answer.retry_after_seconds]
        until = None if refusal is None else refusal.banned_until_ms
        if until is not None:
            ends = _EPOCH + timedelta(milliseconds=until)
            waits.append((ends - self._venue_clock.now()).total_seconds())
        return max(waits, default=_SLOW_DOWN_SECONDS)

    def _of_status(self, answer: WireAnswer, *, may_change: bool) -> VenueError:
        """Judge an answer of the edge: 5xx may come after execution, 4xx comes before."""
        reason = f"answered HTTP {answer.status}"
        if answer.status == _FORBIDDEN:
            reason = f"{reason}: its firewall refuses this address for a while"
            self._ban.began(
                answer.retry_after_seconds or _FIREWALL_SECONDS, is_ban=False, reason=reason
            )
        if _BAD_REQUEST <= answer.status < _SERVER_ERROR and answer.status != _REQUEST_TIMEOUT:
            return VenueUnavailable(
                self._venue,
                f"{reason}; it was refused before the engine saw it",
                retry_after_seconds=answer.retry_after_seconds,
            )
        if may_change:
            return OutcomeUnknown(self._venue, reason)
        if answer.status < _BAD_REQUEST:
            return VenueProtocolError(self._venue, reason)
        return VenueUnavailable(
            self._venue, reason, retry_after_seconds=answer.retry_after_seconds
        )


def _refusal(answer: WireAnswer) -> Refusal | None:
    """Read the error of an answer; None where the venue itself did not write it."""
    try:
        row = Row.of(decode_json(answer.body), "the answer")
        return Refusal(code=row.integer("code"), message=str(row.fields.get("msg", "")))
    except Malformed:
        return None
