"""From the words of an order call to a ticket, refusing in the venue's own words.

The same words come by REST and by a socket: the wire's own dress is taken off before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from simulators.kraken.catalogue import Catalogue, ListedPair
from simulators.kraken.errors import DEADLINE_ELAPSED, UNKNOWN_PAIR, KrakenError, invalid_argument
from simulators.kraken.placing import Ticket
from trading.venues.paper.values import OrderKind, Side, TimeInForce, is_amount

Word = TypeVar("Word", OrderKind, Side)

# The venue's documentation allows a UUID (with or without dashes) or free text of up to 18
# characters. Capitals in free text have been seen refused, so they are refused here.
CLIENT_ORDER_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[0-9a-z-]{1,18}"
)
PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
FLAGS = frozenset({"post", "fciq", "nompp"})
LONGEST_DEADLINE = timedelta(seconds=60)
LARGEST_REFERENCE = 2**31
YES = frozenset({"true", "1", "yes"})
NO = frozenset({"false", "0", "no", "", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """An order call understood: what is wanted, and whether it is only a question."""

    ticket: Ticket
    validate_only: bool


def read_instruction(
    words: Mapping[str, Any], *, catalogue: Catalogue, now: datetime
) -> Instruction:
    check_deadline(words, now)
    return Instruction(
        ticket=read_ticket(words, pair=read_pair(words, catalogue), now=now),
        validate_only=flag(words, "validate"),
    )


def read_pair(words: Mapping[str, Any], catalogue: Catalogue) -> ListedPair:
    pair = catalogue.named_pair(text(words, "pair"))
    if pair is None:
        raise KrakenError(UNKNOWN_PAIR)
    return pair


def read_ticket(words: Mapping[str, Any], *, pair: ListedPair, now: datetime) -> Ticket:
    _refuse_the_unsupported(words)
    kind = _choice(words, "ordertype", OrderKind)
    flags = _order_flags(words)
    client_order_id, reference = _references(words)
    time_in_force, expires_at = _time_in_force(words, now)
    ticket = Ticket(
        pair=pair,
        side=_choice(words, "type", Side),
        kind=kind,
        quantity=amount(words, "volume"),
        limit_price=_price(words, pair) if kind is OrderKind.LIMIT else None,
        time_in_force=time_in_force,
        post_only="post" in flags,
        expires_at=expires_at,
        client_order_id=client_order_id,
        user_reference=reference,
    )
    if ticket.post_only and (kind is not OrderKind.LIMIT or time_in_force is TimeInForce.IOC):
        raise invalid_argument("oflags")
    return ticket


def check_deadline(words: Mapping[str, Any], now: datetime) -> None:
    """Refuse an order that reaches the engine after its deadline, or names one too far off."""
    written = text(words, "deadline")
    if not written:
        return
    try:
        deadline = datetime.fromisoformat(written)
    except ValueError:
        raise invalid_argument("deadline") from None
    if deadline.tzinfo is None or deadline - now > LONGEST_DEADLINE:
        raise invalid_argument("deadline")
    if deadline <= now:
        raise KrakenError(DEADLINE_ELAPSED)


def text(words: Mapping[str, Any], name: str) -> str:
    value = words.get(name, "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid_argument(name)
    return value.strip()


def flag(words: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    if name not in words:
        return default
    value = text(words, name).lower()
    if value in YES:
        return True
    if value in NO:
        return False
    raise invalid_argument(name)


def amount(words: Mapping[str, Any], name: str) -> Decimal:
    """Read a plain positive number; no exponents, and no relative prices such as +5 or #5%."""
    written = text(words, name)
    if not PLAIN_NUMBER.fullmatch(written):
        raise invalid_argument(name)
    value = Decimal(written)
    if not is_amount(value):
        raise invalid_argument(name)
    return value


def whole(words: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    written = text(words, name)
    if not written and default is not None:
        return default
    try:
        return int(written)
    except ValueError:
        raise invalid_argument(name) from None


def unix_seconds(written: str, name: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(written), UTC)
    except (ValueError, OverflowError, OSError):
        raise invalid_argument(name) from None


def _choice(words: Mapping[str, Any], name: str, kind: type[Word]) -> Word:
    try:
        return kind(text(words, name))
    except ValueError:
        raise invalid_argument(name) from None


def _price(words: Mapping[str, Any], pair: ListedPair) -> Decimal:
    price = amount(words, "price")
    exponent = price.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > pair.price_decimals:
        raise KrakenError(
            f"EOrder:Invalid price:{pair.altname} price can only be specified"
            f" up to {pair.price_decimals} decimals."
        )
    return price


def _order_flags(words: Mapping[str, Any]) -> set[str]:
    flags = {part.strip() for part in text(words, "oflags").split(",") if part.strip()}
    if "viqc" in flags:
        raise KrakenError("EAPI:Feature disabled:viqc")
    if flags - FLAGS:
        raise invalid_argument("oflags")
    return flags


def _references(words: Mapping[str, Any]) -> tuple[str | None, int | None]:
    client_order_id = text(words, "cl_ord_id") or None
    reference = whole(words, "userref", default=0)
    if client_order_id is not None:
        if reference or not CLIENT_ORDER_ID.fullmatch(client_order_id):
            raise invalid_argument("cl_ord_id")
        return client_order_id, None
    if abs(reference) >= LARGEST_REFERENCE:
        raise invalid_argument("userref")
    return None, reference or None


def _time_in_force(words: Mapping[str, Any], now: datetime) -> tuple[TimeInForce, datetime | None]:
    written = text(words, "timeinforce") or "GTC"
    expiry = text(words, "expiretm")
    try:
        time_in_force = TimeInForce(written)
    except ValueError:
        raise invalid_argument("timeinforce") from None
    if time_in_force is TimeInForce.FOK:
        raise invalid_argument("timeinforce")  # not among the venue's words for spot
    if expiry in {"", "0"}:
        if time_in_force is TimeInForce.GTD:
            raise invalid_argument("expiretm")
        return time_in_force, None
    if time_in_force is TimeInForce.IOC:
        raise invalid_argument("timeinforce")
    if expiry.startswith("+"):
        return TimeInForce.GTD, now + timedelta(seconds=_positive(expiry[1:], "expiretm"))
    return TimeInForce.GTD, unix_seconds(expiry, "expiretm")


def _positive(written: str, name: str) -> int:
    if not written.isdecimal():
        raise invalid_argument(name)
    return int(written)


def _refuse_the_unsupported(words: Mapping[str, Any]) -> None:
    """Margin, scheduled and conditional orders are not traded here; say so, never ignore it."""
    if text(words, "leverage").lower() not in {"", "none", "0", "1", "1:1"}:
        raise invalid_argument("leverage")
    if text(words, "starttm") not in {"", "0"}:
        raise invalid_argument("starttm")
    if flag(words, "reduce_only"):
        raise invalid_argument("reduce_only")
    if text(words, "stptype") not in {"", "cancel-newest"}:
        raise invalid_argument("stptype")
    if any(name.startswith("close") for name in words) or text(words, "displayvol"):
        raise invalid_argument("close" if not text(words, "displayvol") else "displayvol")
