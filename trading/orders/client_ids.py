"""Client order ids: made from the journal row, recognisable as ours, never made twice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from trading.model.identifiers import ClientOrderId

LENGTH = 18
"""The longest free-form id that Kraken takes, in lower case only; no venue takes less."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TAG_LENGTH = 4
_TIME_LENGTH = 8
_SEQUENCE_LENGTH = 3
_PREFIX = "sy"
_OURS = re.compile(r"sy([0-9a-z]{4})-([0-9a-z]{8})([0-9a-z]{3})")
_TAG = re.compile(r"[0-9a-z]{4}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_instance_tag(choose: Callable[[str], str] = secrets.choice) -> str:
    """Draw the tag that tells this installation's orders from another's; drawn once, stored."""
    return "".join(choose(_DIGITS) for _ in range(_TAG_LENGTH))


def make(tag: str, created_at: datetime, sequence: int) -> ClientOrderId:
    """Return the id of the journal row `sequence`, created then.

    Two rows differ in sequence; the sequence wraps after 46,656 rows, and then the millisecond
    differs unless so many rows were made in one.
    """
    if not _TAG.fullmatch(tag):
        message = f"an instance tag was {tag!r}; it is four of 0-9 and a-z"
        raise ValueError(message)
    milliseconds = (created_at - _EPOCH) // _MILLISECOND
    time = _base36(milliseconds, _TIME_LENGTH)
    number = _base36(sequence % len(_DIGITS) ** _SEQUENCE_LENGTH, _SEQUENCE_LENGTH)
    return ClientOrderId(f"{_PREFIX}{tag}-{time}{number}")


def is_ours(client_order_id: str | None) -> bool:
    """True when a Steelyard made it, this installation or another one."""
    return instance_of(client_order_id) is not None


def instance_of(client_order_id: str | None) -> str | None:
    """Return the tag of the installation that made it; None when no Steelyard did."""
    found = _OURS.fullmatch(client_order_id or "")
    return found.group(1) if found else None


def suspicion(client_order_id: str | None, own_tag: str) -> str:
    """Say who must have made an order of ours that the journal does not hold."""
    tag = instance_of(client_order_id)
    if tag == own_tag:
        return (
            f"it was made with this installation's own database (tag {tag}), which does not hold "
            "it: this database is an older copy, such as a restored backup, or a copy of it runs "
            "on another machine. After restoring a backup: compare with the venue, then resume. "
            "Otherwise stop the other copy first"
        )
    return (
        f"it was made by another Steelyard (tag {tag}, ours is {own_tag}): a second copy trades "
        "this account. Stop one of the two, or give each an account of its own"
    )


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    if len(digits) > width:
        message = f"{digits} does not fit into {width} digits"
        raise ValueError(message)
    return digits.rjust(width, "0")
