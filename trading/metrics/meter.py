"""Who is told what is to be counted: a meter, or one that hears nothing where none is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OrderWithdrawn,
    OutcomeUnknown,
    SteelyardError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus


class Endpoint(StrEnum):
    """What can be asked of a venue: the methods of its port."""

    FETCH_STATE = "fetch_state"
    FETCH_TIME = "fetch_time"
    RESYNC = "resync"
    FETCH_KEY_REPORT = "fetch_key_report"
    FETCH_INSTRUMENTS = "fetch_instruments"
    FETCH_BALANCES = "fetch_balances"
    FETCH_TOTALS = "fetch_totals"
    FETCH_LEDGER = "fetch_ledger"
    FETCH_PRICES = "fetch_prices"
    FETCH_BOOKS = "fetch_books"
    FETCH_CANDLES = "fetch_candles"
    SUBMIT = "submit"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    ARM_DEAD_MAN_SWITCH = "arm_dead_man_switch"
    FETCH_OPEN_ORDERS = "fetch_open_orders"
    FETCH_CLOSED_ORDERS = "fetch_closed_orders"
    FETCH_ORDERS = "fetch_orders"
    FIND_ORDERS = "find_orders"
    FETCH_FILLS = "fetch_fills"


class CallOutcome(StrEnum):
    """What became of a call of a venue."""

    ANSWERED = "answered"
    FAILED = "failed"
    NOT_ASKED = "not_asked"
    """A breaker kept it from the venue."""
    ABANDONED = "abandoned"
    """Whoever asked went away."""


class FaultKind(StrEnum):
    """The faults of a venue, by the error tree."""

    UNAVAILABLE = "unavailable"
    NONCE_REFUSED = "nonce_refused"
    REJECTED = "rejected"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    OUTCOME_UNKNOWN = "outcome_unknown"
    FATAL = "fatal"
    PROTOCOL = "protocol"
    WITHDRAWN = "withdrawn"
    """A halt took the order back before it left."""
    OTHER = "other"


class CommandOutcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    """It could not be understood."""
    FAILED = "failed"
    TOO_SLOW = "too_slow"
    BROKE = "broke"
    """By a fault of the program."""


_KINDS: Mapping[type[BaseException], FaultKind] = {
    NonceRefused: FaultKind.NONCE_REFUSED,
    InsufficientFunds: FaultKind.INSUFFICIENT_FUNDS,
    VenueUnavailable: FaultKind.UNAVAILABLE,
    VenueRejected: FaultKind.REJECTED,
    OutcomeUnknown: FaultKind.OUTCOME_UNKNOWN,
    VenueFatal: FaultKind.FATAL,
    VenueProtocolError: FaultKind.PROTOCOL,
    OrderWithdrawn: FaultKind.WITHDRAWN,
}


def fault_kind(error: BaseException) -> FaultKind:
    """Return the kind of a fault: that of the nearest class of the tree that has one."""
    kinds = (_KINDS[each] for each in type(error).__mro__ if each in _KINDS)
    return next(kinds, FaultKind.OTHER)


class MeasuredCall(Protocol):
    """One call of a venue that is under way."""

    def asked(self) -> None:
        """Note that no breaker keeps it from the venue."""
        ...

    def failed(self, fault: SteelyardError) -> None:
        """Note a fault that is not raised: an answer that holds nothing but faults."""
        ...


class Meter(Protocol):
    """Counts; every method returns at once and never raises."""

    def venue_call(
        self, venue: VenueName, endpoint: Endpoint
    ) -> AbstractContextManager[MeasuredCall]:
        """Measure the block as one call; what it raises goes on its way."""
        ...

    def command(self, name: str, outcome: CommandOutcome, seconds: float) -> None:
        """Count a command that was run."""
        ...

    def order_changed(self, venue: VenueName, status: OrderStatus) -> None:
        """Count an order that came into a state."""
        ...

    def fill(self, venue: VenueName, side: Side) -> None:
        """Count a fill."""
        ...

    def balances_questioned(self, venue: VenueName) -> None:
        """Count an answer that was not believed."""
        ...

    def job_begun(self, job: str, *, late_seconds: float) -> None:
        """Note how long after its stroke a job began."""
        ...

    def job_ended(self, job: str, seconds: float, *, failed: bool) -> None:
        """Count a run of a job."""
        ...

    def loop_lag(self, seconds: float) -> None:
        """Note by how much the loop was late."""
        ...

    def write(self, seconds: float, *, failed: bool) -> None:
        """Count a write of the database."""
        ...


class _Unmeasured:
    """Hears nothing."""

    def asked(self) -> None: ...

    def failed(self, fault: SteelyardError) -> None: ...


class NullMeter:
    """Satisfies Meter where nobody asks for metrics."""

    def __init__(self) -> None:
        """Hand the same block to everybody: it keeps nothing."""
        self._call = nullcontext(_Unmeasured())

    def venue_call(
        self, venue: VenueName, endpoint: Endpoint
    ) -> AbstractContextManager[MeasuredCall]:
        del venue, endpoint
        return self._call

    def command(self, name: str, outcome: CommandOutcome, seconds: float) -> None: ...

    def order_changed(self, venue: VenueName, status: OrderStatus) -> None: ...

    def fill(self, venue: VenueName, side: Side) -> None: ...

    def balances_questioned(self, venue: VenueName) -> None: ...

    def job_begun(self, job: str, *, late_seconds: float) -> None: ...

    def job_ended(self, job: str, seconds: float, *, failed: bool) -> None: ...

    def loop_lag(self, seconds: float) -> None: ...

    def write(self, seconds: float, *, failed: bool) -> None: ...
