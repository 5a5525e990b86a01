"""What a market stream is, and where it looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from simulators.binance.exchange import Exchange
from simulators.binance.numbers import milliseconds
from simulators.binance.public import PublicEndpoints


class Stream(Protocol):
    """One stream of one client; it remembers what it told last."""

    def news(self) -> Iterator[Any]:
        """Give what is to be told now; nothing, if nothing changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the streams look."""

    exchange: Exchange
    public: PublicEndpoints

    def now(self) -> int:
        return milliseconds(self.exchange.now())
