"""On which line of a TOML text each key stands; the standard parser does not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

Place = tuple[str, ...]

_PART = r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[A-Za-z0-9_-]+"
_BLANK = re.compile(r"(?:\s+|#[^\n]*)*")
_KEY = re.compile(rf"[ \t]*(?:{_PART})(?:[ \t]*\.[ \t]*(?:{_PART}))*[ \t]*")
_PARTS = re.compile(_PART)
_VALUE_TOKEN = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|.",
    re.DOTALL,
)


class TomlPlaces:
    """Lines of the tables and keys of a text that is known to be valid TOML.

    What stands inside an inline table or a list has the line of the key that holds it.
    """

    def __init__(self, text: str) -> None:
        """Look through the text once."""
        self._text = text
        self._lines: dict[Place, int] = {}
        self._tables: set[Place] = set()
        self._scan()

    @property
    def lines(self) -> Mapping[Place, int]:
        """Every table and key found."""
        return MappingProxyType(self._lines)

    def line(self, place: Place) -> int | None:
        """Return the line of the longest known part of a place, None for the file as a whole."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._lines:
                return self._lines[place[:length]]
        return None

    def label(self, place: Place) -> str:
        """Return a place as a person would say it: "[venues.kraken] key"."""
        if len(place) <= 1 and place not in self._lines:
            return f"[{'.'.join(place)}]"
        for length in range(len(place), 0, -1):
            if place[:length] in self._tables:
                return f"[{'.'.join(place[:length])}] {'.'.join(place[length:])}".rstrip()
        if len(place) == 1:
            return place[0]
        return f"[{'.'.join(place[:-1])}] {place[-1]}"

    def _scan(self) -> None:
        at = 0
        table: Place = ()
        while (at := self._skip_blank(at)) < len(self._text):
            if self._text[at] == "[":
                at, table = self._read_header(at)
            else:
                at = self._read_pair(at, table)

    def _skip_blank(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match else at

    def _read_header(self, at: int) -> tuple[int, Place]:
        opening = 2 if self._text.startswith("[[", at) else 1
        table, end = self._read_key(at + opening)
        self._note(table, at)
        self._tables.update(table[: length + 1] for length in range(len(table)))
        return end + opening, table

    def _read_pair(self, at: int, table: Place) -> int:
        key, end = self._read_key(at)
        self._note((*table, *key), at)
        return self._skip_value(end + 1)

    def _read_key(self, at: int) -> tuple[Place, int]:
        match = _KEY.match(self._text, at)
        if match is None:  # not reached for valid TOML; go on behind it rather than for ever
            return (), at + 1
        return tuple(part.strip("\"'") for part in _PARTS.findall(match.group())), match.end()

    def _skip_value(self, at: int) -> int:
        """Go to the end of the line on which the value ends; lists may run over many."""
        depth = 0
        for token in _VALUE_TOKEN.finditer(self._text, at):
            mark = token.group()
            if mark in "[{":
                depth += 1
            elif mark in "]}":
                depth -= 1
            elif mark == "\n" and depth == 0:
                return token.end()
        return len(self._text)

    def _note(self, place: Place, at: int) -> None:
        line = self._text.count("\n", 0, at) + 1
        for length in range(1, len(place) + 1):
            self._lines.setdefault(place[:length], line)
