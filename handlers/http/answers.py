"""What the control socket and the command line say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from trading.model.candles import CandleInterval


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


class EmergencyAction(StrEnum):
    """What the emergency tool can be asked to do, in the words of the command line."""

    REPAIR = "repair"
    RESET_BREAKER = "reset-breaker"
    REFRESH = "refresh"
    VERIFY = "verify"
    CANCEL_ALL = "cancel-all"
    CLOSE_ALL = "close-all"
    PREVIEW_CLOSE_ALL = "preview-close-all"
    """What close-all would sell; changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyRequest:
    """One request; `asset` and `amount` belong to verify alone."""

    action: EmergencyAction
    venue: str | None = None
    """None: every venue."""
    asset: str | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRequest:
    """Closed candles to be written to a file that does not exist yet."""

    symbol: str
    interval: CandleInterval
    venue: str | None
    """None: the first venue that lists it."""
    path: Path
    """Absolute: the bot has its own folder."""


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

    async def candles(self, request: CandleRequest) -> Answer:
        """Write candles to a CSV file."""
        ...

    async def emergency(self, request: EmergencyRequest, *, by: str) -> Answer:
        """Do what must work when little else does."""
        ...

    async def logs(self, *, count: int, level: str, containing: str | None) -> Answer:
        """Return the last log lines."""
        ...
