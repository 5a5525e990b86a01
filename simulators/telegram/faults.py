"""Ways to fail on demand: counted or timed, of one method or of all."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.clock import Clock
from simulators.telegram.errors import Refused

# When a fault strikes: instead of the work, after the work is done, or around the queue.
BEFORE = frozenset(
    {
        "bad_gateway",
        "conflict",
        "drop_before",
        "error",
        "hang",
        "outage",
        "too_many_requests",
        "unauthorized",
    }
)
AFTER = frozenset({"bad_gateway_after", "bad_json", "lose_answer"})
AROUND = frozenset({"slow"})
# Not faults that stay: each does one thing to the queue at once.
AT_ONCE = frozenset({"duplicate_update", "malformed_update", "restart_update_ids", "webhook"})
_POLL_ONLY = frozenset({"conflict"})


@dataclass(slots=True, kw_only=True)
class Fault:
    name: str
    match: str  # a method's name in lower case, "*" for all, "send" for all but getUpdates
    remaining: int | None  # None: until cleared
    until: float | None  # on the monotonic clock; None: no end
    parameters: Mapping[str, Any] = field(default_factory=dict)
    hits: int = 0

    def applies_to(self, method: str) -> bool:
        if self.match == "send":
            return method != "getupdates"
        return self.match in {"*", method}

    def number(self, name: str, default: float) -> float:
        value = self.parameters.get(name, default)
        if not isinstance(value, int | float):
            raise Refused(f"{name} of the fault {self.name} must be a number, was {value!r}")
        return float(value)


class Faults:
    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, given: Mapping[str, Any]) -> Fault:
        """`{"name", "count"?, "seconds"?, "match"?}` and the fault's own parameters."""
        name = given.get("name")
        if name not in BEFORE | AFTER | AROUND:
            known = ", ".join(sorted(BEFORE | AFTER | AROUND | AT_ONCE))
            raise Refused(f"There is no fault {name!r}. Known: {known}")
        count, seconds = given.get("count"), given.get("seconds")
        if not isinstance(count, int | None) or not isinstance(seconds, int | float | None):
            raise Refused("count must be a whole number or null, seconds a number or null")
        default = "getupdates" if name in _POLL_ONLY else "*"
        own = {"name", "count", "seconds", "match"}
        fault = Fault(
            name=str(name),
            match=str(given.get("match") or default).lower(),
            remaining=count,
            until=None if seconds is None else self._clock.monotonic() + seconds,
            parameters={key: value for key, value in given.items() if key not in own},
        )
        self._faults.append(fault)
        return fault

    def take(self, method: str, names: frozenset[str]) -> Fault | None:
        """Return the first fault of these that strikes now, and count it down."""
        self._forget_ended()
        for fault in self._faults:
            if fault.name in names and fault.applies_to(method):
                fault.hits += 1
                if fault.remaining is not None:
                    fault.remaining -= 1
                return fault
        return None

    def _forget_ended(self) -> None:
        now = self._clock.monotonic()
        self._faults = [
            fault
            for fault in self._faults
            if (fault.remaining is None or fault.remaining > 0)
            and (fault.until is None or now < fault.until)
        ]

    def clear(self, name: str | None = None) -> int:
        before = len(self._faults)
        self._faults = [fault for fault in self._faults if name not in {None, fault.name}]
        self._cleared.set()
        self._cleared = asyncio.Event()
        return before - len(self._faults)

    @property
    def cleared(self) -> asyncio.Event:
        """Set at the next clearing: what hangs may go on then."""
        return self._cleared

    def as_json(self) -> list[dict[str, Any]]:
        self._forget_ended()
        now = self._clock.monotonic()
        return [
            {
                "name": fault.name,
                "match": fault.match,
                "remaining": fault.remaining,
                "seconds_left": None if fault.until is None else round(fault.until - now, 3),
                "hits": fault.hits,
                **fault.parameters,
            }
            for fault in self._faults
        ]
