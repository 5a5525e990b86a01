"""What the bot does in its chats: send, edit, delete, answer presses, show that it types."""

from dataclasses import dataclass, replace
from typing import Any

from simulators.clock import Clock
from simulators.telegram.chats import Chats
from simulators.telegram.errors import bad_request
from simulators.telegram.files import StoredFile
from simulators.telegram.formatted_text import FormattedText
from simulators.telegram.history import History
from simulators.telegram.keyboards import ReplyMarkup, Rows
from simulators.telegram.messages import Message
from simulators.telegram.people import People
from simulators.telegram.presses import Answer, Presses

DELETABLE_SECONDS = 48 * 3600
MAX_ANSWER_LENGTH = 200
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_STALE_QUERY = "query is too old and response timeout expired or query ID is invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message about to be sent: text alone, or a file with the text as its caption."""

    content: FormattedText
    markup: ReplyMarkup
    file: StoredFile | None = None
    reply_to: int | None = None
    reply_required: bool = True
    thread_id: int | None = None
    silent: bool = False


class BotSide:
    def __init__(
        self, *, clock: Clock, people: People, chats: Chats, history: History, presses: Presses
    ) -> None:
        self._clock = clock
        self._people = people
        self._chats = chats
        self._history = history
        self._presses = presses

    def send(self, chat: str, draft: Draft) -> dict[str, Any]:
        chat_id = self._chats.writable(chat)
        if draft.thread_id is not None and chat_id not in self._people.groups:
            raise bad_request("message thread not found")
        now = self._clock.now().timestamp()
        message = Message(
            chat_id=chat_id,
            message_id=self._history.next_message_id(),
            sender_id=self._people.bot.bot_id,
            date=int(now),
            sent_at=now,
            text=draft.content.text,
            entities=draft.content.entities,
            file_id=None if draft.file is None else draft.file.file_id,
            inline=draft.markup.inline,
            keyboard=draft.markup.keyboard,
            reply_to=self._reply_to(chat_id, draft),
            thread_id=draft.thread_id,
            silent=draft.silent,
        )
        self._history.add(message)
        return self._history.view.for_bot(message)

    def _reply_to(self, chat_id: int, draft: Draft) -> int | None:
        if draft.reply_to is None:
            return None
        if self._history.message(chat_id, draft.reply_to) is not None:
            return draft.reply_to
        if draft.reply_required:
            raise bad_request("message to be replied not found")
        return None

    def edit_text(
        self, chat: str, message_id: int, content: FormattedText, markup: ReplyMarkup
    ) -> dict[str, Any]:
        message = self._editable(chat, message_id)
        if message.file_id is not None:
            raise bad_request("there is no text in the message to edit")
        return self._replace(message, _with_content(message, content, markup.inline))

    def edit_caption(
        self, chat: str, message_id: int, content: FormattedText, markup: ReplyMarkup
    ) -> dict[str, Any]:
        message = self._editable(chat, message_id)
        if message.file_id is None:
            raise bad_request("there is no caption in the message to edit")
        return self._replace(message, _with_content(message, content, markup.inline))

    def edit_media(self, chat: str, message_id: int, draft: Draft) -> dict[str, Any]:
        message = self._editable(chat, message_id)
        changed = _with_content(message, draft.content, draft.markup.inline)
        file_id = None if draft.file is None else draft.file.file_id
        return self._replace(message, replace(changed, file_id=file_id))

    def edit_markup(self, chat: str, message_id: int, markup: ReplyMarkup) -> dict[str, Any]:
        message = self._editable(chat, message_id)
        return self._replace(message, replace(message, inline=markup.inline))

    def _editable(self, chat: str, message_id: int) -> Message:
        chat_id = self._chats.writable(chat)
        message = self._history.message(chat_id, message_id)
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender_id != self._people.bot.bot_id or message.keyboard is not None:
            raise bad_request("message can't be edited")
        return message

    def _replace(self, old: Message, new: Message) -> dict[str, Any]:
        if new == old:
            raise bad_request(_NOT_MODIFIED)
        only_buttons = replace(new, inline=old.inline) == old
        edited = replace(
            new,
            edit_date=old.edit_date if only_buttons else int(self._clock.now().timestamp()),
            edits=old.edits + 1,
        )
        self._history.replace(edited)
        return self._history.view.for_bot(edited)

    def delete(self, chat: str, message_id: int) -> None:
        chat_id = self._chats.writable(chat)
        message = self._history.message(chat_id, message_id)
        if message is None:
            raise bad_request("message to delete not found")
        if self._clock.now().timestamp() - message.sent_at > DELETABLE_SECONDS:
            raise bad_request("message can't be deleted for everyone")
        self._history.delete(message)

    def answer_press(self, query_id: str, *, text: str, alert: bool) -> None:
        if len(text) > MAX_ANSWER_LENGTH:
            raise bad_request("MESSAGE_TOO_LONG")
        outcome, press = self._presses.answer(query_id)
        if press is None:
            raise bad_request(_STALE_QUERY)
        if outcome is Answer.FIRST:
            self._history.record(
                "answer",
                press.chat_id,
                {
                    "query_id": query_id,
                    "user_id": press.user_id,
                    "message_id": press.message_id,
                    "text": text,
                    "alert": alert,
                },
            )

    def act(self, chat: str, action: str) -> None:
        self._history.record("action", self._chats.writable(chat), {"action": action})


def _with_content(message: Message, content: FormattedText, inline: Rows | None) -> Message:
    return replace(message, text=content.text, entities=content.entities, inline=inline)
