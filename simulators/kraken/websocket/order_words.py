"""The words of an order on the socket, put into the words that REST uses for the same order.

The socket writes numbers as JSON numbers and refuses fields it does not know.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulators.kraken.catalogue import Catalogue, ListedPair
from simulators.kraken.errors import UNKNOWN_PAIR, KrakenError, invalid_argument

Words = dict[str, str]
IGNORED = frozenset({"token", "symbol", "validate", "deadline", "no_mpp"})
UNSUPPORTED = frozenset(
    {"triggers", "conditional", "display_qty", "effective_time", "cash_order_qty", "margin"}
    | {"limit_price_type", "fee_preference", "sender_sub_id", "reduce_only"}
)
# What does nothing when it says what is the case anyway.
HARMLESS: Mapping[str, object] = {
    "margin": False,
    "reduce_only": False,
    "limit_price_type": "static",
    "fee_preference": "quote",
}
STP_TYPES = {"cancel_newest": "cancel-newest"}


def order_words(params: Mapping[str, Any]) -> Words:
    words: Words = {}
    for name, value in params.items():
        if name in IGNORED or value is None:
            continue
        if name in UNSUPPORTED:
            _refuse_unless_harmless(name, value)
            continue
        if name not in _READERS:
            raise KrakenError(f"Unsupported field: '{name}' for the given msg type: add order")
        rest_name, read = _READERS[name]
        words[rest_name] = read(name, value)
    if "volume" not in words:
        raise invalid_argument("volume")
    return words


def listed_pair(params: Mapping[str, Any], catalogue: Catalogue) -> ListedPair:
    """Find a pair by the one name that sockets take: BTC/USD, not XBT/USD."""
    for pair in catalogue.pairs:
        if pair.symbol == params.get("symbol"):
            return pair
    raise KrakenError(UNKNOWN_PAIR)


def number(name: str, value: Any) -> str:
    """Take a JSON number only: "0.01" in quotes is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise invalid_argument(name)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise invalid_argument(name)
    return value


def deadline_words(params: Mapping[str, Any]) -> Words:
    deadline = params.get("deadline")
    return {} if deadline is None else {"deadline": string("deadline", deadline)}


def _whole(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid_argument(name)
    return str(value)


def _post_only(name: str, value: Any) -> str:
    if not isinstance(value, bool):
        raise invalid_argument(name)
    return "post" if value else ""


def _upper(name: str, value: Any) -> str:
    return string(name, value).upper()


def _seconds(name: str, value: Any) -> str:
    try:
        at = datetime.fromisoformat(string(name, value))
    except ValueError:
        raise invalid_argument(name) from None
    if at.tzinfo is None:
        raise invalid_argument(name)
    return str(int(at.timestamp()))


def _stp_type(name: str, value: Any) -> str:
    known = STP_TYPES.get(string(name, value))
    if known is None:
        raise invalid_argument(name)
    return known


def _refuse_unless_harmless(name: str, value: Any) -> None:
    if name not in HARMLESS or value != HARMLESS[name]:
        raise invalid_argument(name)


_READERS: dict[str, tuple[str, Callable[[str, Any], str]]] = {
    "order_type": ("ordertype", string),
    "side": ("type", string),
    "order_qty": ("volume", number),
    "limit_price": ("price", number),
    "time_in_force": ("timeinforce", _upper),
    "expire_time": ("expiretm", _seconds),
    "post_only": ("oflags", _post_only),
    "cl_ord_id": ("cl_ord_id", string),
    "order_userref": ("userref", _whole),
    "stp_type": ("stptype", _stp_type),
}
