"""The gate in front of the inbox, and the lane that each admitted update stands in."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from handlers.authorisation import Access, Ignored, StrangerLog, admit
from handlers.confirmation import EMERGENCY_KINDS, PressKind, decode_press
from handlers.parsing import CommandLine, parse_command
from handlers.telegram.commands.command import Action, Command
from handlers.telegram.incoming import Incoming, Irrelevant, Message, Press
from handlers.telegram.lanes import Lane

_log = logging.getLogger(__name__)


def command_of(incoming: Message | Press) -> CommandLine | None:
    """Return the command that was typed; None for presses and plain text."""
    if isinstance(incoming, Press) or incoming.text is None:
        return None
    return parse_command(incoming.text)


class Gate:
    """Every update passes here before it is written down: buttons and edited messages too."""

    def __init__(
        self, *, access: Access, commands: Mapping[str, Command], menu: Mapping[str, Action]
    ) -> None:
        """Take who may speak, and the tables of commands and of the emergency menu."""
        self._access = access
        self._commands = commands
        self._menu = menu
        self.strangers = StrangerLog()

    def replace_access(self, access: Access) -> None:
        """Put a reloaded configuration in force."""
        self._access = access

    @property
    def access(self) -> Access:
        """Who may speak now."""
        return self._access

    def admits(self, incoming: Incoming) -> bool:
        """Say whether the bot listens; a stranger gets silence and one line in the log."""
        if isinstance(incoming, Irrelevant):
            return False
        line = command_of(incoming)
        verdict = admit(self._access, incoming.origin, command=line.name if line else None)
        if not isinstance(verdict, Ignored):
            return True
        if self.strangers.note(incoming.origin.user_id):
            _log.warning(
                "update ignored why=%s user=%d chat=%d",
                verdict.why,
                incoming.origin.user_id,
                incoming.origin.chat_id,
            )
        return False

    def lane(self, incoming: Message | Press) -> Lane:
        """Return the lane; what is no command waits with the reading ones."""
        if isinstance(incoming, Press):
            return self._press_lane(incoming)
        line = command_of(incoming)
        command = self._commands.get(line.name) if line else None
        return command.lane if command else Lane.READ

    def _press_lane(self, press: Press) -> Lane:
        data = decode_press(press.data)
        if data is None:
            return Lane.READ
        if data.kind is PressKind.VIEW:
            command = self._commands.get(data.value)
            return command.lane if command else Lane.READ
        if data.kind is PressKind.MENU:
            action = self._menu.get(data.value)
            return action.lane if action else Lane.READ
        return Lane.RESCUE if data.kind in EMERGENCY_KINDS else Lane.TRADE

    def is_halting(self, incoming: Message | Press) -> bool:
        """True for what is never too old and must run even when nothing can be committed."""
        if isinstance(incoming, Press):
            data = decode_press(incoming.data)
            return data is not None and data.kind in EMERGENCY_KINDS
        if incoming.origin.is_edited or incoming.origin.is_forwarded:
            return False
        line = command_of(incoming)
        command = self._commands.get(line.name) if line else None
        return command is not None and command.is_halting
