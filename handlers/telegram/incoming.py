"""Raw updates into frozen values; each is read on its own, and never half-accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handlers.authorisation import Origin

ALLOWED_UPDATES = ("message", "edited_message", "callback_query")
_FORWARD_MARKS = ("forward_origin", "forward_date", "forward_from", "via_bot", "sender_chat")


class MalformedUpdate(ValueError):
    """Not an update as the Bot API documents it; `update_id` is known where it could be read."""

    def __init__(self, message: str, *, update_id: int | None) -> None:
        """Keep the id: a malformed update is confirmed like any other."""
        super().__init__(message)
        self.update_id = update_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something typed; `text` is None for pictures, stickers and the like."""

    update_id: int
    origin: Origin
    message_id: int
    text: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button pressed; presses carry no date of their own. `message_id` None: too old."""

    update_id: int
    origin: Origin
    query_id: str
    message_id: int | None
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Irrelevant:
    """A well-formed update of a kind that asks nothing of this bot."""

    update_id: int


Incoming = Message | Press | Irrelevant


def update_id_of(raw: object) -> int | None:
    """Return the id of whatever this is; None when there is none."""
    if isinstance(raw, Mapping):
        value = raw.get("update_id")
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
            return value
    return None


def parse_update(raw: object) -> Incoming:
    """Read one update; MalformedUpdate when it is not what the Bot API documents."""
    update_id = update_id_of(raw)
    if update_id is None or not isinstance(raw, Mapping):
        raise MalformedUpdate("no update_id", update_id=update_id)
    try:
        return _parse(raw, update_id)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise MalformedUpdate(f"{type(error).__name__}: {error}", update_id=update_id) from error


def _parse(raw: Mapping[str, Any], update_id: int) -> Incoming:
    if "callback_query" in raw:
        return _parse_press(_object(raw["callback_query"]), update_id)
    for key, is_edited in (("message", False), ("edited_message", True)):
        if key in raw:
            return _parse_message(_object(raw[key]), update_id, is_edited=is_edited)
    return Irrelevant(update_id=update_id)


def _parse_message(message: Mapping[str, Any], update_id: int, *, is_edited: bool) -> Incoming:
    if "from" not in message:  # a channel's post has no person behind it
        return Irrelevant(update_id=update_id)
    text = message.get("text")
    if text is not None and not isinstance(text, str):
        raise TypeError("text is no string")
    return Message(
        update_id=update_id,
        origin=_origin(message, _object(message["from"]), is_edited=is_edited),
        message_id=_integer(message["message_id"]),
        text=text,
        sent_at=datetime.fromtimestamp(_integer(message["date"]), UTC),
    )


def _parse_press(query: Mapping[str, Any], update_id: int) -> Incoming:
    if "data" not in query or "message" not in query:  # a game, or an inline message
        return Irrelevant(update_id=update_id)
    message = _object(query["message"])
    person = _object(query["from"])
    origin = _origin(message, person, is_edited=False, is_press=True)
    return Press(
        update_id=update_id,
        origin=origin,
        query_id=_string(query["id"]),
        message_id=_integer(message["message_id"]),
        data=_string(query["data"]),
    )


def _origin(
    message: Mapping[str, Any],
    person: Mapping[str, Any],
    *,
    is_edited: bool,
    is_press: bool = False,
) -> Origin:
    chat = _object(message["chat"])
    topic = message.get("message_thread_id") if message.get("is_topic_message") else None
    return Origin(
        user_id=_integer(person["id"]),
        chat_id=_integer(chat["id"]),
        is_private=_string(chat["type"]) == "private",
        is_bot=bool(person.get("is_bot", False)),
        is_forwarded=not is_press and any(mark in message for mark in _FORWARD_MARKS),
        is_edited=is_edited,
        thread_id=None if topic is None else _integer(topic),
    )


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object was {type(value).__name__}")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise TypeError(f"a number was {value!r}")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string was {value!r}")
    return value
