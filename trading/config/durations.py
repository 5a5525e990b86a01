"""Lengths of time as people write them: 90s, 5m, 1h30m, 2d."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def parse_duration(written: object) -> timedelta:
    """Return the length of time; ValueError shows how to write one."""
    if isinstance(written, timedelta):
        return written
    text = written.strip().lower() if isinstance(written, str) else ""
    if not _WHOLE.fullmatch(text):
        message = (
            f'must be a length of time in quotes, such as "90s", "5m" or "1h30m"; was {written!r}'
        )
        raise ValueError(message)
    try:
        return sum(
            (float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta()
        )
    except OverflowError:
        message = f"{written!r} is longer than any wait can be"
        raise ValueError(message) from None


def format_duration(length: timedelta) -> str:
    """Return the shortest way to write it, the inverse of `parse_duration`."""
    left = length // timedelta(milliseconds=1)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
