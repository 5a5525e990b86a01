"""The venue's two call-rate counters: one for each key, one for each pair's order flow."""

from collections import defaultdict
from dataclasses import dataclass, field

Costs = tuple[tuple[int, int], ...]

# What cancelling a young order costs: (younger than so many seconds, points).
CANCEL_COSTS = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
# The same for changing one in place, and for changing it by cancelling it and placing another.
AMEND_COSTS = ((5, 3), (10, 2), (15, 1))
EDIT_COSTS = ((5, 6), (10, 5), (15, 4), (45, 2), (90, 1))
HEAVY_CALLS = frozenset({"Ledgers", "QueryLedgers", "TradesHistory"})
UNCOUNTED_CALLS = frozenset(
    {"AddOrder", "AddOrderBatch", "CancelOrder", "CancelOrderBatch", "CancelAll"}
    | {"CancelAllOrdersAfter", "AmendOrder"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Limits of one verification tier; decay is in points a second."""

    call_limit: float
    call_decay: float
    order_limit: float
    order_decay: float
    open_orders: int


TIERS = {
    "starter": Tier(
        call_limit=15, call_decay=0.33, order_limit=60, order_decay=1.0, open_orders=60
    ),
    "intermediate": Tier(
        call_limit=20, call_decay=0.5, order_limit=125, order_decay=2.34, open_orders=80
    ),
    "pro": Tier(call_limit=20, call_decay=1.0, order_limit=180, order_decay=3.75, open_orders=225),
}


@dataclass(slots=True)
class Counter:
    """A leaking bucket."""

    value: float = 0.0
    at: float = field(default=0.0)

    def decayed(self, now: float, decay: float) -> float:
        return max(0.0, self.value - (now - self.at) * decay)

    def add(self, points: float, now: float, decay: float) -> None:
        self.value = self.decayed(now, decay) + points
        self.at = now


class Counters:
    """With no tier nothing is counted and nothing is refused."""

    def __init__(self, *, tier: Tier | None) -> None:
        self._tier = tier
        self._calls: dict[str, Counter] = defaultdict(Counter)
        self._orders: dict[str, Counter] = defaultdict(Counter)

    @property
    def order_limit(self) -> int:
        """How far a pair's counter may go; that of the middle tier where nothing is counted."""
        tier = self._tier or TIERS["intermediate"]
        return round(tier.order_limit)

    def allows_call(self, *, key: str, endpoint: str, now: float) -> bool:
        """Count a private call; a call over the limit is refused and not counted."""
        if self._tier is None or endpoint in UNCOUNTED_CALLS:
            return True
        points = 2 if endpoint in HEAVY_CALLS else 1
        counter, decay = self._calls[key], self._tier.call_decay
        if counter.decayed(now, decay) + points > self._tier.call_limit:
            return False
        counter.add(points, now, decay)
        return True

    def allows_order(self, *, symbol: str, now: float) -> bool:
        """Count a new order in its pair; over the threshold it is refused and not counted."""
        if self._tier is None:
            return True
        counter, decay = self._orders[symbol], self._tier.order_decay
        if counter.decayed(now, decay) + 1 > self._tier.order_limit:
            return False
        counter.add(1, now, decay)
        return True

    def allows_open(self, open_orders: int) -> bool:
        return self._tier is None or open_orders < self._tier.open_orders

    def cancelled(self, *, symbol: str, age_seconds: float, now: float) -> None:
        """Count a cancellation; it is never refused, but it makes the next orders wait."""
        self._count(CANCEL_COSTS, symbol=symbol, age_seconds=age_seconds, now=now)

    def amended(self, *, symbol: str, age_seconds: float, now: float) -> None:
        """Count what changing a young order costs beyond the point of any order."""
        self._count(AMEND_COSTS, symbol=symbol, age_seconds=age_seconds, now=now)

    def edited(self, *, symbol: str, age_seconds: float, now: float) -> None:
        self._count(EDIT_COSTS, symbol=symbol, age_seconds=age_seconds, now=now)

    def _count(self, costs: Costs, *, symbol: str, age_seconds: float, now: float) -> None:
        if self._tier is None:
            return
        points = next((cost for age, cost in costs if age_seconds < age), 0)
        self._orders[symbol].add(points, now, self._tier.order_decay)

    def order_count(self, *, symbol: str, now: float) -> float:
        if self._tier is None:
            return 0.0
        return self._orders[symbol].decayed(now, self._tier.order_decay)
