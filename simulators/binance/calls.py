"""Executing a call, whichever wire it came by: gate, faults of the venue itself, work."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simulators.binance.endpoints import Endpoint
from simulators.binance.errors import BinanceError
from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.gate import Call, Gate
from simulators.binance.limits import Limits
from simulators.clock import Clock
from simulators.exchange.faults import Fault
from simulators.exchange.modes import Modes
from simulators.exchange.tally import Tally

# What still answers while the venue is under maintenance.
ALWAYS_ANSWERED = frozenset({"system/status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`body` is the result, or the error with its code and message."""

    body: Any
    status: int = 200
    retry_after: int | None = None

    @property
    def is_error(self) -> bool:
        return self.status >= 400  # noqa: PLR2004 -- HTTP's own line

    @classmethod
    def of_error(cls, error: BinanceError) -> "Answer":
        return cls(
            body={"code": error.code, "msg": error.text},
            status=error.status,
            retry_after=error.retry_after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every door of the venue stands on."""

    exchange: Exchange
    gate: Gate
    limits: Limits
    faults: Faults
    modes: Modes
    tally: Tally
    clock: Clock


class Calls:
    def __init__(self, *, endpoints: Iterable[Endpoint], ground: Ground) -> None:
        self._exchange = ground.exchange
        self._gate = ground.gate
        self._limits = ground.limits
        self._faults = ground.faults
        self._modes = ground.modes
        self._tally = ground.tally
        known = tuple(endpoints)
        self.by_path = {(each.method, each.path): each for each in known}
        self.by_socket_method = {each.socket_method: each for each in known if each.socket_method}

    def count(self, door: str, name: str) -> None:
        self._tally.count(door, name)

    def execute(self, call: Call) -> Answer:
        names = call.endpoint.names
        self._modes.enter(*names)
        try:
            self._refuse_in_maintenance(call.endpoint)
            if fault := self._faults.strike("error", *names):
                raise _as_wished(fault)
            self._gate.admit(call)
            self._exchange.settle_time()
            result = call.endpoint.work(call.words)
        except BinanceError as error:
            return Answer.of_error(error)
        if call.endpoint.is_refunded:
            weight = call.endpoint.weight_of(call.words)
            self._limits.refund(weight, self._exchange.now())
        if fault := self._faults.strike("error_after", *names):
            return Answer.of_error(_as_wished(fault))
        return Answer(body=result)

    def headers(self, *, with_orders: bool) -> dict[str, str]:
        return self._limits.headers(self._exchange.now(), with_orders=with_orders)

    def rate_limits(self, *, with_orders: bool) -> list[dict[str, Any]]:
        return self._limits.counted(self._exchange.now(), with_orders=with_orders)

    def _refuse_in_maintenance(self, endpoint: Endpoint) -> None:
        is_down = self._exchange.status == "maintenance"
        if is_down and not ALWAYS_ANSWERED.intersection(endpoint.names):
            raise BinanceError(-1016, "This service is no longer available.", status=503)


def _as_wished(fault: Fault) -> BinanceError:
    wish = fault.parameters
    return BinanceError(int(wish["code"]), str(wish["msg"]), status=int(wish["status"]))
