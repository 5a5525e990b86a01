"""Who is in this Telegram: the bot, its users, and groups where they meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulators.telegram.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    user_id: int
    role: str  # only for people to read: Telegram itself knows no roles
    first_name: str

    @property
    def username(self) -> str:
        return f"{self.first_name.lower()}_{self.user_id}"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.user_id,
            "is_bot": False,
            "first_name": self.first_name,
            "username": self.username,
            "language_code": "en",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    chat_id: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BotIdentity:
    bot_id: int
    first_name: str
    username: str

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.first_name,
            "username": self.username,
        }


class People:
    def __init__(
        self, *, bot: BotIdentity, users: Sequence[User], groups: Sequence[Group]
    ) -> None:
        self.bot = bot
        self.users = {user.user_id: user for user in users}
        self.groups = {group.chat_id: group for group in groups}

    def user(self, user_id: int) -> User:
        found = self.users.get(user_id)
        if found is None:
            raise Refused(f"There is no user {user_id} in this Telegram.", status=404)
        return found

    def knows_chat(self, chat_id: int) -> bool:
        return chat_id in self.users or chat_id in self.groups

    def sender_json(self, sender_id: int) -> dict[str, Any]:
        if sender_id == self.bot.bot_id:
            return self.bot.as_json()
        return self.users[sender_id].as_json()

    def chat_json(self, chat_id: int) -> dict[str, Any]:
        group = self.groups.get(chat_id)
        if group is not None:
            return {"id": chat_id, "type": "supergroup", "title": group.title, "is_forum": True}
        user = self.users[chat_id]
        return {
            "id": chat_id,
            "type": "private",
            "first_name": user.first_name,
            "username": user.username,
        }
