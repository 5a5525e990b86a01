"""The configuration as a list of keys and values that anybody may see: no secret is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from trading.config.configuration import Configuration
from trading.config.durations import format_duration
from trading.config.secret import Secret

BY_VENUE = frozenset({"venues", "allocation", "paper", "signals"})
"""Fields that hold one table a venue."""

Leaves = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key in force, such as `telegram.max_command_age`."""

    key: str
    value: str
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """One key with its value, before anything is made of it."""

    key: str
    value: Any
    is_default: bool


def leaves(configuration: Configuration) -> Leaves:
    """Return every key with its value; tables for single venues have the venue's name in it."""
    return {leaf.key: leaf.value for leaf in _walk(configuration, "")}


def settings(configuration: Configuration) -> tuple[Setting, ...]:
    """Return every setting as text, in the order of the tables."""
    return tuple(
        Setting(key=leaf.key, value=shown(leaf.value), is_default=leaf.is_default)
        for leaf in _walk(configuration, "")
        if not _repeats(leaf.key, configuration)
    )


def fingerprint(configuration: Configuration) -> str:
    """Return a short text that changes whenever a setting does; secrets count as set or not."""
    lines = [f"{key}={shown(value)}" for key, value in sorted(leaves(configuration).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def secrets(configuration: Configuration) -> frozenset[str]:
    """Return every secret value, for the one who must keep them out of the logs."""
    return frozenset(
        value.reveal() for value in leaves(configuration).values() if isinstance(value, Secret)
    )


def shown(value: object) -> str:
    """Return a value as it would be written, without the quotes; a secret is only "set"."""
    match value:
        case None:
            return "not set"
        case Secret():
            return "set"
        case bool():
            return str(value).lower()
        case timedelta():
            return format_duration(value)
        case ZoneInfo():
            return value.key
        case Mapping():
            return ", ".join(f"{key} {shown(each)}" for key, each in value.items()) or "none"
        case tuple():
            return ", ".join(shown(each) for each in value) or "none"
        case _:
            return str(value)


def _walk(model: BaseModel, prefix: str) -> Iterator[_Leaf]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.")
        elif name in BY_VENUE:
            inner = prefix if name == "venues" and prefix else f"{prefix}{name}."
            for key, table in value.items():
                yield from _walk(table, f"{inner}{key}.")
        else:
            is_default = name not in model.model_fields_set
            yield _Leaf(key=f"{prefix}{name}", value=value, is_default=is_default)


def _repeats(key: str, configuration: Configuration) -> bool:
    """True for a rule of a venue's own rebalance table that only repeats the common one."""
    section, _, rest = key.partition(".")
    venue, _, rule = rest.partition(".")
    if section != "rebalance" or not rule:
        return False
    own = getattr(configuration.rebalance.venues[venue], rule)
    return bool(own == getattr(configuration.rebalance, rule))
