"""What was said in every chat, and the numbered events by which watchers follow along."""

import json
from dataclasses import dataclass
from typing import Any

from simulators.clock import Clock
from simulators.telegram.database import Database
from simulators.telegram.files import Files
from simulators.telegram.messages import Message, MessageView
from simulators.telegram.people import People
from simulators.telegram.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a watcher sees: message, edit, delete, answer, action, commands, press, taken."""

    seq: int
    at: float
    chat_id: int
    kind: str
    body: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "at": self.at,
            "chat_id": self.chat_id,
            "event": self.kind,
            **self.body,
        }


class History:
    def __init__(self, *, database: Database, clock: Clock, people: People, files: Files) -> None:
        self._database = database
        self._clock = clock
        self.changed = Signal(clock=clock)
        self.view = MessageView(people=people, file=files.known, message=self.message)

    def next_message_id(self) -> int:
        number: int = 1 + self._database.remembered("last_message", 0)
        self._database.remember("last_message", number)
        return number

    def add(self, message: Message) -> None:
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO messages (chat_id, message_id, body) VALUES (?, ?, ?)",
                message.chat_id,
                message.message_id,
                json.dumps(message.as_row()),
            )
            self.record("message", message.chat_id, self.view.for_people(message))

    def replace(self, message: Message) -> None:
        with self._database.transaction():
            self._database.execute(
                "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ?",
                json.dumps(message.as_row()),
                message.chat_id,
                message.message_id,
            )
            self.record("edit", message.chat_id, self.view.for_people(message))

    def delete(self, message: Message) -> None:
        with self._database.transaction():
            self._database.execute(
                "UPDATE messages SET deleted = 1 WHERE chat_id = ? AND message_id = ?",
                message.chat_id,
                message.message_id,
            )
            self.record("delete", message.chat_id, self.view.for_people(message))

    def message(self, chat_id: int, message_id: int) -> Message | None:
        row = self._database.row(
            "SELECT body FROM messages WHERE chat_id = ? AND message_id = ? AND NOT deleted",
            chat_id,
            message_id,
        )
        return None if row is None else Message.from_row(json.loads(row["body"]))

    def page(self, chat_id: int, *, before: int | None = None, limit: int = 100) -> list[Message]:
        """The last messages of a chat, oldest first; `before` is a message id."""
        rows = self._database.rows(
            "SELECT body FROM messages WHERE chat_id = ? AND NOT deleted AND message_id < ? "
            "ORDER BY message_id DESC LIMIT ?",
            chat_id,
            before if before is not None else 2**62,
            limit,
        )
        return [Message.from_row(json.loads(row["body"])) for row in reversed(rows)]

    def record(self, kind: str, chat_id: int, body: dict[str, Any]) -> int:
        """Number an event and wake those who watch."""
        seq = self._database.execute(
            "INSERT INTO events (at, chat_id, kind, body) VALUES (?, ?, ?, ?)",
            self._clock.now().timestamp(),
            chat_id,
            kind,
            json.dumps(body),
        )
        self.changed.notify()
        return seq

    def note_taken(self, chat_id: int, message_id: int) -> None:
        """Tell watchers that the bot has received a user's message for good."""
        self.record("taken", chat_id, {"message_id": message_id})

    def last_seq(self) -> int:
        row = self._database.row("SELECT max(seq) AS seq FROM events")
        return 0 if row is None or row["seq"] is None else int(row["seq"])

    def events(
        self, *, after: int = 0, chat_id: int | None = None, limit: int = 500
    ) -> list[Event]:
        rows = self._database.rows(
            "SELECT seq, at, chat_id, kind, body FROM events "
            "WHERE seq > ? AND (? IS NULL OR chat_id = ?) ORDER BY seq LIMIT ?",
            after,
            chat_id,
            chat_id,
            limit,
        )
        return [
            Event(
                seq=row["seq"],
                at=row["at"],
                chat_id=row["chat_id"],
                kind=row["kind"],
                body=json.loads(row["body"]),
            )
            for row in rows
        ]
