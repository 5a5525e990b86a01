"""Who may do what: one deny-by-default gate that every update passes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to this bot; numeric ids alone decide."""

    OWNER = "owner"
    VIEWER = "viewer"
    STRANGER = "stranger"


READERS = frozenset({Role.OWNER, Role.VIEWER})
OWNERS = frozenset({Role.OWNER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an update comes from, as far as permission depends on it."""

    user_id: int
    chat_id: int
    is_private: bool
    is_bot: bool = False
    is_forwarded: bool = False
    is_edited: bool = False
    thread_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The configured ids; `chat_id` is the one group that owners and viewers may speak in."""

    owners: frozenset[int]
    viewers: frozenset[int]
    chat_id: int | None = None
    thread_id: int | None = None
    is_pairing: bool = False

    def role(self, origin: Origin) -> Role:
        """Return the role; bots are strangers, whatever id they carry."""
        if origin.is_bot:
            return Role.STRANGER
        if origin.user_id in self.owners:
            return Role.OWNER
        if origin.user_id in self.viewers:
            return Role.VIEWER
        return Role.STRANGER

    def is_place_allowed(self, origin: Origin) -> bool:
        """Private chats, and the configured group (in its topic, where one is set)."""
        if origin.is_private:
            return origin.chat_id == origin.user_id
        if self.chat_id is None or origin.chat_id != self.chat_id:
            return False
        return self.thread_id is None or origin.thread_id == self.thread_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A known person in an allowed place."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Silence; `why` goes to the log."""

    why: str


def admit(access: Access, origin: Origin, *, command: str | None) -> Admitted | Ignored:
    """Say whether the bot listens at all; `command` is the name when it is a typed command."""
    role = access.role(origin)
    if role is Role.STRANGER:
        if access.is_pairing and command == "id" and origin.is_private and not origin.is_bot:
            return Admitted(role=role)
        return Ignored(why="stranger")
    if not access.is_place_allowed(origin):
        return Ignored(why="chat not allowed")
    return Admitted(role=role)


class StrangerLog:
    """Counts strangers, so that many updates of one id make one log line."""

    def __init__(self, *, capacity: int = 1000) -> None:
        """Remember so many ids; the oldest are forgotten first."""
        self._capacity = capacity
        self._counts: dict[int, int] = {}

    def note(self, user_id: int) -> bool:
        """Count one update; True when this id is new and worth a line."""
        is_new = user_id not in self._counts
        self._counts[user_id] = self._counts.get(user_id, 0) + 1
        if len(self._counts) > self._capacity:
            del self._counts[next(iter(self._counts))]
        return is_new

    @property
    def counts(self) -> dict[int, int]:
        """Updates by id, a copy."""
        return dict(self._counts)
