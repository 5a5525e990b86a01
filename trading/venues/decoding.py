"""Reads a venue's JSON without guessing: numbers become Decimal, a doubt becomes `Malformed`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NoReturn

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_PLAIN = re.compile(r"-?\d+(?:\.\d*)?", re.ASCII)
_LONGEST_NUMBER = 64
_MOST_DIGITS = 28
"""What Decimal adds up without rounding; more would be rounded in silence."""
_LARGEST_EXPONENT = 30
Objects = Callable[[list[tuple[str, Any]]], dict[str, Any]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = Decimal("0.000001")


class Malformed(ValueError):
    """An answer that does not have the documented shape; the text says where."""


def decode_json(body: bytes, *, only: frozenset[str] | None = None) -> Any:
    """Return the value of a JSON text; floats become Decimal from their own digits.

    NaN, Infinity and a name that occurs twice in one object are refused: each would let part of
    an answer pass for the whole. `only` keeps these names of every object: what nobody reads of
    a list of megabytes never becomes objects that stay.
    """
    decoder = _DECODER if only is None else _decoder(_keeping(only))
    try:
        return decoder.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON that can be used: {_excerpt(body)}") from error


def to_decimal(value: object, where: str) -> Decimal:
    """Return a number sent as text, integer or JSON fraction, exponents included."""
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and _PLAIN.fullmatch(value):
        return Decimal(value)  # so short, and without an exponent, it is always usable
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value):
        number = Decimal(value)
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise Malformed(f"{where} is not a number: {_shown(value)}")
    if not _is_usable(number):
        raise Malformed(f"{where} is not a usable number: {_shown(value)}")
    return number


def to_time(value: object, where: str) -> datetime:
    """Return the UTC time of seconds since 1970, to the microsecond, without a float between."""
    seconds = to_decimal(value, where)
    micros = seconds.quantize(_MICROSECOND, rounding=ROUND_HALF_EVEN).scaleb(6)
    try:
        return _EPOCH + timedelta(microseconds=int(micros))
    except OverflowError as error:
        raise Malformed(f"{where} is not a time: {_shown(value)}") from error


def to_seconds(at: datetime) -> Decimal:
    """Return the seconds since 1970 of an aware time, exact to the microsecond."""
    since = at - _EPOCH
    return Decimal(since // timedelta(microseconds=1)).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object, read field by field; `where` names it in complaints."""

    where: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, value: object, where: str) -> Row:
        """Take a value that must be an object."""
        if not isinstance(value, dict):
            raise Malformed(f"{where} is not an object: {_shown(value)}")
        return cls(where, value)

    def raw(self, name: str) -> Any:
        """Return a field of any shape; its absence is malformed."""
        if name not in self.fields:
            raise Malformed(f"{self.where} has no field {name}")
        return self.fields[name]

    def text(self, name: str) -> str:
        """Return a non-empty text."""
        value = self.raw(name)
        if not isinstance(value, str) or not value:
            raise Malformed(f"{self.where}.{name} is not a text: {_shown(value)}")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None where it is absent, null or empty."""
        return self.text(name) if self.fields.get(name) not in (None, "") else None

    def decimal(self, name: str) -> Decimal:
        """Return a number."""
        return to_decimal(self.raw(name), f"{self.where}.{name}")

    def optional_decimal(self, name: str) -> Decimal | None:
        """Return a number, or None where it is absent or null."""
        return self.decimal(name) if self.fields.get(name) is not None else None

    def integer(self, name: str) -> int:
        """Return a whole number."""
        number = self.decimal(name)
        if number != number.to_integral_value():
            raise Malformed(f"{self.where}.{name} is not a whole number: {number}")
        return int(number)

    def time(self, name: str) -> datetime:
        """Return a time given in seconds since 1970."""
        return to_time(self.raw(name), f"{self.where}.{name}")

    def row(self, name: str) -> Row:
        """Return an object."""
        return Row.of(self.raw(name), f"{self.where}.{name}")

    def array(self, name: str) -> Sequence[Any]:
        """Return an array."""
        value = self.raw(name)
        if not isinstance(value, list):
            raise Malformed(f"{self.where}.{name} is not an array: {_shown(value)}")
        return value

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield each field as an object of its own, with its name."""
        for name, value in self.fields.items():
            yield name, Row.of(value, f"{self.where}.{name}")


def _is_usable(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    fits = len(number.as_tuple().digits) <= _MOST_DIGITS
    return fits and (not number or abs(number.adjusted()) <= _LARGEST_EXPONENT)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a name occurs twice in one object")
    return fields


def _refuse_constant(text: str) -> NoReturn:
    raise Malformed(f"{text} is not a number")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}…"


def _keeping(only: frozenset[str]) -> Objects:
    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return _unique_names([pair for pair in pairs if pair[0] in only])

    return keep


def _decoder(objects: Objects) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=objects
    )


_DECODER = _decoder(_unique_names)


def _excerpt(body: bytes) -> str:
    return _shown(body.decode("utf-8", errors="replace").strip())
