"""What the Telegram edge needs written down; the repositories in storage satisfy it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class InboxStatus(StrEnum):
    """How far an update got; the words in the inbox table."""

    NEW = "new"
    CLAIMED = "claimed"
    DONE = "done"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    MALFORMED = "malformed"


class InboxEntry(Protocol):
    """One raw update as it was committed."""

    @property
    def update_id(self) -> int: ...
    @property
    def raw(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def status(self) -> str: ...
    @property
    def claimed_at(self) -> datetime | None: ...
    @property
    def correlation_id(self) -> str | None: ...


class InboxStore(Protocol):
    """Each method is one transaction; `accept` commits a batch at once."""

    async def accept(
        self, rows: Sequence[Any], /, *, within_seconds: float | None = None
    ) -> Sequence[int]: ...
    async def claim(self, update_id: int, at: datetime, /) -> bool: ...
    async def finish(
        self, update_id: int, status: str, outcome: str, at: datetime, /
    ) -> object: ...
    async def pending(self) -> Sequence[InboxEntry]: ...
    async def claimed(self) -> Sequence[InboxEntry]: ...
    async def next_offset(self) -> int | None: ...


class OutboxEntry(Protocol):
    """One message to somebody; `chat_id` None means the configured default chat."""

    @property
    def sequence(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> str: ...
    @property
    def chat_id(self) -> int | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def status(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def maybe_delivered(self) -> bool: ...


class OutboxStore(Protocol):
    """Messages in the order in which they must arrive."""

    async def add(self, notices: Sequence[Any], /) -> object: ...
    async def next_due(self, at: datetime, /) -> OutboxEntry | None: ...
    async def mark_sending(self, sequence: int, at: datetime, /) -> OutboxEntry: ...
    async def mark_sent(
        self, sequence: int, message_id: int | None, at: datetime, /
    ) -> object: ...
    async def mark_retry(
        self, sequence: int, next_attempt_at: datetime, /, *, maybe_delivered: bool
    ) -> object: ...
    async def mark_failed(self, sequence: int, at: datetime, /) -> object: ...
    async def unsent_count(self) -> int: ...


class ConfirmationEntry(Protocol):
    """What a used token stood for."""

    @property
    def action(self) -> str: ...
    @property
    def payload(self) -> str: ...
    @property
    def payload_hash(self) -> str: ...


class ConfirmationStore(Protocol):
    """Single use is the store's own compare-and-set."""

    async def create(self, row: Any, /) -> object: ...
    async def bind(self, token_hash: str, message_id: int, /) -> object: ...
    async def consume(
        self, token_hash: str, *, user_id: int, chat_id: int, message_id: int, at: datetime
    ) -> ConfirmationEntry | str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Constructors of the rows that are inserted; handlers must not know storage."""

    inbox: Callable[..., Any]
    notice: Callable[..., Any]
    confirmation: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that the edge writes down."""

    inbox: InboxStore
    outbox: OutboxStore
    confirmations: ConfirmationStore
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the edge must tell the rest of the bot."""

    second_copy: Callable[[str], Awaitable[None]]
    """Somebody else polls with our token: halt."""
    aftermath: Callable[[str], Awaitable[tuple[str, ...]]]
    """What a correlation id is known to have done (orders and their state), a line each."""
