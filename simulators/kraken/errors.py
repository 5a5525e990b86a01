"""The venue's refusals, in the words it puts on the wire."""

from trading.venues.paper.refusals import RefusalReason, Refused

UNKNOWN_METHOD = "EGeneral:Unknown method"
INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
RATE_LIMIT = "EAPI:Rate limit exceeded"
ORDER_RATE_LIMIT = "EOrder:Rate limit exceeded"
ORDERS_LIMIT = "EOrder:Orders limit exceeded"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_ASSET = "EQuery:Unknown asset"
UNKNOWN_ORDER = "EOrder:Unknown order"
INVALID_ORDER = "EOrder:Invalid order"
INSUFFICIENT_FUNDS = "EOrder:Insufficient funds"
DEADLINE_ELAPSED = "EService:Deadline elapsed"
UNAVAILABLE = "EService:Unavailable"
CANCEL_ONLY = "EService:Market in cancel_only mode"
POST_ONLY = "EService:Market in post_only mode"
LIMIT_ONLY = "EService:Market in limit_only mode"
INVALID_SESSION = "ESession:Invalid session"

_REFUSALS = {
    RefusalReason.UNKNOWN_MARKET: UNKNOWN_PAIR,
    RefusalReason.LOT_STEP: "EGeneral:Invalid arguments:volume",
    RefusalReason.TICK_SIZE: "EOrder:Tick size check failed",
    RefusalReason.MINIMUM_QUANTITY: "EOrder:Order minimum not met",
    RefusalReason.MINIMUM_COST: "EOrder:Cost minimum not met",
    RefusalReason.INSUFFICIENT_FUNDS: INSUFFICIENT_FUNDS,
    # The venue's own words for an id that another open order carries.
    RefusalReason.DUPLICATE_CLIENT_ORDER_ID: "EGeneral:Invalid arguments:cl_ord_id not unique",
    RefusalReason.DUPLICATE_ORDER_ID: "EGeneral:Internal error",
    RefusalReason.ALREADY_EXPIRED: "EGeneral:Invalid arguments:expiretm",
    RefusalReason.UNKNOWN_ORDER: UNKNOWN_ORDER,
    RefusalReason.WOULD_TAKE: "EOrder:Post only order",
    RefusalReason.INVALID_AMOUNT: "EGeneral:Invalid arguments:amount",
}


class KrakenError(Exception):
    """An answer with an error in it; nothing was executed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def invalid_argument(name: str) -> KrakenError:
    return KrakenError(f"EGeneral:Invalid arguments:{name}")


def refusal(refused: Refused) -> KrakenError:
    return KrakenError(_REFUSALS[refused.reason])
