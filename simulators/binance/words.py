"""The parameters of a call: read from a query and a body, and asked for by name.

All values are text, as they come in a query; what comes by a socket as JSON is made text first.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import unquote_plus

from simulators.binance.catalogue import Catalogue, ListedSymbol
from simulators.binance.errors import BinanceError, bad_symbol, illegal, invalid, missing
from simulators.binance.numbers import PRECISION
from trading.venues.paper.values import is_amount

Words = Mapping[str, str]
Word = TypeVar("Word", bound=StrEnum)

NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
WHOLE = r"^[0-9]{1,20}$"
CLIENT_ORDER_ID = r"^[a-zA-Z0-9-_]{1,36}$"
YES_OR_NO = {"true": True, "false": False}


def parse(query: str, body: str) -> dict[str, str]:
    """Read both parts; where both name a parameter, the query's value counts."""
    return {**_part(body), **_part(query)}


def text(words: Words, name: str) -> str:
    value = words.get(name, "")
    if not value:
        raise missing(name)
    return value


def listed(words: Words, catalogue: Catalogue) -> ListedSymbol:
    found = catalogue.named(text(words, "symbol"))
    if found is None:
        raise bad_symbol()
    return found


def amount(words: Words, name: str) -> Decimal:
    """Read a plain positive number of at most eight decimals."""
    written = text(words, name)
    if not re.fullmatch(NUMBER, written):
        raise illegal(name, NUMBER)
    value = Decimal(written)
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > PRECISION:
        raise BinanceError(-1111, f"Parameter '{name}' has too much precision.")
    if not is_amount(value):
        raise BinanceError(-1013, f"Invalid {name}.")
    return value


def whole(words: Words, name: str) -> int | None:
    """Read a whole number; None where it was not sent."""
    written = words.get(name, "")
    if not written:
        return None
    if not re.fullmatch(WHOLE, written):
        raise illegal(name, WHOLE)
    return int(written)


def limit(words: Words, *, default: int, most: int) -> int:
    """Read how many rows are wanted; more than the most is the most."""
    wanted = whole(words, "limit")
    if wanted is None:
        return default
    if wanted == 0:
        raise invalid("limit")
    return min(wanted, most)


def moment(words: Words, name: str) -> int | None:
    """Read a time in milliseconds; it may have been sent in microseconds."""
    value = whole(words, name)
    return value if value is None or value < 10**14 else value // 1000


def flag(words: Words, name: str, *, default: bool = False) -> bool:
    written = words.get(name, "")
    if not written:
        return default
    if written.lower() not in YES_OR_NO:
        raise invalid(name)
    return YES_OR_NO[written.lower()]


def choice(words: Words, name: str, kind: type[Word], refused: BinanceError) -> Word:
    try:
        return kind(text(words, name))
    except ValueError:
        raise refused from None


def client_order_id(words: Words, name: str) -> str | None:
    written = words.get(name, "")
    if not written:
        return None
    if not re.fullmatch(CLIENT_ORDER_ID, written):
        raise illegal(name, CLIENT_ORDER_ID)
    return written


def _part(encoded: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in encoded.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if name in found:
            raise BinanceError(-1101, "Duplicate values for a parameter detected.")
        found[name] = unquote_plus(value)
    return found
