"""Questions with buttons: single use, bound to user, chat, message and plan, and expiring."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.confirmation import PressData, PressKind, hash_token, make_token
from handlers.telegram.answers import Button, Keyboard
from handlers.telegram.ports import ConfirmationEntry, ConfirmationStore
from trading.clock import Clock

DEFAULT_LIFE_SECONDS = 120.0

_REFUSALS: Mapping[str, str] = {
    "unknown": "This button is not valid any more. Ask again for a new one.",
    "used": "This button has been used already.",
    "expired": "This button has expired. Ask again for a fresh one.",
    "other_user": "This button belongs to somebody else.",
    "other_chat": "This button belongs to another chat.",
    "other_message": "This button belongs to another message. Ask again for a new one.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be confirmed; `payload_hash` ties the button to exactly what was shown."""

    action: str
    payload: Mapping[str, Any]
    payload_hash: str
    confirm: str = "✅ Confirm"
    decline: str = "✖ Cancel"
    life_seconds: float = DEFAULT_LIFE_SECONDS
    is_emergency: bool = False
    """Kept in memory: the emergency path must not need the database, and a restart may forget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who alone may answer, and where."""

    user_id: int
    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A question answered with yes, once."""

    action: str
    payload: Mapping[str, Any]
    payload_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConfirmed:
    """The press does not count; `reason` is for the person."""

    reason: str


class Confirmations:
    """Makes tokens and takes them back; only hashes are stored."""

    def __init__(
        self,
        *,
        store: ConfirmationStore,
        make_row: Callable[..., Any],
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Take the durable store; emergency questions live beside it, in memory."""
        self._durable = store
        self._make_row = make_row
        self._clock = clock
        self._random_bytes = random_bytes
        self._memory = MemoryConfirmations()

    async def ask(self, question: Question, asker: Asker) -> tuple[Keyboard, tuple[str, ...]]:
        """Store a fresh token; returns its buttons and the hash to bind to the message."""
        token = make_token(self._random_bytes)
        token_hash = hash_token(token)
        now = self._clock.now()
        row = self._make_row(
            token_hash=token_hash,
            action=question.action,
            payload=json.dumps(dict(question.payload), sort_keys=True),
            payload_hash=question.payload_hash,
            user_id=asker.user_id,
            chat_id=asker.chat_id,
            message_id=None,
            created_at=now,
            expires_at=now + timedelta(seconds=question.life_seconds),
            used_at=None,
        )
        await self._store(is_emergency=question.is_emergency).create(row)
        return _keyboard(question, token), (token_hash,)

    async def bind(self, token_hash: str, message_id: int) -> None:
        """Tie a token to the message that carries its button, and to no other."""
        is_emergency = self._memory.has(token_hash)
        await self._store(is_emergency=is_emergency).bind(token_hash, message_id)

    async def take(self, token: str, asker: Asker, *, message_id: int) -> Confirmed | NotConfirmed:
        """Use a token up; the second press of the same button never counts."""
        token_hash = hash_token(token)
        store = self._store(is_emergency=self._memory.has(token_hash))
        found = await store.consume(
            token_hash,
            user_id=asker.user_id,
            chat_id=asker.chat_id,
            message_id=message_id,
            at=self._clock.now(),
        )
        if isinstance(found, str):
            return NotConfirmed(reason=_REFUSALS.get(found, _REFUSALS["unknown"]))
        return Confirmed(
            action=found.action,
            payload=json.loads(found.payload),
            payload_hash=found.payload_hash,
        )

    def _store(self, *, is_emergency: bool) -> ConfirmationStore:
        return self._memory if is_emergency else self._durable


class MemoryConfirmations:
    """Satisfies ConfirmationStore without a database; the same rules, forgotten on restart."""

    def __init__(self, *, capacity: int = 100) -> None:
        """Keep so many; the oldest are forgotten first, which only makes them invalid."""
        self._capacity = capacity
        self._rows: dict[str, Any] = {}
        self._messages: dict[str, int] = {}

    def has(self, token_hash: str) -> bool:
        """True while the token is kept here."""
        return token_hash in self._rows

    async def create(self, row: Any, /) -> None:
        self._rows[row.token_hash] = row
        if len(self._rows) > self._capacity:
            self._forget(next(iter(self._rows)))

    async def bind(self, token_hash: str, message_id: int, /) -> None:
        if token_hash in self._rows:
            self._messages[token_hash] = message_id

    async def consume(
        self, token_hash: str, *, user_id: int, chat_id: int, message_id: int, at: datetime
    ) -> ConfirmationEntry | str:
        row = self._rows.get(token_hash)
        if row is None:
            return "unknown"
        checks = (
            (row.user_id == user_id, "other_user"),
            (row.chat_id == chat_id, "other_chat"),
            (self._messages.get(token_hash, message_id) == message_id, "other_message"),
            (at < row.expires_at, "expired"),
        )
        for holds, refusal in checks:
            if not holds:
                return refusal
        self._forget(token_hash)
        entry: ConfirmationEntry = row
        return entry

    def _forget(self, token_hash: str) -> None:
        self._rows.pop(token_hash, None)
        self._messages.pop(token_hash, None)


def _keyboard(question: Question, token: str) -> Keyboard:
    kinds = (
        (PressKind.EMERGENCY_CONFIRM, PressKind.EMERGENCY_DECLINE)
        if question.is_emergency
        else (PressKind.CONFIRM, PressKind.DECLINE)
    )
    labels = (question.confirm, question.decline)
    return (
        tuple(
            Button(label=label, data=f"{kind.value}:{token}")
            for kind, label in zip(kinds, labels, strict=True)
        ),
    )


def press_data(kind: PressKind, value: str) -> str:
    """Return the data of a button that is not a view."""
    return PressData(kind=kind, value=value).encode() or ""
