"""The venue's refusals: an HTTP status, a code, and its own words."""

from trading.venues.paper.refusals import RefusalReason, Refused


class BinanceError(Exception):
    """An answer with an error in it. `retry_after` is in seconds, for a Retry-After header."""

    def __init__(
        self, code: int, text: str, *, status: int = 400, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status
        self.retry_after = retry_after


def bad_symbol() -> BinanceError:
    return BinanceError(-1121, "Invalid symbol.")


def missing(name: str) -> BinanceError:
    return BinanceError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def not_required(name: str) -> BinanceError:
    return BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, legal: str) -> BinanceError:
    return BinanceError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )


def invalid(name: str) -> BinanceError:
    return BinanceError(-1130, f"Data sent for parameter '{name}' is not valid.")


def filter_failure(name: str) -> BinanceError:
    return BinanceError(-1013, f"Filter failure: {name}")


def rejected(text: str) -> BinanceError:
    """An order that the matching engine refused."""
    return BinanceError(-2010, text)


def unknown_order() -> BinanceError:
    return BinanceError(-2011, "Unknown order sent.")


def no_such_order() -> BinanceError:
    return BinanceError(-2013, "Order does not exist.")


def bad_key() -> BinanceError:
    return BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def bad_signature() -> BinanceError:
    return BinanceError(-1022, "Signature for this request is not valid.")


_BALANCE = "Account has insufficient balance for requested action."
_UNKNOWN = "An unknown error occurred while processing the request."
_REFUSALS = {
    RefusalReason.INSUFFICIENT_FUNDS: (-2010, _BALANCE),
    RefusalReason.DUPLICATE_CLIENT_ORDER_ID: (-2010, "Duplicate order sent."),
    RefusalReason.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    RefusalReason.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
    RefusalReason.UNKNOWN_MARKET: (-1121, "Invalid symbol."),
    RefusalReason.LOT_STEP: (-1013, "Filter failure: LOT_SIZE"),
    RefusalReason.MINIMUM_QUANTITY: (-1013, "Filter failure: LOT_SIZE"),
    RefusalReason.TICK_SIZE: (-1013, "Filter failure: PRICE_FILTER"),
    RefusalReason.MINIMUM_COST: (-1013, "Filter failure: NOTIONAL"),
    RefusalReason.INVALID_AMOUNT: (-1130, "Data sent for parameter 'amount' is not valid."),
    RefusalReason.DUPLICATE_ORDER_ID: (-1000, _UNKNOWN),
    RefusalReason.ALREADY_EXPIRED: (-1000, _UNKNOWN),
}


def refusal(refused: Refused) -> BinanceError:
    """Say the engine's refusal in the venue's words."""
    code, text = _REFUSALS[refused.reason]
    return BinanceError(code, text)
