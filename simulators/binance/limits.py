"""What a client may ask for in a minute, and how many orders it may leave unfilled.

The windows are those of the venue's clock: a minute begins at :00, ten seconds at :00, :10 ...
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.binance.errors import BinanceError
from simulators.binance.numbers import milliseconds

MINUTE, TEN_SECONDS, DAY = 60, 10, 86400
PATIENCE = 10  # so many calls over the limit are answered 429 before the address is banned


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    weight: int = 6000
    orders_in_ten_seconds: int = 100
    orders_in_a_day: int = 200_000
    ban_seconds: float = 120.0


@dataclass(slots=True)
class Window:
    """A count that begins anew with each stretch of the clock."""

    seconds: int
    start: int = 0
    count: int = 0

    def at(self, now: datetime) -> int:
        start = int(now.timestamp()) // self.seconds * self.seconds
        if start != self.start:
            self.start, self.count = start, 0
        return self.count

    def add(self, now: datetime, number: int) -> None:
        self.count = max(0, self.at(now) + number)

    def left(self, now: datetime) -> int:
        """Whole seconds until it begins anew, at least one."""
        return max(1, self.seconds - int(now.timestamp()) % self.seconds)


class Limits:
    def __init__(self, *, allowance: Allowance) -> None:
        self.allowance = allowance
        self._weight = Window(MINUTE)
        self._ten_seconds = Window(TEN_SECONDS)
        self._day = Window(DAY)
        self._ignored = 0
        self._banned_until: datetime | None = None

    def used_weight(self, now: datetime) -> int:
        return self._weight.at(now)

    def order_counts(self, now: datetime) -> tuple[int, int]:
        """How many orders of the last ten seconds and of today are unfilled."""
        return self._ten_seconds.at(now), self._day.at(now)

    def charge(self, weight: int, now: datetime) -> None:
        """Count a call before it is done; raise when there is too much already."""
        self._refuse_the_banned(now)
        limit = self.allowance.weight
        self._weight.add(now, weight)
        if self._weight.count <= limit:
            self._ignored = 0
            return
        self._ignored += 1
        if self._ignored > PATIENCE:
            self.ban(now, self.allowance.ban_seconds)
            self._refuse_the_banned(now)
        raise BinanceError(
            -1003,
            f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
            " Please use WebSocket Streams for live updates to avoid polling the API.",
            status=429,
            retry_after=self._weight.left(now),
        )

    def refund(self, weight: int, now: datetime) -> None:
        """Give the weight of an order that was accepted, or cancelled, back."""
        self._weight.add(now, -weight)

    def ban(self, now: datetime, seconds: float) -> None:
        self._ignored = 0
        self._banned_until = now + timedelta(seconds=seconds)

    def check_order(self, now: datetime) -> None:
        allowance = self.allowance
        for window, limit, words in (
            (self._ten_seconds, allowance.orders_in_ten_seconds, "10 SECOND"),
            (self._day, allowance.orders_in_a_day, "1 DAY"),
        ):
            if window.at(now) >= limit:
                raise BinanceError(
                    -1015,
                    f"Too many new orders; current limit is {limit} orders per {words}.",
                    status=429,
                    retry_after=window.left(now),
                )

    def count_order(self, now: datetime, number: int = 1) -> None:
        """Count an order as unfilled; a fill takes one off again."""
        self._ten_seconds.add(now, number)
        self._day.add(now, number)

    def headers(self, now: datetime, *, with_orders: bool) -> dict[str, str]:
        used = str(self.used_weight(now))
        found = {"x-mbx-used-weight": used, "x-mbx-used-weight-1m": used}
        if with_orders:
            ten_seconds, day = self.order_counts(now)
            found["x-mbx-order-count-10s"] = str(ten_seconds)
            found["x-mbx-order-count-1d"] = str(day)
        return found

    def described(self) -> list[dict[str, Any]]:
        """Describe all limits as exchangeInfo does."""
        allowance = self.allowance
        return [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, allowance.weight),
            _limit("ORDERS", "SECOND", 10, allowance.orders_in_ten_seconds),
            _limit("ORDERS", "DAY", 1, allowance.orders_in_a_day),
            _limit("RAW_REQUESTS", "MINUTE", 5, 300_000),
        ]

    def counted(self, now: datetime, *, with_orders: bool) -> list[dict[str, Any]]:
        """Describe the limits that a call touched, with what is used of each."""
        weight, ten_seconds, day, _ = self.described()
        found = [{**weight, "count": self.used_weight(now)}]
        if with_orders:
            used = self.order_counts(now)
            found = [{**ten_seconds, "count": used[0]}, {**day, "count": used[1]}, *found]
        return found

    def _refuse_the_banned(self, now: datetime) -> None:
        until = self._banned_until
        if until is None:
            return
        if now >= until:
            self._banned_until = None
            return
        raise BinanceError(
            -1003,
            f"Way too much request weight used; IP banned until {milliseconds(until)}."
            " Please use WebSocket Streams for live updates to avoid bans.",
            status=418,
            retry_after=max(1, round((until - now.astimezone(UTC)).total_seconds())),
        )


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": number,
        "limit": limit,
    }
