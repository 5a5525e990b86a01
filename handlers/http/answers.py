"""What the control socket and the command line say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a request ended; the command line turns it into its exit code."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A text for people, and details, all of JSON's own types, for programs."""

    outcome: Outcome
    message: str
    details: Mapping[str, object] = field(default_factory=dict)


class Desk(Protocol):
    """What the running bot does for its own command line; faults are raised as errors."""

    async def status(self) -> Answer:
        """Say how the bot is."""
        ...

    async def halt(self, *, by: str, cancel_orders: bool) -> Answer:
        """Stop trading; works in every condition."""
        ...

    async def resume(self, *, by: str) -> Answer:
        """Trade again."""
        ...

    async def reload(self, *, by: str) -> Answer:
        """Read the configuration anew."""
        ...

    async def backup(self, *, path: str | None) -> Answer:
        """Write a copy of the database; None lets the bot name the file."""
        ...

    async def logs(self, *, count: int, level: str, containing: str | None) -> Answer:
        """Return the last log lines."""
        ...
