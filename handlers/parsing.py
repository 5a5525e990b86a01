"""Words in: command lines and their arguments, without any chat library."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from trading.errors import NotUnderstood
from trading.model.identifiers import Asset, asset

_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,31})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)")
_MAX_ARGUMENTS = 20
_LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """A typed command: `name` in lower case, `bot` when it was addressed (`/help@bot`)."""

    name: str
    arguments: tuple[str, ...] = ()
    bot: str | None = None

    def __str__(self) -> str:
        """Return it as it could be typed again."""
        return " ".join((f"/{self.name}", *self.arguments))


def parse_command(text: str) -> CommandLine | None:
    """Read a command line; None when the text is no command."""
    stripped = text.strip()
    match = _COMMAND.match(stripped)
    if match is None:
        return None
    rest = stripped[match.end() :].split()
    return CommandLine(
        name=match[1].lower(),
        arguments=tuple(rest[:_MAX_ARGUMENTS]),
        bot=match[2].lower() if match[2] else None,
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like this one; None when nothing is near."""
    names = sorted(known)
    found = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if found:
        return found[0]
    starting = [candidate for candidate in names if candidate.startswith(name.lower())]
    return starting[0] if len(starting) == 1 else None


def parse_amount(text: str) -> Decimal:
    """Read a positive plain number such as 0.25; a comma could mean two things."""
    if "," in text or "'" in text:
        raise NotUnderstood(
            f"{text!r} has a comma or mark in it, which can mean two things, a tenth or a "
            "thousand. Nothing was done. Write it with a point and nothing else, as 1234.5"
        )
    try:
        amount = Decimal(text.replace("_", "x"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0 or abs(amount.adjusted()) > _LARGEST_EXPONENT:
        raise NotUnderstood(f"{text!r} is not an amount. Nothing was done. Write it as 0.25")
    return amount


def parse_asset(text: str) -> Asset:
    """Read an asset code of any case."""
    try:
        return asset(text)
    except ValueError as error:
        raise NotUnderstood(
            f"{text!r} is not an asset. Nothing was done. Write a code such as BTC"
        ) from error


def parse_count(text: str, *, largest: int) -> int:
    """Read a whole number from 1 to `largest`."""
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= largest:
        raise NotUnderstood(f"{text!r} is not a number from 1 to {largest}. Nothing was done.")
    return int(text)
