"""One table from Binance's codes to our faults; a code that is not in it is never guessed at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from trading.errors import (
    InsufficientFunds,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)

TOO_MANY_REQUESTS = -1003
TOO_MANY_ORDERS = -1015
OUTSIDE_WINDOW = -1021
UNKNOWN_SYMBOL = -1121
REFUSED = -2010
CANCEL_REFUSED = -2011
NO_SUCH_ORDER = frozenset({-2013, -2026})
"""It does not exist, or ended unfilled more than ninety days ago and was archived."""


class Meaning(IntEnum):
    """What a code says about the request."""

    UNRECOGNISED = 0
    AMBIGUOUS = 1
    """The engine failed on it: a question may be repeated, an order may have been executed."""
    FATAL = 2
    LIMIT = 3
    """Stopped at the gate: asked too much; certainly not executed."""
    CLOCK = 4
    """Stopped at the gate: our time and the venue's differ; certainly not executed."""
    REJECTED = 5


_MEANINGS = {
    -1000: Meaning.AMBIGUOUS,  # an unknown error occurred while processing the request
    -1001: Meaning.AMBIGUOUS,  # disconnected: internal error
    -1002: Meaning.FATAL,  # not authorised
    TOO_MANY_REQUESTS: Meaning.LIMIT,
    -1004: Meaning.AMBIGUOUS,  # server busy
    -1006: Meaning.AMBIGUOUS,  # unexpected response; execution status unknown
    -1007: Meaning.AMBIGUOUS,  # backend timed out; execution status unknown
    -1008: Meaning.AMBIGUOUS,  # overloaded
    -1010: Meaning.REJECTED,  # refused by the engine, in the words of the message
    -1013: Meaning.REJECTED,  # a filter of the symbol
    -1014: Meaning.REJECTED,  # combination of order parameters
    TOO_MANY_ORDERS: Meaning.LIMIT,
    -1016: Meaning.AMBIGUOUS,  # the service is shutting down
    -1020: Meaning.REJECTED,  # operation not supported
    OUTSIDE_WINDOW: Meaning.CLOCK,
    -1022: Meaning.FATAL,  # signature
    -1033: Meaning.AMBIGUOUS,  # the component that was asked does not work now
    -1034: Meaning.LIMIT,  # too many connections
    -2008: Meaning.FATAL,  # no such key
    REFUSED: Meaning.REJECTED,
    CANCEL_REFUSED: Meaning.REJECTED,
    -2013: Meaning.REJECTED,
    -2014: Meaning.FATAL,  # format of the key
    -2015: Meaning.FATAL,  # key, address or permission
    -2016: Meaning.REJECTED,  # no trading window for the symbol
    -2026: Meaning.REJECTED,
    -2035: Meaning.REJECTED,  # subscribed already
    -2036: Meaning.REJECTED,  # no such subscription
}
_FAULTY_PARAMETERS = range(-1199, -1099)
"""Everything from -1100 to -1199 finds fault with a parameter."""

_NO_FUNDS = "Account has insufficient balance"
_DUPLICATE = "Duplicate order sent"
"""An order of this id is open already, whoever sent it: our own row must find it."""
_BANNED_UNTIL = re.compile(r"until\s+(\d{13})")
_FATAL_ADVICE = (
    "Steelyard stopped using the key; check it, its permissions and its list of "
    "addresses at Binance"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is an error: its code and the venue's own words."""

    code: int
    message: str

    def __str__(self) -> str:
        """Return both."""
        return f"{self.code} {self.message}"

    @property
    def banned_until_ms(self) -> int | None:
        """When a ban ends, in milliseconds since 1970, where the words say it."""
        found = _BANNED_UNTIL.search(self.message)
        return int(found[1]) if found else None


def meaning_of(refusal: Refusal) -> Meaning:
    """Return what an error means."""
    if refusal.code in (REFUSED, -1010) and _DUPLICATE in refusal.message:
        return Meaning.AMBIGUOUS
    if refusal.code in _FAULTY_PARAMETERS:
        return Meaning.REJECTED
    return _MEANINGS.get(refusal.code, Meaning.UNRECOGNISED)


def fault_of(
    venue: str, refusal: Refusal, *, may_change: bool, retry_after_seconds: float | None
) -> VenueError:
    """Return the fault that an error stands for."""
    text = str(refusal)
    match meaning_of(refusal):
        case Meaning.UNRECOGNISED if may_change:
            return OutcomeUnknown(venue, f"an answer not understood: {text}")
        case Meaning.UNRECOGNISED:
            return VenueProtocolError(venue, f"an error not understood: {text}")
        case Meaning.AMBIGUOUS if may_change:
            return OutcomeUnknown(venue, text)
        case Meaning.AMBIGUOUS:
            return VenueUnavailable(venue, text)
        case Meaning.FATAL:
            return VenueFatal(venue, f"{text}. {_FATAL_ADVICE}")
        case Meaning.LIMIT:
            return VenueUnavailable(venue, text, retry_after_seconds=retry_after_seconds)
        case Meaning.CLOCK:
            return VenueUnavailable(
                venue, f"{text}; nothing was executed, and its clock is asked for anew"
            )
        case Meaning.REJECTED if _NO_FUNDS in refusal.message:
            return InsufficientFunds(venue, text)
        case Meaning.REJECTED:
            return VenueRejected(venue, text)


def code_of(error: VenueRejected) -> int | None:
    """Return the code that a refusal began with."""
    text = error.code.partition(" ")[0]
    return int(text) if text.lstrip("-").isdecimal() else None
