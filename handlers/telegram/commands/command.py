"""What a command is: one declared row that help, menu, docs and suggestions all come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from handlers.authorisation import READERS, Role
from handlers.parsing import CommandLine
from handlers.telegram.answers import Answer, Keyboard, Place, view_buttons
from handlers.telegram.confirmations import Asker, Confirmations, Question
from handlers.telegram.lanes import Lane
from handlers.telegram.reply import Reply
from handlers.telegram.services import Services
from trading.clock import Clock
from trading.model.identifiers import CorrelationId


class Group(StrEnum):
    """The headings of /help, in their order."""

    MONEY = "Money"
    TRADING = "Trading"
    SAFETY = "Safety"
    MACHINE = "The bot itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that one run of a command may use."""

    services: Services
    commands: Mapping[str, Command]
    clock: Clock
    zone: tzinfo
    line: CommandLine
    role: Role
    user_id: int
    place: Place
    correlation_id: CorrelationId
    received_at: datetime
    reply: Reply
    confirmations: Confirmations
    page: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)
    """What a confirmed action was confirmed with."""

    @property
    def by(self) -> str:
        """Who asks, for journals."""
        return str(self.user_id)

    def argument(self, index: int) -> str | None:
        """Return an argument; None when fewer were given."""
        arguments = self.line.arguments
        return arguments[index] if index < len(arguments) else None

    def refresh(self, *, pages: int = 1) -> Keyboard:
        """Buttons that show this same command again, in place."""
        return view_buttons(self.line.name, self.line.arguments, page=self.page, pages=pages)

    async def ask(self, question: Question) -> tuple[Keyboard, tuple[str, ...]]:
        """Make the buttons of a confirmation, and the hash to bind to its message."""
        asker = Asker(user_id=self.user_id, chat_id=self.place.chat_id)
        return await self.confirmations.ask(question, asker)


Run = Callable[[Context], Awaitable[Answer | None]]
"""None: the command has answered for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that can be typed."""

    name: str
    summary: str
    group: Group
    run: Run
    usage: str = ""
    lane: Lane = Lane.READ
    roles: frozenset[Role] = READERS
    is_halting: bool = False
    """Never too old, run again after a crash, and run even when the inbox cannot commit."""
    is_pressable: bool = False
    """A button may start it although it is no reading command: it asks before it does anything."""
    details: str = ""
    """More for the reference page; plain sentences."""

    @property
    def typed(self) -> str:
        """How it is typed, arguments included."""
        return f"/{self.name} {self.usage}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a confirmation or a tap in the emergency menu starts."""

    name: str
    label: str
    run: Run
    roles: frozenset[Role]
    lane: Lane = Lane.TRADE
