"""What a failure is: where it strikes, in which situation, how long, what the owner hears."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.support.local_kraken import LocalKraken

LONG = 10**5
"""A fault that strikes until it is taken away: counted all the same, so that it shows it did."""
MODES = ("status", "clock_skew")
"""These are in force from the moment they are asked for, whoever calls."""


class Door(StrEnum):
    """How the bot is connected: over Kraken's sockets, or by REST alone."""

    SOCKET = "socket"
    REST = "REST"


class Situation(StrEnum):
    """What is under way when it happens."""

    REBALANCE = "rebalance"
    BETWEEN = "between sells and buys"
    WHOLE = "sale of all"
    CANCEL = "cancellation"
    KILL = "rebalance, killed"
    QUIET = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One lever of the local Kraken; `count` None is for the modes."""

    name: str
    match: str = "*"
    count: int | None = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`told` is what the owner must read about it; None where nothing need be said."""

    name: str
    door: Door
    situation: Situation = Situation.REBALANCE
    faults: Sequence[Fault] = ()
    act: Callable[[LocalKraken], Awaitable[object]] | None = None
    """What a person or the market does, where no fault says it."""
    lasts: float | None = None
    """After so many seconds it is taken away; one without is over when it has struck."""
    told: str | None = None
    within: float = 120.0
    """How long to wait for it to heal."""


def fault(name: str, match: str = "*", *, count: int | None = 1, **parameters: Any) -> Fault:
    return Fault(name=name, match=match, count=count, parameters=parameters)
