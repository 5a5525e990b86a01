"""When something runs by itself: every so often, by a cron line, or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from trading.config.durations import format_duration, parse_duration

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_NUMBER = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """Again and again, so long after the last time."""

    interval: timedelta

    def __str__(self) -> str:
        """Return it as it is written in the configuration."""
        return format_duration(self.interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """At the times that a cron line names, in the owner's timezone; week days by name."""

    line: str

    def __str__(self) -> str:
        """Return it as it is written in the configuration."""
        return self.line


Schedule = Every | Cron


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field(name="minute", low=0, high=59),
    _Field(name="hour", low=0, high=23),
    _Field(name="day of the month", low=1, high=31),
    _Field(name="month", low=1, high=12, words=_MONTHS),
    _Field(name="day of the week", low=0, high=6, words=_DAYS),
)
_HOW = (
    'must be "off", a length of time such as "6h", or a cron line of five fields '
    'such as "30 8 * * mon-fri"'
)


def parse_schedule(written: object) -> Schedule | None:
    """Return when to run, None for "off"; ValueError shows how to write it."""
    if written is None or isinstance(written, Every | Cron):
        return written
    if not isinstance(written, str):
        message = f"{_HOW}; was {written!r}"
        raise ValueError(message)  # noqa: TRY004 - a wrong value in a file, told like the others
    text = " ".join(written.lower().split())
    if text == "off":
        return None
    if " " not in text:
        return _every(written)
    parts = text.split(" ")
    if len(parts) != len(_FIELDS):
        message = f"{_HOW}; this has {len(parts)} fields: {written!r}"
        raise ValueError(message)
    for field, part in zip(_FIELDS, parts, strict=True):
        _check(field, part)
    return Cron(line=text)


def _every(written: str) -> Every:
    try:
        interval = parse_duration(written)
    except ValueError:
        message = f"{_HOW}; was {written!r}"
        raise ValueError(message) from None
    if interval < timedelta(seconds=1):
        message = f"may not run more often than every second; was {written!r}"
        raise ValueError(message)
    return Every(interval=interval)


def _check(field: _Field, part: str) -> None:
    for item in part.split(","):
        span, slash, step = item.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            message = f"the {field.name} steps by a whole number, was {item!r}"
            raise ValueError(message)
        if span == "*":
            continue
        first, dash, last = span.partition("-")
        low = _position(field, first)
        high = _position(field, last) if dash else low
        if low > high:
            message = f"the {field.name} runs from low to high, was {item!r}"
            raise ValueError(message)


def _position(field: _Field, text: str) -> int:
    if text in field.words:
        return field.words.index(text) + field.low
    if field.words is _DAYS:
        # Cron counts from Sunday, the scheduler from Monday: a number would mean either.
        message = f"the {field.name} is written by name ({', '.join(_DAYS)}), was {text!r}"
        raise ValueError(message)
    if not _NUMBER.fullmatch(text) or not field.low <= int(text) <= field.high:
        message = f"the {field.name} is a number from {field.low} to {field.high}, was {text!r}"
        raise ValueError(message)
    return int(text)
