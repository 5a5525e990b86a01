"""What can be asked of this program, one type a command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handlers.http.answers import CandleRequest, EmergencyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run the bot."""

    config: Path
    is_pairing: bool = False
    """Strangers may ask for their id, so that an owner can be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Run the bot on local venues and a local Telegram."""

    listen: str
    seed: int | None
    speed: float
    candles: Path | None
    state: Path | None
    """Kept where given, else made anew and removed at the end."""
    paper: bool
    """True trades on paper at the local venues' prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """Ask questions and write a configuration."""

    config: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Validate the configuration, then try everything in it."""

    config: Path
    is_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Say how the running bot is."""

    config: Path
    is_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Stop trading, whether the bot runs or not."""

    config: Path
    is_json: bool
    cancel_orders: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Trade again."""

    config: Path
    is_json: bool
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """Do what must work when little else does, through the running bot or without it."""

    config: Path
    is_json: bool
    is_confirmed: bool
    request: EmergencyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """Read the configuration anew."""

    config: Path
    is_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Write a copy of the database."""

    config: Path
    is_json: bool
    file: Path
    """Absolute: the bot may have been started in another folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candles:
    """Write the candles of a market to a CSV file."""

    config: Path
    is_json: bool
    request: CandleRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """Show the last log lines of the running bot."""

    config: Path
    is_json: bool
    count: int
    level: str
    containing: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAvailable:
    """A command of the contract that this version does not have yet."""

    name: str


Plain = Status | Halt | Resume | Reload | Backup | Candles | LogLines
"""Commands that need no key, whoever answers them."""
Asking = Plain | Emergency
"""Commands that a running bot answers through its control socket."""
Command = Run | Demo | Init | Check | Asking | NotAvailable
