"""What a button carries: view, menu and single-use confirmation data, within 64 bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

CALLBACK_DATA_LIMIT = 64
TOKEN_BYTES = 16


class PressKind(StrEnum):
    """The first letter of a button's data."""

    VIEW = "v"
    """Show a reading command again, in place; carries no right of its own."""
    CONFIRM = "c"
    DECLINE = "n"
    MENU = "m"
    """A tap in the emergency menu."""
    EMERGENCY_CONFIRM = "k"
    EMERGENCY_DECLINE = "x"


EMERGENCY_KINDS = frozenset(
    {PressKind.MENU, PressKind.EMERGENCY_CONFIRM, PressKind.EMERGENCY_DECLINE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PressData:
    """A button's data taken apart; `page` and `arguments` belong to views."""

    kind: PressKind
    value: str
    page: int = 0
    arguments: tuple[str, ...] = ()

    def encode(self) -> str | None:
        """Return what Telegram is to send back; None when it does not fit."""
        if self.kind is PressKind.VIEW:
            text = f"v:{self.value}:{self.page}:{' '.join(self.arguments)}"
        else:
            text = f"{self.kind.value}:{self.value}"
        return text if len(text.encode()) <= CALLBACK_DATA_LIMIT else None


def decode_press(data: str) -> PressData | None:
    """Read a button's data; None when this bot never made it."""
    head, _, rest = data.partition(":")
    try:
        kind = PressKind(head)
    except ValueError:
        return None
    if not rest:
        return None
    if kind is not PressKind.VIEW:
        return PressData(kind=kind, value=rest)
    name, _, tail = rest.partition(":")
    page, separator, arguments = tail.partition(":")
    if not (separator and name and page.isascii() and page.isdigit()):
        return None
    return PressData(kind=kind, value=name, page=int(page), arguments=tuple(arguments.split()))


def make_token(random_bytes: Callable[[int], bytes]) -> str:
    """Return a fresh token of 22 characters; `random_bytes` must be unguessable."""
    return base64.urlsafe_b64encode(random_bytes(TOKEN_BYTES)).decode().rstrip("=")


def hash_token(token: str) -> str:
    """Return what may be written down; the token itself never is."""
    return hashlib.sha256(token.encode()).hexdigest()
