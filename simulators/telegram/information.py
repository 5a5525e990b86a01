"""The methods that ask and tell about the bot itself, its chats and its files."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.telegram.arguments import Arguments
from simulators.telegram.chats import Chats
from simulators.telegram.database import Database
from simulators.telegram.errors import ApiError, bad_request
from simulators.telegram.files import MAX_DOWNLOAD_BYTES, Files
from simulators.telegram.history import History
from simulators.telegram.people import People
from simulators.telegram.profile import Profile
from simulators.telegram.update_queue import UpdateQueue

Method = Callable[[Arguments], Any]
_TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


class Information:
    def __init__(
        self,
        *,
        database: Database,
        people: People,
        chats: Chats,
        files: Files,
        history: History,
        profile: Profile,
        updates: UpdateQueue,
    ) -> None:
        self._database = database
        self._people = people
        self._chats = chats
        self._files = files
        self._history = history
        self._profile = profile
        self._updates = updates

    def methods(self) -> Mapping[str, Method]:
        texts: dict[str, Method] = {}
        for name in _TEXT_LIMITS:
            compact = name.replace("_", "")
            texts[f"setmy{compact}"] = self._text_setter(name)
            texts[f"getmy{compact}"] = self._text_getter(name)
        return {
            "getme": self.get_me,
            "getchat": self.get_chat,
            "getchatmember": self.get_chat_member,
            "getfile": self.get_file,
            "setmycommands": self.set_commands,
            "getmycommands": self._profile.commands,
            "deletemycommands": self.delete_commands,
            "setchatmenubutton": lambda _: True,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.webhook_info,
            **texts,
        }

    def get_me(self, _: Arguments) -> dict[str, Any]:
        return {
            **self._people.bot.as_json(),
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def get_chat(self, arguments: Arguments) -> dict[str, Any]:
        chat_id = self._chats.writable(arguments.text("chat_id"))
        return {
            **self._people.chat_json(chat_id),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }

    def get_chat_member(self, arguments: Arguments) -> dict[str, Any]:
        self._chats.writable(arguments.text("chat_id"))
        user = self._people.users.get(arguments.integer("user_id"))
        if user is None:
            raise bad_request("member not found")
        return {"user": user.as_json(), "status": "member"}

    def get_file(self, arguments: Arguments) -> dict[str, Any]:
        file_id = arguments.text("file_id")
        if not file_id:
            raise bad_request("file_id not specified")
        file = self._files.find(file_id)
        if file is None:
            raise bad_request("invalid file_id")
        if file.size > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {
            "file_id": file.file_id,
            "file_unique_id": file.unique_id,
            "file_size": file.size,
            "file_path": file.path,
        }

    def set_commands(self, arguments: Arguments) -> bool:
        self._profile.set_commands(arguments)
        self._history.record("commands", 0, {})
        return True

    def delete_commands(self, arguments: Arguments) -> bool:
        self._profile.delete_commands(arguments)
        self._history.record("commands", 0, {})
        return True

    def set_webhook(self, arguments: Arguments) -> bool:
        """Refused: nothing outside this machine is ever called. Removing one is allowed."""
        if arguments.text("url"):
            raise ApiError(400, "Bad Request: bad webhook: the local Telegram calls nobody")
        return self.delete_webhook(arguments)

    def delete_webhook(self, arguments: Arguments) -> bool:
        self._database.remember("webhook", "")
        if arguments.flag("drop_pending_updates"):
            self._updates.drop_waiting()
        return True

    def webhook_info(self, _: Arguments) -> dict[str, Any]:
        info = {
            "url": self._database.remembered("webhook", ""),
            "has_custom_certificate": False,
            "pending_update_count": self._updates.waiting_count(),
        }
        return info | ({"allowed_updates": self._updates.allowed} if self._updates.allowed else {})

    def _text_setter(self, name: str) -> Method:
        def set_text(arguments: Arguments) -> bool:
            self._profile.set_text(name, arguments.text(name), limit=_TEXT_LIMITS[name])
            return True

        return set_text

    def _text_getter(self, name: str) -> Method:
        return lambda _: {name: self._profile.text(name)}
