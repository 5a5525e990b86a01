"""Why the engine does not accept a request; nothing changes then."""

from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """Why the engine did not accept a request; nothing changed."""

    UNKNOWN_MARKET = "unknown_market"
    LOT_STEP = "lot_step"
    TICK_SIZE = "tick_size"
    MINIMUM_QUANTITY = "minimum_quantity"
    MINIMUM_COST = "minimum_cost"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    DUPLICATE_CLIENT_ORDER_ID = "duplicate_client_order_id"
    DUPLICATE_ORDER_ID = "duplicate_order_id"
    ALREADY_EXPIRED = "already_expired"
    UNKNOWN_ORDER = "unknown_order"
    INVALID_AMOUNT = "invalid_amount"
    WOULD_TAKE = "would_take"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    reason: RefusalReason
    detail: str
