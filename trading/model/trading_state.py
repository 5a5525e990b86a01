"""Whether the bot may trade: active, reducing or halted, and who said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TradingMode(StrEnum):
    """What is allowed now."""

    ACTIVE = "active"
    REDUCING = "reducing"
    """Only orders that reduce exposure."""
    HALTED = "halted"
    """Nothing new; the owner's confirmed cancel-all and close-all still work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingState:
    """The mode with its reason; `since` is when it came into force."""

    mode: TradingMode
    reason: str
    since: datetime
    by: str
    """Who: a user id as text, "bot", or "start"."""
