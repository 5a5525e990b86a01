"""What can go wrong at this venue on demand."""

from collections.abc import Mapping
from typing import Any

from simulators.exchange.faults import FaultBook, are_seconds, is_share, is_status
from simulators.kraken.spelling import Spelling

# Each fault's own parameters with their defaults. An unknown name or parameter is refused.
KNOWN: Mapping[str, Mapping[str, Any]] = {
    "invalid_nonce": {},  # refuse the nonce, whatever it is; it is not used up
    "empty_balances": {},  # Balance, BalanceEx, and snapshots of `balances`
    "partial_balances": {"assets": None},  # leave these out (every second one by default)
    "malformed_json": {},  # executed, then an answer that is not JSON
    "error": {"error": "EGeneral:Internal error"},  # this error, not executed
    "http_5xx_before": {"status": 502},  # HTML from the edge, not executed
    "http_5xx_after": {"status": 520},  # executed, then HTML from the edge
    "drop_before": {},  # connection closed, not executed
    "lose_answer": {},  # executed, connection closed
    "hang_before": {"seconds": 30.0},  # executed late
    "hang_after": {"seconds": 30.0},  # executed at once, answered late
    "truncate_body": {},  # executed, the answer breaks off half way
    "delay": {"seconds": 0.5},  # slower, nothing else
    "status": {"status": "maintenance"},  # maintenance, cancel_only, post_only, limit_only
    "partial_fill_only": {"fraction": "0.5"},  # no more depth than this share of an order
    "zero_liquidity": {},  # nobody else offers anything
    "fill_before_cancel": {"fraction": "0.5"},  # the world is faster than the cancellation
    "clock_skew": {"seconds": 5.0},  # the venue's clock is this much ahead
    "spell_numbers": {"spelling": "float"},  # in balances and frames: see `Spelling`
    # The stream. `match` names a channel (also "executions.trade"), a method (add_order), or
    # where it is said "public" or "private".
    "ws_refuse": {"status": 503},  # the upgrade is answered with this status (public, private)
    "ws_drop": {},  # the line is cut now, or as soon as there is one (public, private)
    "ws_silent": {"deaf": True},  # connected, nothing sent; deaf: nothing done (public, private)
    "ws_silent_channel": {},  # a channel says nothing, and no sequence number is missing
    "ws_gap": {},  # a frame is lost, its sequence number with it
    "ws_duplicate": {},  # a frame comes twice
    "ws_swap": {"numbers_stay": False},  # the next frame comes first; with the right numbers
    "ws_malformed": {},  # a frame breaks off half way
    "ws_ack_last": {"seconds": 0.0},  # an answer comes after what it caused, and so much later
    "ws_lose_ack": {},  # done, and never answered
    "ws_drop_before": {},  # the line is cut, the request not done
    "ws_drop_after": {},  # done, then the line is cut without a word about it
    "ws_refuse_token": {"error": "EAPI:Invalid token"},  # whatever the token
    "ws_expire_token": {},  # the token that is shown next is no longer good; a new one is
    "ws_plain_batch": {},  # batch_add answers a bare list, as the documentation shows it
}
STATUSES = ("online", "maintenance", "cancel_only", "post_only", "limit_only")


class Faults(FaultBook):
    def __init__(self) -> None:
        super().__init__(known=KNOWN, fits=_fits)


def _fits(name: str, key: str, value: Any) -> bool:
    match key:
        case "seconds":
            return are_seconds(value, backwards=name == "clock_skew")
        case "status" if name == "status":
            return value in STATUSES
        case "status":
            return is_status(value, least=400 if name == "ws_refuse" else 500)
        case "deaf" | "numbers_stay":
            return isinstance(value, bool)
        case "spelling":
            return value in tuple(Spelling)
        case "fraction":
            return is_share(value)
        case "assets":
            return value is None or isinstance(value, list)
        case _:
            return isinstance(value, str)
