"""Faults on demand: what goes wrong, for which calls, how many times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from simulators.kraken.spelling import Spelling

EVERY = "*"

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
LONGEST = 10**6
LARGEST_STATUS = 599
STATUSES = ("online", "maintenance", "cancel_only", "post_only", "limit_only")


class UnknownFaultError(Exception):
    """A fault that does not exist or does not fit; the message says which do."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """`left` is how often it will still strike; None means until it is taken away."""

    name: str
    match: str
    left: int | None
    parameters: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "match": self.match, "count": self.left, **self.parameters}

    def seconds(self) -> float:
        return float(self.parameters["seconds"])


class Faults:
    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Install what a control call asks for: {"name", "count", "match", ...parameters}."""
        name = wish.get("name")
        if not isinstance(name, str) or name not in KNOWN:
            raise UnknownFaultError(f"no fault is named {name!r}; there are {', '.join(KNOWN)}")
        given = {key: wish[key] for key in wish if key not in {"name", "count", "match"}}
        if unknown := sorted(set(given) - set(KNOWN[name])):
            raise UnknownFaultError(f"{name} takes {sorted(KNOWN[name])}, was given {unknown}")
        count = wish.get("count")
        if count is not None and (type(count) is not int or count < 1):
            raise UnknownFaultError(f"count must be a positive number or null, was {count!r}")
        parameters = {**KNOWN[name], **given}
        _check(name, parameters)
        fault = Fault(
            name=name, match=str(wish.get("match") or EVERY), left=count, parameters=parameters
        )
        self._active.append(fault)
        return fault

    def remove(self, name: str | None) -> int:
        """Take away all faults, or all of one name; answer how many."""
        kept = [fault for fault in self._active if name is not None and fault.name != name]
        removed = len(self._active) - len(kept)
        self._active = kept
        return removed

    def describe(self) -> list[dict[str, Any]]:
        return [fault.describe() for fault in self._active]

    def active(self, name: str, *names: str) -> Fault | None:
        """Look whether a fault is there, without using it up; without names, for everything.

        `names` are what the call or the frame may be called; one that matches is enough.
        """
        for fault in self._active:
            if fault.name == name and (
                fault.match == EVERY or any(fnmatchcase(each, fault.match) for each in names)
            ):
                return fault
        return None

    def strike(self, name: str, *names: str) -> Fault | None:
        """Use a fault once if it is there for this call."""
        fault = self.active(name, *names)
        if fault is not None and fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self._active.remove(fault)
        return fault

    def spoil_balances(self, assets: Sequence[str], *names: str) -> Sequence[str]:
        """Say which assets an answer about balances still mentions."""
        if self.strike("empty_balances", *names):
            return ()
        if fault := self.strike("partial_balances", *names):
            missing = fault.parameters["assets"] or assets[1::2]
            return [asset for asset in assets if asset not in missing]
        return assets


def _check(name: str, parameters: Mapping[str, Any]) -> None:
    """Refuse now what would fail only when the fault strikes."""
    for key, value in parameters.items():
        if not _fits(name, key, value):
            raise UnknownFaultError(f"{name} cannot have {key} = {value!r}")


def _fits(name: str, key: str, value: Any) -> bool:
    match key:
        case "seconds":
            is_number = isinstance(value, int | float) and abs(value) < LONGEST
            return is_number and (value >= 0 or name == "clock_skew")
        case "status" if name == "status":
            return value in STATUSES
        case "status":
            least = 400 if name == "ws_refuse" else 500
            return type(value) is int and least <= value <= LARGEST_STATUS
        case "deaf" | "numbers_stay":
            return isinstance(value, bool)
        case "spelling":
            return value in tuple(Spelling)
        case "fraction":
            return isinstance(value, str) and _is_share(value)
        case "assets":
            return value is None or isinstance(value, list)
        case _:
            return isinstance(value, str)


def _is_share(text: str) -> bool:
    try:
        return 0 <= Decimal(text) <= 1
    except InvalidOperation:
        return False
