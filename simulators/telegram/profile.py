"""What the bot has told Telegram about itself: its commands, name and descriptions."""

import json
import re
from typing import Any

from simulators.telegram.arguments import Arguments
from simulators.telegram.database import Database
from simulators.telegram.errors import bad_request

_COMMAND = re.compile(r"/?([a-z0-9_]{1,32})")
_MAX_COMMANDS = 100
_MAX_DESCRIPTION = 256


class Profile:
    def __init__(self, *, database: Database) -> None:
        self._database = database

    def set_commands(self, arguments: Arguments) -> None:
        commands = read_commands(arguments)
        self._database.execute(
            "INSERT INTO commands (scope, language, body) VALUES (?, ?, ?) "
            "ON CONFLICT (scope, language) DO UPDATE SET body = excluded.body",
            _scope(arguments),
            arguments.text("language_code"),
            json.dumps(commands),
        )

    def delete_commands(self, arguments: Arguments) -> None:
        self._database.execute(
            "DELETE FROM commands WHERE scope = ? AND language = ?",
            _scope(arguments),
            arguments.text("language_code"),
        )

    def commands(self, arguments: Arguments) -> list[dict[str, str]]:
        return self._stored(_scope(arguments), arguments.text("language_code"))

    def commands_for_chat(self, chat_id: int) -> list[dict[str, str]]:
        """What the menu of this chat shows: the narrowest scope that has any."""
        general = "all_private_chats" if chat_id > 0 else "all_group_chats"
        for scope in (f"chat:{chat_id}", general, "default"):
            for language in ("en", ""):
                found = self._stored(scope, language)
                if found:
                    return found
        return []

    def _stored(self, scope: str, language: str) -> list[dict[str, str]]:
        row = self._database.row(
            "SELECT body FROM commands WHERE scope = ? AND language = ?", scope, language
        )
        found: list[dict[str, str]] = [] if row is None else json.loads(row["body"])
        return found

    def set_text(self, name: str, value: str, *, limit: int) -> None:
        if len(value) > limit:
            raise bad_request(f"bot {name.replace('_', ' ')} is too long")
        self._database.remember(f"profile_{name}", value)

    def text(self, name: str) -> str:
        value: str = self._database.remembered(f"profile_{name}", "")
        return value


def read_commands(arguments: Arguments) -> list[dict[str, str]]:
    given = arguments.json("commands", what="commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_command(item) for item in given]


def _command(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    match = _COMMAND.fullmatch(str(given.get("command", "")))
    if match is None:
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(given.get("description", "")).strip()
    if not 1 <= len(description) <= _MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": match[1], "description": description}


def _scope(arguments: Arguments) -> str:
    given = arguments.json("scope", what="BotCommandScope") or {"type": "default"}
    if not isinstance(given, dict) or "type" not in given:
        raise bad_request("can't parse BotCommandScope: expected an Object")
    kind = str(given["type"])
    if not kind.startswith("chat"):
        return kind
    member = f":{given['user_id']}" if "user_id" in given else ""
    return f"{kind}:{given.get('chat_id', '')}{member}"
