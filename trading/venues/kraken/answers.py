"""Takes Kraken's answers apart: the result, or the fault that the answer stands for."""

from __future__ import annotations

import logging
from typing import Any

from trading.clock import Clock
from trading.errors import OutcomeUnknown, VenueError, VenueProtocolError, VenueUnavailable
from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.kraken.errors import CALL_LIMIT_REACHED, TEMPORARY_LOCKOUT, fault_of
from trading.venues.kraken.lockout import Lockout
from trading.venues.rate_limit import RateLimiter
from trading.venues.transport import WireAnswer

_log = logging.getLogger(__name__)

_BAD_REQUEST = 400
_REQUEST_TIMEOUT = 408
_SERVER_ERROR = 500


class AnswerReader:
    """Reads answers, and lets those that speak of limits be learned from."""

    def __init__(self, *, name: str, clock: Clock, lockout: Lockout) -> None:
        """Take what a lockout is noted in."""
        self._name = name
        self._clock = clock
        self._lockout = lockout

    def read(self, answer: WireAnswer, limit: RateLimiter, *, may_change: bool) -> Any:
        """Return the result, or raise what the answer stands for."""
        if not answer.is_success:
            raise self._fault_of_status(answer, may_change=may_change)
        try:
            envelope = Row.of(decode_json(answer.body), "the answer")
            errors = [str(text) for text in envelope.array("error")]
            faults = [text for text in errors if not text.startswith("W")]
            if faults:
                raise self._fault(faults, limit, may_change=may_change)
            result = envelope.raw("result")
        except Malformed as error:
            raise self._not_understood(str(error), may_change=may_change) from error
        for warning in errors:
            _log.warning("venue warned venue=%s text=%s", self._name, warning)
        return result

    def _fault(self, errors: list[str], limit: RateLimiter, *, may_change: bool) -> VenueError:
        if TEMPORARY_LOCKOUT in errors:
            self._lockout.began()
        if CALL_LIMIT_REACHED.intersection(errors):
            limit.exhausted()
        return fault_of(
            self._name,
            errors,
            may_change=may_change,
            lockout_seconds=self._lockout.seconds,
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
