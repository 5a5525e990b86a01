"""Frozen rows: what the tables hold, in plain values; `None` means not known.

Words of a state machine are kept as text; the layer above owns the enumerations. Times are
aware UTC, amounts are `Decimal`, `*_json`-like fields (payload, plan, evidence) are JSON text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from storage.errors import StorageError


class ConflictingWrite(StorageError):
    """The row is not in the state the write expected, or its key is taken; nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """The last reading of one asset; `source` says how it was come by."""

    venue: str
    asset: str
    free: Decimal
    locked: Decimal
    source: str
    changed_at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NavRow:
    """Net asset value of one venue in its base currency at one moment."""

    venue: str
    base: str
    nav: Decimal
    at: datetime
    growth: Decimal | None = None
    """What one unit put in at the beginning had become, flows taken out; None: not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """Something the owner must be told; `chat_id` None means the configured chat.

    A second notice with the same `dedupe_key` is dropped; None is never a duplicate.
    """

    kind: str
    payload: str
    chat_id: int | None = None
    dedupe_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A notice on its way; status is queued, sending, sent or failed."""

    sequence: int
    kind: str
    payload: str
    chat_id: int | None
    dedupe_key: str | None
    created_at: datetime
    updated_at: datetime
    """When it was last attempted, sent or given up."""
    status: str
    attempts: int
    next_attempt_at: datetime
    sent_at: datetime | None
    message_id: int | None
    maybe_delivered: bool
    """True when an earlier attempt may have arrived without our hearing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderRow:
    """An order about to be journaled; its number and client order id are given by the journal."""

    venue: str
    base: str
    quote: str
    side: str
    order_type: str
    time_in_force: str
    quantity: Decimal
    limit_price: Decimal | None
    reserve_asset: str
    reserve_amount: Decimal
    origin: str
    reason: str
    run_id: str | None
    correlation_id: str
    created_at: datetime
    status: str = "planned"
    evidence: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedOrderRow:
    """An order found at a venue that the journal does not know."""

    client_order_id: str
    """Unique in the journal; the caller makes one where the venue tells none."""
    venue: str
    venue_order_id: str
    base: str
    quote: str
    side: str
    order_type: str
    time_in_force: str
    quantity: Decimal
    limit_price: Decimal | None
    reserve_asset: str
    reserve_amount: Decimal
    origin: str
    reason: str
    correlation_id: str
    status: str
    created_at: datetime
    submitted_at: datetime | None
    note: str | None
    evidence: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One line of the journal; filled quantity, cost and fee are the sums of its fills."""

    sequence: int
    client_order_id: str
    venue: str
    base: str
    quote: str
    side: str
    order_type: str
    time_in_force: str
    quantity: Decimal
    limit_price: Decimal | None
    reserve_asset: str
    reserve_amount: Decimal
    origin: str
    reason: str
    run_id: str | None
    correlation_id: str
    status: str
    venue_order_id: str | None
    filled_quantity: Decimal
    cost: Decimal
    fee: Decimal
    created_at: datetime
    submitted_at: datetime | None
    deadline_at: datetime | None
    updated_at: datetime
    note: str | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMove:
    """A change of state, made only if the order is in one of the `expected` states.

    None leaves a column as it is. `detail` goes into the order's history; `notices` enter the
    outbox in the same transaction.
    """

    client_order_id: str
    expected: frozenset[str]
    status: str
    at: datetime
    detail: str
    venue_order_id: str | None = None
    submitted_at: datetime | None = None
    deadline_at: datetime | None = None
    note: str | None = None
    evidence: str | None = None
    notices: tuple[NewNotice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEventRow:
    """One step in the history of an order; `previous` is None for its first line."""

    sequence: int
    client_order_id: str
    at: datetime
    previous: str | None
    status: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One execution; `client_order_id` is None while no order of the journal owns it."""

    venue: str
    fill_id: str
    venue_order_id: str
    client_order_id: str | None
    base: str
    quote: str
    side: str
    quantity: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    executed_at: datetime
    booked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One rebalance run; unfinished while `finished_at` is None."""

    run_id: str
    venue: str
    trigger: str
    status: str
    plan: str
    plan_hash: str
    base: str
    correlation_id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One update as it came; status is new, claimed, done, refused, interrupted, malformed."""

    update_id: int
    raw: str
    received_at: datetime
    chat_id: int | None
    user_id: int | None
    lane: str | None
    status: str
    claimed_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    correlation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRow:
    """A question with a button; single use, bound to user, chat, message and payload."""

    token_hash: str
    action: str
    payload: str
    payload_hash: str
    user_id: int
    chat_id: int
    message_id: int | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


ConfirmationRefusal = Literal[
    "unknown", "other_user", "other_chat", "other_message", "used", "expired"
]
"""Why a press of a button does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """What is known of a scheduled job; `failures` counts those in a row."""

    name: str
    paused: bool
    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_outcome: str | None
    last_error: str | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRow:
    """A circuit breaker: per venue and kind of call."""

    venue: str
    kind: str
    state: str
    failures: int
    open_until: datetime | None
    reason: str | None
    updated_at: datetime
