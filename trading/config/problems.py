"""What is wrong with a configuration, as one clear line each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from trading.config.configuration import LATER_SECTIONS, Configuration
from trading.config.durations import format_duration
from trading.config.schema import VENUE_KINDS, model_at
from trading.config.suggestions import did_you_mean
from trading.config.toml_places import Place, TomlPlaces

_SAFE_TO_SHOW = (bool, int, float, str)


class ProblemWriter:
    """Turns findings into lines such as `config.toml:12: [venues.kraken] key: is missing`."""

    def __init__(self, *, name: str, text: str, data: Mapping[str, Any]) -> None:
        """Take the file's name, its text and what the text means."""
        self._name = name
        self._places = TomlPlaces(text)
        self._data = data

    def line(self, place: Place, message: str) -> str:
        """Return one problem as a line."""
        number = self._places.line(place)
        where = self._name if number is None else f"{self._name}:{number}"
        label = self._places.label(place) if place else ""
        return f"{where}: {label}: {message}" if label else f"{where}: {message}"

    def sorted_lines(self, findings: Iterable[tuple[Place, str]]) -> tuple[str, ...]:
        """Return every problem once, in the order of the file."""
        lines = {
            self.line(place, message): self._places.line(place) or 0 for place, message in findings
        }
        return tuple(sorted(lines, key=lambda line: lines[line]))

    def findings(self, error: ValidationError) -> Iterable[tuple[Place, str]]:
        """Yield place and message of everything that the models refused."""
        for detail in error.errors(include_url=False):
            place = self._place(detail["loc"])
            if place is not None:
                yield place, self._message(detail, place)

    def _place(self, location: tuple[int | str, ...]) -> Place | None:
        """Return where the reader finds it, None for what is told at its own place already."""
        place = tuple(str(part) for part in location if part != "[key]")
        if place[:1] == ("venues",) and place[2:3] and place[2] in VENUE_KINDS:
            place = (*place[:2], *place[3:])  # the models' word for which of them it was
        if place[:2] == ("rebalance", "venues"):
            place = ("rebalance", *place[2:])
            if len(place) > 2 and not _is_written(self._data, place[:3]):  # noqa: PLR2004 - a key
                return None  # a key of [rebalance] itself, seen again through a venue's table
        return place

    def _message(self, detail: ErrorDetails, place: Place) -> str:
        kind = detail["type"]
        if kind in _WORDS:
            return _WORDS[kind]
        if kind in _WRITERS:
            return _WRITERS[kind](detail)
        if kind == "missing":
            return self._missing(place)
        if kind == "extra_forbidden":
            return self._unknown_key(place)
        if kind == "value_error":
            return str(detail.get("ctx", {}).get("error", detail["msg"]))
        return detail["msg"].lower()

    def _missing(self, place: Place) -> str:
        model = model_at(place[:-1], self._data)
        field = model.model_fields.get(place[-1]) if model else None
        hint = f": {field.description}" if field and field.description else ""
        return f"is missing{hint}"

    def _unknown_key(self, place: Place) -> str:
        key = place[-1]
        if len(place) == 1 and key in LATER_SECTIONS:
            return "this table is not available in this version; remove it"
        model = model_at(place[:-1], self._data)
        known = (
            [name for name in model.model_fields if name != "venues" or model is Configuration]
            if model
            else []
        )
        what = "table" if len(place) == 1 else "key"
        return f"there is no such {what}; {did_you_mean(key, known) or _known(known)}"


def _is_written(data: Any, place: Place) -> bool:
    for part in place:
        if not isinstance(data, Mapping) or part not in data:
            return False
        data = data[part]
    return True


def _known(names: Iterable[str]) -> str:
    return f"there are: {', '.join(names)}"


def _not_among(detail: ErrorDetails) -> str:
    given, expected = detail["input"], str(detail.get("ctx", {}).get("expected", ""))
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = did_you_mean(given, words) if isinstance(given, str) else ""
    return f"must be {expected}; was {given!r}" + (f"; {hint}" if hint else "")


def _wrong_type(wanted: str) -> Callable[[ErrorDetails], str]:
    def write(detail: ErrorDetails) -> str:
        given = detail["input"]
        was = f"; was {given!r}" if isinstance(given, _SAFE_TO_SHOW) else ""
        return f"must be {wanted}{was}"

    return write


def _bound(word: str, key: str) -> Callable[[ErrorDetails], str]:
    def write(detail: ErrorDetails) -> str:
        limit, given = detail.get("ctx", {}).get(key), detail["input"]
        return f"must be {word} {_shown(limit)}; was {_shown(given)}"

    return write


def _shown(value: object) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)


_WORDS = {
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
}
_WRITERS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "literal_error": _not_among,
    "bool_type": _wrong_type("true or false, without quotes"),
    "int_type": _wrong_type("a whole number, without quotes"),
    "string_type": _wrong_type("text in quotes"),
    "tuple_type": _wrong_type("a list, such as [1, 2]"),
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
}
