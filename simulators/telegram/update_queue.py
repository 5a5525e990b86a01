"""The updates a bot has yet to confirm, numbered and forgotten as the real server does it."""

import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.clock import Clock
from simulators.telegram.database import Database
from simulators.telegram.signal import Signal

MESSAGE_LIFETIME_SECONDS = 24 * 3600
PRESS_LIFETIME_SECONDS = 150
FUTURE_TOLERANCE = 10  # an offset further ahead than this is ignored
_FIRST_IDS = (100_000_000, 999_999_999)
_UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    update_id: int
    kind: str
    body: dict[str, Any]
    created_at: float
    deliveries: int
    state: str

    def as_json(self) -> dict[str, Any]:
        return {"update_id": self.update_id, **self.body}


class UpdateQueue:
    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        dice: random.Random,
        on_taken: Callable[[int, int], None] = lambda _chat_id, _message_id: None,
    ) -> None:
        """`on_taken` hears of each message, by chat and id, that the bot has confirmed."""
        self._database = database
        self._clock = clock
        self._dice = dice
        self._on_taken = on_taken
        self.changed = Signal(clock=clock)

    def allow_only(self, kinds: Sequence[str]) -> None:
        """Remember which updates the bot wants from now on; none named means the usual ones."""
        self._database.remember("allowed_updates", list(kinds))

    @property
    def allowed(self) -> list[str]:
        kinds: list[str] = self._database.remembered("allowed_updates", [])
        return kinds

    def add(self, kind: str, content: Any, *, lifetime: float = MESSAGE_LIFETIME_SECONDS) -> int:
        """Queue an update and return its id, 0 where the bot does not want its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in _UNASKED
        return self.add_raw({kind: content}, kind=kind, lifetime=lifetime) if wanted else 0

    def add_raw(
        self, body: dict[str, Any], *, kind: str, lifetime: float = MESSAGE_LIFETIME_SECONDS
    ) -> int:
        now = self._clock.now().timestamp()
        with self._database.transaction():
            update_id: int = body.get("update_id") or self._next_id()
            self._database.remember("next_update_id", update_id + 1)
            self._database.execute(
                "INSERT INTO updates (update_id, kind, body, created_at, expires_at) "
                "VALUES (?, ?, ?, ?, ?)",
                update_id,
                kind,
                json.dumps({name: part for name, part in body.items() if name != "update_id"}),
                now,
                now + lifetime,
            )
        self.changed.notify()
        return update_id

    def _next_id(self) -> int:
        known: int | None = self._database.remembered("next_update_id")
        return self._dice.randint(*_FIRST_IDS) if known is None else known

    def restart_ids(self, first: int | None = None) -> int:
        """Go on from some other number, as Telegram does after a week without updates."""
        self._database.remember("next_update_id", first or self._dice.randint(*_FIRST_IDS))
        return self._next_id()

    def repeat_last(self) -> bool:
        """Deliver the newest confirmed update once more, whatever offset the bot names."""
        row = self._database.row(
            "SELECT position FROM updates WHERE state = 'confirmed' ORDER BY position DESC LIMIT 1"
        )
        if row is None:
            return False
        self._database.execute(
            "UPDATE updates SET state = 'again' WHERE position = ?", row["position"]
        )
        self.changed.notify()
        return True

    def fetch(self, *, offset: int, limit: int) -> list[dict[str, Any]]:
        """Forget what the offset confirms and return what comes after it."""
        with self._database.transaction():
            self._expire()
            self._confirm(offset)
            rows = self._database.rows(
                "SELECT position, update_id, body, state FROM updates "
                "WHERE state IN ('waiting', 'again') ORDER BY position LIMIT ?",
                limit,
            )
            for row in rows:
                state = "confirmed" if row["state"] == "again" else "waiting"
                self._database.execute(
                    "UPDATE updates SET deliveries = deliveries + 1, state = ? WHERE position = ?",
                    state,
                    row["position"],
                )
        return [{"update_id": row["update_id"], **json.loads(row["body"])} for row in rows]

    def _expire(self) -> None:
        self._database.execute(
            "UPDATE updates SET state = 'expired' WHERE state = 'waiting' AND expires_at < ?",
            self._clock.now().timestamp(),
        )

    def _confirm(self, offset: int) -> None:
        waiting = self._waiting()
        if offset > 0 and offset <= self._next_id() + FUTURE_TOLERANCE:
            confirmed = [row for row in waiting if row["update_id"] < offset]
        elif offset < 0:
            confirmed = waiting[:offset]
        else:
            confirmed = []
        for row in confirmed:
            self._database.execute(
                "UPDATE updates SET state = 'confirmed' WHERE position = ?", row["position"]
            )
            for chat_id, message_id in _messages_in(row):
                self._on_taken(chat_id, message_id)

    def _waiting(self) -> list[sqlite3.Row]:
        return self._database.rows(
            "SELECT position, update_id, kind, body FROM updates WHERE state = 'waiting' "
            "ORDER BY position"
        )

    def waiting_messages(self, chat_id: int) -> list[int]:
        """Ids of the messages of a chat that the bot has not confirmed yet."""
        self._expire()
        found = [message for row in self._waiting() for message in _messages_in(row)]
        return [message_id for of_chat, message_id in found if of_chat == chat_id]

    def drop_waiting(self) -> None:
        self._database.execute("UPDATE updates SET state = 'dropped' WHERE state = 'waiting'")

    def waiting_count(self) -> int:
        self._expire()
        row = self._database.row("SELECT count(*) AS n FROM updates WHERE state = 'waiting'")
        return 0 if row is None else int(row["n"])

    def all(self, *, limit: int = 1000) -> list[Update]:
        """The newest updates, oldest first, with how each one ended."""
        self._expire()
        rows = self._database.rows(
            "SELECT update_id, kind, body, created_at, deliveries, state FROM updates "
            "ORDER BY position DESC LIMIT ?",
            limit,
        )
        return [Update(**{**dict(row), "body": json.loads(row["body"])}) for row in reversed(rows)]


def _messages_in(row: sqlite3.Row) -> list[tuple[int, int]]:
    if row["kind"] != "message":
        return []
    message = json.loads(row["body"])["message"]
    return [(message["chat"]["id"], message["message_id"])] if "chat" in message else []
