"""The page of chat commands, from the same table that help and the menu come from."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.authorisation import Role
from handlers.telegram.commands.command import Command, Group
from handlers.telegram.commands.table import COMMANDS

_HEAD = """# Commands in the chat

Generated from the code by `make docs`. Every figure is shown with its source and its age.
Whatever trades or cancels shows what it will do and waits for a button that counts once, for
you, in that message, and only for a short time. Misspelt commands are answered with the nearest.
"""


def commands_page() -> str:
    """Return the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for group in Group:
        yield f"## {group.value}\n"
        yield "| command | what it does | who |"
        yield "|---|---|---|"
        for command in COMMANDS.values():
            if command.group is group:
                yield _row(command)
        yield ""


def _row(command: Command) -> str:
    typed = command.typed.replace("|", "\\|")
    stop = "" if command.summary.endswith("?") else "."
    said = f"{command.summary}{stop} {command.details}".replace("|", "\\|").strip()
    return f"| `{typed}` | {said} | {_who(command)} |"


def _who(command: Command) -> str:
    if Role.STRANGER in command.roles:
        return "all"
    return "owners, viewers" if Role.VIEWER in command.roles else "owners"
