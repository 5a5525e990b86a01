"""An expected refusal by us, as a value; a refusal by the venue is *rejected*, an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DenialCode(StrEnum):
    """Why we did not do it; the code is stable, the words around it may change."""

    HALTED = "halted"
    REDUCING_ONLY = "reducing_only"
    TRADING_DISABLED = "trading_disabled"
    NOT_LIVE = "not_live"
    VENUE_MODE = "venue_mode"
    KEY_REFUSED = "key_refused"
    BALANCE_UNKNOWN = "balance_unknown"
    BALANCE_UNVERIFIED = "balance_unverified"
    BALANCE_STALE = "balance_stale"
    INSUFFICIENT_FREE = "insufficient_free"
    PRICE_UNUSABLE = "price_unusable"
    NO_INSTRUMENT = "no_instrument"
    INSTRUMENT_NOT_TRADABLE = "instrument_not_tradable"
    INSTRUMENT_BUSY = "instrument_busy"
    BELOW_MINIMUM_QUANTITY = "below_minimum_quantity"
    BELOW_MINIMUM_NOTIONAL = "below_minimum_notional"
    ABOVE_LIMIT = "above_limit"
    COOLDOWN = "cooldown"
    PLAN_EXPIRED = "plan_expired"
    PLAN_CHANGED = "plan_changed"
    NOT_RECONCILED = "not_reconciled"
    ALREADY_RUNNING = "already_running"
    NOT_CONFIRMED = "not_confirmed"
    NOT_IN_TARGETS = "not_in_targets"
    NO_SIGNAL = "no_signal"
    NOTHING_TO_BALANCE = "nothing_to_balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """We refused: `code` for programs, `reason` in words, `details` with the numbers."""

    code: DenialCode
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the reason with its numbers."""
        numbers = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.reason} ({numbers})" if numbers else self.reason
