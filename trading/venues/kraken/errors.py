"""One table from Kraken's words to our faults; a word that is not in it is never guessed at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)

INSUFFICIENT_FUNDS = "EOrder:Insufficient funds"
INVALID_NONCE = "EAPI:Invalid nonce"
TEMPORARY_LOCKOUT = "EGeneral:Temporary lockout"
DEADLINE_ELAPSED = "EService:Deadline elapsed"
UNKNOWN_ORDER = frozenset({"EOrder:Unknown order", "EOrder:Invalid order", "EQuery:Unknown order"})
CALL_LIMIT_REACHED = frozenset(
    {
        "EAPI:Rate limit exceeded",
        "EAuth:Rate limit exceeded",
        "EAuth:Too many requests",
        "EGeneral:Too many requests",
    }
)
TOKEN_REFUSED = frozenset({"EAPI:Invalid token", "ESession:Invalid session"})
"""Of the private socket: a new token is needed."""
UNKNOWN_PAIR = "EQuery:Unknown asset pair"


class Meaning(IntEnum):
    """What an error says about the request; the gravest of several counts, lowest first."""

    UNRECOGNISED = 0
    AMBIGUOUS = 1
    """The engine failed on it: a question may be repeated, an order may have been executed."""
    FATAL = 2
    NONCE = 3
    LIMIT = 4
    """Stopped at the gate: asked too much, or a token that is over; certainly not executed."""
    REJECTED = 5


_MEANINGS = {
    INVALID_NONCE: Meaning.NONCE,
    "EAPI:Invalid key": Meaning.FATAL,
    "EAPI:Invalid signature": Meaning.FATAL,
    "EAPI:Bad request": Meaning.REJECTED,
    "EAPI:Feature disabled": Meaning.REJECTED,
    "EAPI:Rate limit exceeded": Meaning.LIMIT,
    "EAPI:Invalid token": Meaning.LIMIT,
    "ESession:Invalid session": Meaning.LIMIT,
    "EGeneral:Permission denied": Meaning.FATAL,
    "EGeneral:Temporary lockout": Meaning.LIMIT,
    "EGeneral:Too many requests": Meaning.LIMIT,
    "EGeneral:Internal error": Meaning.AMBIGUOUS,
    # An order of this id is open already, whoever sent it: our own row must find it.
    "EGeneral:Invalid arguments:cl_ord_id not unique": Meaning.AMBIGUOUS,
    "EGeneral:Invalid arguments": Meaning.REJECTED,
    "EGeneral:Unknown method": Meaning.REJECTED,
    "EAuth:Account temporary disabled": Meaning.FATAL,
    "EAuth:Account unconfirmed": Meaning.FATAL,
    "EAuth:Rate limit exceeded": Meaning.LIMIT,
    "EAuth:Too many requests": Meaning.LIMIT,
    "EAccount:Invalid permissions": Meaning.FATAL,
    "EDatabase:Internal error": Meaning.AMBIGUOUS,
    # Reported to come with orders that were executed all the same, when the engine is
    # overloaded: for an order only a look-up settles it.
    "EService:Unavailable": Meaning.AMBIGUOUS,
    "EService:Busy": Meaning.AMBIGUOUS,
    "EService:Timeout": Meaning.AMBIGUOUS,
    "EService:Throttled": Meaning.LIMIT,
    "EService:Deadline elapsed": Meaning.REJECTED,
    "EService:Market in cancel_only mode": Meaning.REJECTED,
    "EService:Market in post_only mode": Meaning.REJECTED,
    "EService:Market in limit_only mode": Meaning.REJECTED,
}
_REJECTING_FAMILIES = frozenset({"EOrder", "ETrade", "EQuery", "EBM", "EFunding"})
_THROTTLED_UNTIL = re.compile(r"EService:Throttled:\s*(\d{9,11})")

_NONCE_ADVICE = (
    "the nonce was refused and nothing was executed. Another program probably uses this API key, "
    "or used it with a finer clock: give Steelyard a key of its own"
)
_FATAL_ADVICE = "Steelyard stopped using the key; check the API key and its permissions at Kraken"


def meaning_of(text: str) -> Meaning:
    """Return what one error string means; more words may follow a known one after a colon."""
    known = _MEANINGS.get(text)
    if known is not None:
        return known
    for words, meaning in _MEANINGS.items():
        if text.startswith(f"{words}:"):
            return meaning
    if text.partition(":")[0] in _REJECTING_FAMILIES:
        return Meaning.REJECTED
    return Meaning.UNRECOGNISED


def fault_of(
    venue: str, errors: Sequence[str], *, may_change: bool, lockout_seconds: float, unix_now: float
) -> VenueError:
    """Return the fault that a non-empty list of error strings stands for."""
    text = min(errors, key=meaning_of)
    match meaning_of(text):
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
        case Meaning.NONCE:
            return NonceRefused(venue, f"{text}: {_NONCE_ADVICE}")
        case Meaning.LIMIT:
            wait = _wait_seconds(text, lockout_seconds=lockout_seconds, unix_now=unix_now)
            return VenueUnavailable(venue, text, retry_after_seconds=wait)
        case Meaning.REJECTED if text == INSUFFICIENT_FUNDS:
            return InsufficientFunds(venue, text)
        case Meaning.REJECTED:
            return VenueRejected(venue, text)


def _wait_seconds(text: str, *, lockout_seconds: float, unix_now: float) -> float | None:
    if text == TEMPORARY_LOCKOUT:
        return lockout_seconds
    if until := _THROTTLED_UNTIL.match(text):
        return max(0.0, float(until[1]) - unix_now)
    return None
