"""Binance's request limits: counts that begin anew with each window of its own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any

from trading.clock import Clock
from trading.errors import VenueUnavailable
from trading.venues.decoding import Malformed, Row
from trading.venues.port import Priority

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHARES = {
    Priority.EMERGENCY: 1.0,
    Priority.ORDERS: 0.95,
    Priority.BALANCES: 0.85,
    Priority.MARKET_DATA: 0.7,
}
"""How much of a limit each may use up: the rest is kept for who is more urgent."""
_MARGIN_SECONDS = 0.05
_UNITS = {"SECOND": 1, "MINUTE": 60, "DAY": 86400}
_LETTERS = {"SECOND": "s", "MINUTE": "m", "DAY": "d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many in so many seconds; `header` is where answers state the count."""

    ceiling: int
    window_seconds: int
    header: str


WEIGHT = Limit(ceiling=6000, window_seconds=60, header="x-mbx-used-weight-1m")
"""Of all requests from this address, others on it included."""
ORDER_LIMITS = (
    Limit(ceiling=50, window_seconds=10, header="x-mbx-order-count-10s"),
    Limit(ceiling=160_000, window_seconds=86400, header="x-mbx-order-count-1d"),
)
"""Of the account's unfilled orders, until the venue's own list is read."""


def parse_limits(rows: Sequence[Any]) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    """Read `rateLimits` of exchangeInfo: those of weight, and those of orders."""
    weights: list[Limit] = []
    orders: list[Limit] = []
    for entry in rows:
        row = Row.of(entry, "rateLimits")
        kind, unit, count = (
            row.text("rateLimitType"),
            row.text("interval"),
            row.integer("intervalNum"),
        )
        if kind not in ("REQUEST_WEIGHT", "ORDERS"):
            continue
        if unit not in _UNITS or count < 1 or row.integer("limit") < 1:
            raise Malformed(f"a limit of {count} {unit} is not understood")
        is_weight = kind == "REQUEST_WEIGHT"
        name = "used-weight" if is_weight else "order-count"
        limit = Limit(
            ceiling=row.integer("limit"),
            window_seconds=count * _UNITS[unit],
            header=f"x-mbx-{name}-{count}{_LETTERS[unit]}",
        )
        (weights if is_weight else orders).append(limit)
    return tuple(weights), tuple(orders)


class WindowCount:
    """One limit: what the venue last said of it, and what is on its way there."""

    def __init__(
        self, *, venue: str, limit: Limit, clock: Clock, venue_now: Callable[[], datetime]
    ) -> None:
        """Start empty: the first answer says how much is used already."""
        self._venue = venue
        self.limit = limit
        self._clock = clock
        self._venue_now = venue_now
        self._window = 0
        self._counted = 0.0
        self._on_their_way = 0.0
        self._closed_until = 0.0

    @property
    def level(self) -> float:
        """What the venue may count by the time a request made now arrives."""
        self._turn()
        return self._counted + self._on_their_way

    @property
    def share_left(self) -> float:
        """How much of the limit is left: 1 all of it, 0 nothing."""
        return max(0.0, 1.0 - self.level / self.limit.ceiling)

    async def spend(self, cost: float, priority: Priority, *, patience_seconds: float) -> None:
        """Wait until the request fits and count it; VenueUnavailable when that takes too long."""
        give_up_at = self._clock.monotonic() + patience_seconds
        usable = max(cost, self.limit.ceiling * _SHARES[priority])
        while wait := self._wait(cost, usable):
            if self._clock.monotonic() + wait > give_up_at:
                raise VenueUnavailable(
                    self._venue,
                    "the venue's request limit is used up; nothing was sent",
                    retry_after_seconds=wait,
                )
            await self._clock.sleep(wait)
        self._on_their_way += cost

    def answered(self, cost: float, headers: Mapping[str, str]) -> None:
        """Learn what the venue counts, from an answer; its word counts for more than ours."""
        self._turn()
        self._on_their_way = max(0.0, self._on_their_way - cost)
        said = headers.get(self.limit.header, "")
        if said.isascii() and said.isdigit():
            self._counted = float(said)

    def lost(self, cost: float) -> None:
        """Count a request of which no answer came: it may have been counted there."""
        self._turn()
        self._on_their_way = max(0.0, self._on_their_way - cost)
        self._counted += cost

    def unsent(self, cost: float) -> None:
        """Take back what was not sent after all."""
        self._on_their_way = max(0.0, self._on_their_way - cost)

    def exhausted(self, seconds: float | None) -> None:
        """Learn that the venue refused for this limit; None: for the rest of the window."""
        self._turn()
        if seconds is None:
            self._counted = float(self.limit.ceiling)
        else:
            self._closed_until = self._clock.monotonic() + seconds

    def _wait(self, cost: float, usable: float) -> float:
        """Return how long to wait before looking again; 0 when the request fits."""
        closed = self._closed_until - self._clock.monotonic()
        if closed > 0:
            return closed + _MARGIN_SECONDS
        return self._until_next_window() if self.level + cost > usable else 0.0

    def _turn(self) -> None:
        window = self._window_now()
        if window != self._window:
            self._window, self._counted = window, 0.0

    def _window_now(self) -> int:
        return floor((self._venue_now() - _EPOCH) / timedelta(seconds=self.limit.window_seconds))

    def _until_next_window(self) -> float:
        ends = _EPOCH + timedelta(seconds=(self._window_now() + 1) * self.limit.window_seconds)
        return (ends - self._venue_now()).total_seconds() + _MARGIN_SECONDS


class RequestBudget:
    """The weight of this address and the order counts of this account."""

    def __init__(self, *, venue: str, clock: Clock, venue_now: Callable[[], datetime]) -> None:
        """Start with the limits that are documented; `learn` puts in those that are told."""
        self._venue = venue
        self._clock = clock
        self._venue_now = venue_now
        self._weight = self._count(WEIGHT)
        self._orders = [self._count(limit) for limit in ORDER_LIMITS]

    def learn(self, weights: Sequence[Limit], orders: Sequence[Limit]) -> None:
        """Take the limits that the venue lists; what it leaves out stays as it is."""
        for limit in weights:
            if limit.header == self._weight.limit.header:
                self._weight.limit = limit
        for limit in orders:
            known = [count for count in self._orders if count.limit.header == limit.header]
            if known:
                known[0].limit = limit
            else:
                self._orders.append(self._count(limit))

    @property
    def left(self) -> Mapping[str, float]:
        """How much of each kind of limit is left, as a share."""
        return {
            "weight": self._weight.share_left,
            "orders": min(count.share_left for count in self._orders),
        }

    async def spend(
        self, weight: float, priority: Priority, *, is_order: bool, patience_seconds: float
    ) -> None:
        """Wait until the request fits every limit, and count it in each."""
        counts = self._counts(is_order=is_order)
        for place, count in enumerate(counts):
            cost = weight if count is self._weight else 1.0
            try:
                await count.spend(cost, priority, patience_seconds=patience_seconds)
            except BaseException:
                for earlier in counts[:place]:
                    earlier.unsent(weight if earlier is self._weight else 1.0)
                raise

    def answered(self, weight: float, headers: Mapping[str, str], *, is_order: bool) -> None:
        """Learn from an answer."""
        for count in self._counts(is_order=is_order):
            count.answered(weight if count is self._weight else 1.0, headers)

    def lost(self, weight: float, *, is_order: bool) -> None:
        """Count what was sent and not answered."""
        for count in self._counts(is_order=is_order):
            count.lost(weight if count is self._weight else 1.0)

    def unsent(self, weight: float, *, is_order: bool) -> None:
        """Take back what was not sent after all."""
        for count in self._counts(is_order=is_order):
            count.unsent(weight if count is self._weight else 1.0)

    def orders_exhausted(self, seconds: float | None) -> None:
        """Learn that the venue takes no more orders for so long, or in its shortest window."""
        min(self._orders, key=lambda count: count.limit.window_seconds).exhausted(seconds)

    def _counts(self, *, is_order: bool) -> list[WindowCount]:
        return [self._weight, *self._orders] if is_order else [self._weight]

    def _count(self, limit: Limit) -> WindowCount:
        return WindowCount(
            venue=self._venue, limit=limit, clock=self._clock, venue_now=self._venue_now
        )
