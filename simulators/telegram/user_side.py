"""What people do in their chats: write, edit, press buttons, block the bot."""

from dataclasses import dataclass, replace
from typing import Any

from simulators.clock import Clock
from simulators.telegram.chats import Chats
from simulators.telegram.detection import detected_entities
from simulators.telegram.errors import Refused
from simulators.telegram.formatted_text import FormattedText, merged, trimmed, utf16_length
from simulators.telegram.history import History
from simulators.telegram.messages import Message
from simulators.telegram.people import People, User
from simulators.telegram.presses import Presses
from simulators.telegram.update_queue import PRESS_LIFETIME_SECONDS, UpdateQueue

MAX_TEXT_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    user_id: int
    text: str
    chat_id: int | None = None  # None: the private chat
    thread_id: int | None = None
    date: int | None = None  # None: now
    reply_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    user_id: int
    message_id: int | None = None  # None: the newest message that has the button
    chat_id: int | None = None  # None: the private chat
    data: str | None = None
    label: str | None = None
    force: bool = False  # as from a screen that does not show the newest state yet


class UserSide:
    def __init__(
        self,
        *,
        clock: Clock,
        people: People,
        chats: Chats,
        history: History,
        updates: UpdateQueue,
        presses: Presses,
    ) -> None:
        self._clock = clock
        self._people = people
        self._chats = chats
        self._history = history
        self._updates = updates
        self._presses = presses

    def say(self, saying: Saying) -> dict[str, Any]:
        """Write as a user; the update id is 0 where the bot does not want messages."""
        user = self._people.user(saying.user_id)
        chat_id = self._chat(user, saying.chat_id)
        content = _typed(saying.text)
        now = self._clock.now().timestamp()
        if self._chats.is_blocked(chat_id):
            self.set_blocked(user.user_id, blocked=False)
        self._chats.note(chat_id, blocked=False)
        message = Message(
            chat_id=chat_id,
            message_id=self._history.next_message_id(),
            sender_id=user.user_id,
            date=int(now) if saying.date is None else saying.date,
            sent_at=now,
            text=content.text,
            entities=content.entities,
            thread_id=saying.thread_id,
            reply_to=saying.reply_to,
        )
        self._history.add(message)
        update_id = self._updates.add("message", self._history.view.for_bot(message))
        return {"update_id": update_id, "message_id": message.message_id, "at": now}

    def edit(self, user_id: int, message_id: int, text: str) -> dict[str, Any]:
        user = self._people.user(user_id)
        message = self._history.message(user.user_id, message_id)
        if message is None or message.sender_id != user.user_id:
            raise Refused(f"User {user_id} has no message {message_id} to edit.", status=404)
        now = self._clock.now().timestamp()
        content = _typed(text)
        edited = replace(
            message,
            text=content.text,
            entities=content.entities,
            edit_date=int(now),
            edits=message.edits + 1,
        )
        self._history.replace(edited)
        update_id = self._updates.add("edited_message", self._history.view.for_bot(edited))
        return {"update_id": update_id, "message_id": message_id, "at": now}

    def press(self, pressing: Pressing) -> dict[str, Any]:
        """Press an inline button, found by its data or its label."""
        user = self._people.user(pressing.user_id)
        message, data = self._button(pressing, self._chat(user, pressing.chat_id))
        press = self._presses.add(
            user_id=user.user_id, chat_id=message.chat_id, message_id=message.message_id
        )
        self._history.record(
            "press",
            message.chat_id,
            {
                "query_id": press.query_id,
                "user_id": user.user_id,
                "message_id": message.message_id,
                "data": data,
            },
        )
        update_id = self._updates.add(
            "callback_query",
            {
                "id": press.query_id,
                "from": user.as_json(),
                "message": self._history.view.for_bot(message),
                "chat_instance": str(-7_000_000_000_000_000_000 - message.chat_id),
                "data": data,
            },
            lifetime=PRESS_LIFETIME_SECONDS,
        )
        at = self._clock.now().timestamp()
        return {"update_id": update_id, "query_id": press.query_id, "at": at}

    def _button(self, pressing: Pressing, chat_id: int) -> tuple[Message, str]:
        if pressing.message_id is None:
            candidates = list(reversed(self._history.page(chat_id)))
        else:
            found = self._history.message(chat_id, pressing.message_id)
            candidates = [] if found is None else [found]
        for message in candidates:
            for button in (button for row in message.inline or [] for button in row):
                data = button.get("callback_data")
                if data is not None and _is_meant(button, pressing):
                    return message, data
        if candidates and pressing.force and pressing.data is not None:
            return candidates[0], pressing.data
        raise Refused(
            f"No such button is on the screen: {pressing.label or pressing.data}", status=409
        )

    def set_blocked(self, user_id: int, *, blocked: bool) -> int:
        """Block or unblock the bot; it is told by a my_chat_member update."""
        user = self._people.user(user_id)
        self._chats.note(user_id, blocked=blocked)
        bot = self._people.bot.as_json()
        member: dict[str, Any] = {"user": bot, "status": "member"}
        kicked: dict[str, Any] = {"user": bot, "status": "kicked", "until_date": 0}
        return self._updates.add(
            "my_chat_member",
            {
                "chat": self._people.chat_json(user_id),
                "from": user.as_json(),
                "date": int(self._clock.now().timestamp()),
                "old_chat_member": member if blocked else kicked,
                "new_chat_member": kicked if blocked else member,
            },
        )

    def _chat(self, user: User, chat_id: int | None) -> int:
        if chat_id is None or chat_id == user.user_id:
            return user.user_id
        if chat_id not in self._people.groups:
            raise Refused(f"User {user.user_id} is not in a chat {chat_id}.", status=404)
        return chat_id


def _typed(text: str) -> FormattedText:
    content = trimmed(FormattedText(text=text))
    if not content.text:
        raise Refused("There is nothing to send: the text is empty.")
    if utf16_length(content.text) > MAX_TEXT_LENGTH:
        raise Refused(f"Telegram sends at most {MAX_TEXT_LENGTH} characters in one message.")
    return merged(content, detected_entities(content.text))


def _is_meant(button: dict[str, Any], pressing: Pressing) -> bool:
    if pressing.data is not None:
        return bool(button["callback_data"] == pressing.data)
    return bool(button["text"] == pressing.label)
