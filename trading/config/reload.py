"""What a reload may change while the bot runs, and what waits for a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pydantic import BaseModel

from trading.config.configuration import Configuration, contradictions
from trading.config.description import BY_VENUE, leaves

HOT = (
    "bot.trading_enabled",
    "bot.on_shutdown",
    "bot.log_level",
    "telegram.owners",
    "telegram.viewers",
    "telegram.chat_id",
    "telegram.thread_id",
    "telegram.quiet_hours",
    "telegram.notify.*",
    "telegram.max_command_age",
    "venues.*.allow_withdrawal_key",
    "venues.*.dead_man_switch",
    "allocation.*.targets",
    "rebalance.*",
    "signals.*",
    "risk.max_*",
    "risk.exposure_of",
    "risk.warn_at",
    "risk.on_*",
    "jobs.trading_loop",
    "jobs.balance_sync",
    "jobs.referee",
    "jobs.price_scan",
    "jobs.candles",
    "jobs.reconcile",
    "jobs.heartbeat",
    "jobs.cleanup",
)
"""Keys read anew each time they matter; everything else was handed to a part when it was built."""

M = TypeVar("M", bound=BaseModel)
_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """The outcome of comparing a new configuration with the one in force."""

    in_force: Configuration
    """The old one with the hot keys of the new."""
    applied: tuple[str, ...]
    restart_needed: tuple[str, ...]
    """Changed keys that stay as they were until the next start."""


def is_hot(key: str) -> bool:
    """True when a change of this key takes effect at once."""
    return any(fnmatchcase(key, pattern) for pattern in HOT)


def plan_reload(old: Configuration, new: Configuration) -> Reload:
    """Return what of a valid new configuration can be in force now."""
    changed = changed_keys(old, new)
    merged = _merge(old, new, "")
    applied = changed_keys(old, merged)
    if any(contradictions(merged)):
        # Such as targets for a venue that only a restart brings: half of it would be wrong.
        return Reload(in_force=old, applied=(), restart_needed=changed)
    waiting = tuple(key for key in changed if key not in set(applied))
    return Reload(in_force=merged, applied=applied, restart_needed=waiting)


def changed_keys(old: Configuration, new: Configuration) -> tuple[str, ...]:
    """Return the keys whose values differ, in alphabetical order."""
    before, after = leaves(old), leaves(new)
    return tuple(
        key
        for key in sorted(before.keys() | after.keys())
        if before.get(key, _ABSENT) != after.get(key, _ABSENT)
    )


def _merge(old: M, new: M, prefix: str) -> M:
    update: dict[str, Any] = {}
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel) and type(before) is type(after):
            update[name] = _merge(before, after, f"{prefix}{name}.")
        elif name in BY_VENUE:
            inner = prefix if name == "venues" and prefix else f"{prefix}{name}."
            update[name] = _merge_tables(before, after, inner)
        elif is_hot(f"{prefix}{name}"):
            update[name] = after
    return old.model_copy(update=update)


def _merge_tables(
    old: Mapping[str, BaseModel], new: Mapping[str, BaseModel], prefix: str
) -> dict[str, BaseModel]:
    merged = {}
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name), new.get(name)
        if before is not None and after is not None and type(before) is type(after):
            merged[name] = _merge(before, after, f"{prefix}{name}.")
        elif before is None and after is not None and _all_hot(after, f"{prefix}{name}."):
            merged[name] = after
        elif before is not None and not (after is None and _all_hot(before, f"{prefix}{name}.")):
            merged[name] = before
    return merged


def _all_hot(table: BaseModel, prefix: str) -> bool:
    return all(is_hot(f"{prefix}{name}") for name in table.model_fields_set)
