"""Pressed inline buttons: each is a query that the bot may answer for 150 seconds."""

import random
from dataclasses import dataclass
from enum import Enum

from simulators.clock import Clock
from simulators.telegram.database import Database
from simulators.telegram.update_queue import PRESS_LIFETIME_SECONDS


class Answer(Enum):
    FIRST = "first"
    REPEATED = "repeated"
    TOO_LATE = "too late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    query_id: str
    user_id: int
    chat_id: int
    message_id: int


class Presses:
    def __init__(self, *, database: Database, clock: Clock, dice: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._dice = dice

    def add(self, *, user_id: int, chat_id: int, message_id: int) -> Press:
        query_id = str((user_id << 32) + self._dice.getrandbits(32))
        self._database.execute(
            "INSERT INTO presses (query_id, user_id, chat_id, message_id, pressed_at) "
            "VALUES (?, ?, ?, ?, ?)",
            query_id,
            user_id,
            chat_id,
            message_id,
            self._clock.now().timestamp(),
        )
        return Press(query_id=query_id, user_id=user_id, chat_id=chat_id, message_id=message_id)

    def answer(self, query_id: str) -> tuple[Answer, Press | None]:
        """Note the answer; only the first one in time reaches the screen."""
        row = self._database.row("SELECT * FROM presses WHERE query_id = ?", query_id)
        now = self._clock.now().timestamp()
        if row is None or now - row["pressed_at"] > PRESS_LIFETIME_SECONDS:
            return Answer.TOO_LATE, None
        self._database.execute(
            "UPDATE presses SET answered = answered + 1 WHERE query_id = ?", query_id
        )
        press = Press(
            query_id=query_id,
            user_id=row["user_id"],
            chat_id=row["chat_id"],
            message_id=row["message_id"],
        )
        return (Answer.REPEATED if row["answered"] else Answer.FIRST), press
