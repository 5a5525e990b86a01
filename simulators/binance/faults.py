"""What can go wrong at this venue on demand."""

from collections.abc import Mapping
from typing import Any

from simulators.exchange.faults import FaultBook, are_seconds, is_share, is_status

UNKNOWN_OUTCOME = (
    "Timeout waiting for response from backend server. Send status unknown;"
    " execution status unknown."
)

# Each fault's own parameters with their defaults. An unknown name or parameter is refused.
# `match` names a call by its path ("order"), its method and path ("POST order") or, on the
# WebSocket API, by its method ("order.place").
KNOWN: Mapping[str, Mapping[str, Any]] = {
    "empty_balances": {},  # of the account
    "partial_balances": {"assets": None},  # leave these out (every second one by default)
    "error": {"status": 400, "code": -1000, "msg": "An unknown error occurred."},  # not executed
    "error_after": {"status": 504, "code": -1007, "msg": UNKNOWN_OUTCOME},  # executed, then this
    "firewall": {"status": 403},  # HTML from the firewall; 451: refused for where one is
    "http_5xx_before": {"status": 502},  # HTML from the edge, not executed
    "http_5xx_after": {"status": 503},  # executed, then HTML from the edge
    "drop_before": {},  # connection closed, not executed
    "lose_answer": {},  # executed, connection closed
    "hang_before": {"seconds": 30.0},  # executed late
    "hang_after": {"seconds": 30.0},  # executed at once, answered late
    "malformed_json": {},  # executed, then an answer that is not JSON
    "truncate_body": {},  # executed, the answer breaks off half way
    "garbage": {},  # executed, then bytes that mean nothing
    "delay": {"seconds": 0.5},  # slower, nothing else
    "rate_limit": {"seconds": 5.0},  # 429 with Retry-After
    "ban": {"seconds": 120.0},  # 418 from now on, for so long
    "order_limit": {"seconds": 5.0},  # -1015
    "refuse_key": {},  # -2015
    "refuse_timestamp": {"ahead": False},  # -1021
    "refuse_signature": {},  # -1022
    "can_withdraw": {},  # the key may withdraw, and the account says so
    "cannot_trade": {},  # the key may only read
    "unseen_order": {},  # a question about an order does not find it yet: -2013
    "status": {"status": "maintenance"},  # see STATUSES
    "clock_skew": {"seconds": 5.0},  # the venue's clock is this much ahead
    "partial_fill_only": {"fraction": "0.5"},  # no more depth than this share of an order
    "zero_liquidity": {},  # nobody else offers anything
    "fill_before_cancel": {"fraction": "0.5"},  # the world is faster than the cancellation
    # The streams. `match` names the door ("api" or "market"), an event (executionReport, also
    # "executionReport.TRADE"), a stream ("btcusdt@bookTicker") or a method ("order.place").
    "ws_refuse": {"status": 503},  # the upgrade is answered with this status
    "ws_drop": {},  # the line is cut now, or as soon as there is one
    "ws_silent": {"deaf": True},  # connected, nothing sent; deaf: nothing done
    "ws_silent_channel": {},  # an event or a stream is not told
    "ws_duplicate": {},  # an event comes twice
    "ws_swap": {},  # the next event comes first
    "ws_late": {"seconds": 1.0},  # an event comes later than what follows it
    "ws_replay": {"events": 1},  # with the next subscription, the last events are told again
    "ws_malformed": {},  # a frame breaks off half way
    "ws_ack_last": {"seconds": 0.0},  # an answer comes after what it caused, and so much later
    "ws_lose_ack": {},  # done, and never answered
    "ws_drop_before": {},  # the line is cut, the request not done
    "ws_drop_after": {},  # done, then the line is cut without a word about it
    "ws_shutdown": {},  # serverShutdown is announced; the line is cut a little later
    "ws_terminate": {},  # eventStreamTerminated: the subscription is over, the line is not
}
STATUSES = ("online", "maintenance", "halt", "break", "cancel_only")


class Faults(FaultBook):
    def __init__(self) -> None:
        super().__init__(known=KNOWN, fits=_fits)


def _fits(name: str, key: str, value: Any) -> bool:
    match key:
        case "seconds":
            return are_seconds(value, backwards=name == "clock_skew")
        case "status" if name == "status":
            return value in STATUSES
        case "status" if name == "firewall":
            return value in {403, 451}
        case "status":
            return is_status(value, least=500 if name.startswith("http_5xx") else 400)
        case "deaf" | "ahead":
            return isinstance(value, bool)
        case "code" | "events":
            return type(value) is int
        case "fraction":
            return is_share(value)
        case "assets":
            return value is None or isinstance(value, list)
        case _:
            return isinstance(value, str)
