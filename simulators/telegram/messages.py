"""One message as it stands now, and the two ways it is shown: to the bot and to people."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from simulators.telegram.files import StoredFile
from simulators.telegram.formatted_text import Entity, FormattedText
from simulators.telegram.keyboards import Rows
from simulators.telegram.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    chat_id: int
    message_id: int
    sender_id: int
    date: int
    sent_at: float
    text: str = ""
    entities: tuple[Entity, ...] = ()
    file_id: str | None = None
    inline: Rows | None = None
    keyboard: dict[str, Any] | None = None
    reply_to: int | None = None
    thread_id: int | None = None
    edit_date: int | None = None
    edits: int = 0
    silent: bool = False

    @property
    def formatted(self) -> FormattedText:
        return FormattedText(text=self.text, entities=self.entities)

    def as_row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Message":
        return cls(**{**row, "entities": tuple(row["entities"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """Shows messages; looks up files and replied-to messages through what it is given."""

    people: People
    file: Callable[[str], StoredFile]
    message: Callable[[int, int], Message | None]

    def for_bot(self, message: Message, *, with_reply: bool = True) -> dict[str, Any]:
        """The Message object of the Bot API; a reply keyboard is never part of it."""
        shown: dict[str, Any] = {"message_id": message.message_id}
        if message.thread_id is not None:
            shown |= {"message_thread_id": message.thread_id, "is_topic_message": True}
        shown |= {
            "from": self.people.sender_json(message.sender_id),
            "chat": self.people.chat_json(message.chat_id),
            "date": message.date,
        }
        if message.edit_date is not None:
            shown["edit_date"] = message.edit_date
        if with_reply and message.reply_to is not None:
            replied = self.message(message.chat_id, message.reply_to)
            if replied is not None:
                shown["reply_to_message"] = self.for_bot(replied, with_reply=False)
        shown |= self._content_for_bot(message)
        if message.inline is not None:
            shown["reply_markup"] = {"inline_keyboard": message.inline}
        return shown

    def _content_for_bot(self, message: Message) -> dict[str, Any]:
        if message.file_id is None:
            content: dict[str, Any] = {"text": message.text}
            return content | ({"entities": list(message.entities)} if message.entities else {})
        content = self.file(message.file_id).as_json()
        if message.text:
            content["caption"] = message.text
        if message.entities:
            content["caption_entities"] = list(message.entities)
        return content

    def for_people(self, message: Message) -> dict[str, Any]:
        """What the page and the tests see: everything that is on the screen."""
        file = None if message.file_id is None else self.file(message.file_id)
        return {
            "message_id": message.message_id,
            "chat_id": message.chat_id,
            "from_bot": message.sender_id == self.people.bot.bot_id,
            "sender_id": message.sender_id,
            "date": message.date,
            "sent_at": message.sent_at,
            "edit_date": message.edit_date,
            "edits": message.edits,
            "kind": "text" if file is None else file.kind,
            "text": message.text,
            "entities": list(message.entities),
            "buttons": message.inline or [],
            "keyboard": message.keyboard,
            "file": None if file is None else file.for_people(),
            "reply_to": self._reply_for_people(message),
            "thread_id": message.thread_id,
            "silent": message.silent,
        }

    def _reply_for_people(self, message: Message) -> dict[str, Any] | None:
        if message.reply_to is None:
            return None
        replied = self.message(message.chat_id, message.reply_to)
        if replied is None:
            return {"message_id": message.reply_to, "text": "Deleted message", "from_bot": False}
        return {
            "message_id": replied.message_id,
            "text": replied.text[:120],
            "from_bot": replied.sender_id == self.people.bot.bot_id,
        }
