"""The error tree: faults only; an expected refusal is a value (`trading.model.denial.Denied`).

SteelyardError
├── ConfigurationError      the file is wrong; nothing was started
├── StorageError            the database or the state directory
│   ├── StateDirectoryLocked    another process owns it
│   ├── StorageUnavailable      locked, full, read-only: nothing was written
│   └── StoredValueInvalid      a stored value could not be read back
├── BalanceError            no number may be used
│   ├── AsyncBalanceRequiredError   the synchronous facade was called in a running loop
│   ├── BalanceUnknown              never read, or the read failed
│   └── BalanceUnverified           known, but not good enough to trade on
├── PriceError              no usable price: missing, stale, crossed or jumped
├── VenueError              one venue; always names it
│   ├── VenueUnavailable        transient: not executed, may be asked again
│   │   └── NonceRefused            not executed; another program probably uses the key
│   ├── VenueRejected           the venue said no, in its own words; certain
│   │   └── InsufficientFunds       it says the money is not there: our own check failed
│   ├── OutcomeUnknown          the request may have been executed: prove it, never resend
│   ├── VenueFatal              key, signature, permission: a person must act
│   └── VenueProtocolError      an answer that cannot be understood; nothing was replaced by it
├── OrderError
│   ├── IllegalTransition       not in the table; nothing was changed
│   ├── AlreadySent             a client order id is sent once, ever
│   ├── OrderWithdrawn          approval was taken back before it left: certainly not sent
│   └── OrderNotFound
├── PictureNotDrawn         what it was to show can be said in words
├── DoorNotOpened           the HTTP door cannot listen; everything else goes on
└── CommandError            what a person asked for cannot be understood or done
    └── NotUnderstood           bad arguments; the message says what would be right
"""

from __future__ import annotations

from enum import StrEnum, unique

from storage.errors import (
    StateDirectoryLocked,
    SteelyardError,
    StorageError,
    StorageUnavailable,
    StoredValueInvalid,
)

__all__ = [
    "AlreadySent",
    "AsyncBalanceRequiredError",
    "BalanceError",
    "BalanceUnknown",
    "BalanceUnverified",
    "CommandError",
    "ConfigurationError",
    "DoorNotOpened",
    "IllegalTransition",
    "InsufficientFunds",
    "NonceRefused",
    "NotUnderstood",
    "OrderError",
    "OrderNotFound",
    "OrderWithdrawn",
    "OutcomeUnknown",
    "PictureNotDrawn",
    "PriceError",
    "PriceFault",
    "StateDirectoryLocked",
    "SteelyardError",
    "StorageError",
    "StorageUnavailable",
    "StoredValueInvalid",
    "VenueError",
    "VenueFatal",
    "VenueProtocolError",
    "VenueRejected",
    "VenueUnavailable",
]


class ConfigurationError(SteelyardError):
    """The configuration cannot be used; `problems` holds one clear line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem, so that one run shows all of them."""
        super().__init__("\n".join(problems))
        self.problems = problems


class BalanceError(SteelyardError):
    """No balance that may be used for what was asked."""


class AsyncBalanceRequiredError(BalanceError):
    """The synchronous facade was called while an event loop runs in this thread."""

    def __init__(self, method: str, instead: str) -> None:
        """Name the method that was called and the one to await instead."""
        super().__init__(
            f"{method}() was called inside a running event loop; nothing was read. "
            f"Use: await {instead}(...)"
        )
        self.instead = instead


class BalanceUnknown(BalanceError):
    """The balance is not known: never read, or the venue did not answer. It is not zero."""


class BalanceUnverified(BalanceError):
    """The balance is known but stale, suspect or from fallback; no order may rest on it."""


@unique
class PriceFault(StrEnum):
    """Why there is no usable price, book or candle."""

    UNLISTED = "unlisted"
    """The venue refused the name; asking again will not help."""
    UNAVAILABLE = "unavailable"
    """The venue did not answer, or not in time."""
    MALFORMED = "malformed"
    """The answer cannot be right; nothing of it was used."""
    EMPTY = "empty"
    CROSSED = "crossed"
    STALE = "stale"
    JUMPED = "jumped"
    """Far from the last one, and no second look has agreed with it yet."""


class PriceError(SteelyardError):
    """No usable price: missing, stale, crossed, empty or jumped; `fault` says which."""

    def __init__(self, message: str, *, fault: PriceFault = PriceFault.UNAVAILABLE) -> None:
        """Keep the reason beside its words."""
        super().__init__(message)
        self.fault = fault


class VenueError(SteelyardError):
    """A fault of one venue."""

    def __init__(self, venue: str, message: str) -> None:
        """Prefix the message with the venue's name."""
        super().__init__(f"{venue}: {message}")
        self.venue = venue


class VenueUnavailable(VenueError):
    """Transient: the request was certainly not executed, and may be made again later."""

    def __init__(
        self, venue: str, message: str, *, retry_after_seconds: float | None = None
    ) -> None:
        """Carry the venue's own advice on when to come back, where it gave any."""
        super().__init__(venue, message)
        self.retry_after_seconds = retry_after_seconds


class NonceRefused(VenueUnavailable):
    """The venue refused the nonce; the request was not executed."""


class VenueRejected(VenueError):
    """The venue refused the request; `code` is its own text, unchanged."""

    def __init__(self, venue: str, code: str) -> None:
        """Keep the venue's own words."""
        super().__init__(venue, code)
        self.code = code


class InsufficientFunds(VenueRejected):
    """The venue lacks the funds for it: our check should have known, so it is an incident."""


class OutcomeUnknown(VenueError):
    """The request may have been executed; only proof settles it."""


class VenueFatal(VenueError):
    """Key, signature or permission: nothing will work until a person acts."""


class VenueProtocolError(VenueError):
    """The answer does not have the documented shape; it replaced nothing."""


class OrderError(SteelyardError):
    """A fault in the life of an order."""


class IllegalTransition(OrderError):
    """A move that the transition table does not list; nothing was changed."""


class AlreadySent(OrderError):
    """This client order id has been sent before; it is never sent again."""


class OrderWithdrawn(OrderError):
    """Approval was taken back, by a halt say, while the order waited; nothing left."""


class OrderNotFound(OrderError):
    """No order of that id in the journal."""


class PictureNotDrawn(SteelyardError):
    """No picture within its time; what it was to show can be said in words."""


class DoorNotOpened(SteelyardError):
    """The HTTP door cannot listen where it is told to; whatever else the bot does goes on."""


class CommandError(SteelyardError):
    """What was asked for cannot be done; the text says why and what can be done instead."""


class NotUnderstood(CommandError):
    """The arguments make no sense; the text says what would."""
