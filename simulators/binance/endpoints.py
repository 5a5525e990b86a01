"""What can be asked, whichever wire it comes by."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.binance.words import Words


class Security(StrEnum):
    NONE = "none"
    KEY = "key"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call: by REST under `method` and `path`, by a socket as `socket_method` (if at all).

    `is_refunded` says that the weight is given back when it succeeds; `counts_orders`, that its
    answer tells how many orders are unfilled.
    """

    method: str
    path: str
    work: Callable[[Words], Any]
    weight: int | Callable[[Words], int] = 1
    security: Security = Security.NONE
    socket_method: str = ""
    is_refunded: bool = False
    counts_orders: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What a fault may call it."""
        short = self.path.split("/", 3)[-1]
        found = (short, f"{self.method} {short}")
        return (*found, self.socket_method) if self.socket_method else found

    def weight_of(self, words: Words) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(words)
