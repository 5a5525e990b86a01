"""The matching engine's counters are reckoned, so that they are not hit."""

import pytest

from tests.support.clock import FakeClock
from tests.trading.venues.kraken.samples import BTC_USD, ETH_BTC
from trading.errors import VenueUnavailable
from trading.venues.kraken.order_counters import OrderCounters, cancel_cost
from trading.venues.kraken.settings import ORDER_BUDGETS, Tier


def counters(clock: FakeClock) -> OrderCounters:
    return OrderCounters(venue="kraken", budget=ORDER_BUDGETS[Tier.STARTER], clock=clock)


@pytest.mark.parametrize(
    ("age", "cost"),
    [(0, 8), (4.9, 8), (5, 6), (10, 5), (15, 4), (45, 2), (90, 1), (299, 1), (300, 0), (9e9, 0)],
)
def test_cancelling_a_young_order_costs_most(age: float, cost: int) -> None:
    assert cancel_cost(age) == cost


async def test_as_many_orders_of_a_pair_as_the_engine_bears_go_at_once() -> None:
    clock = FakeClock(instant=True)
    made = counters(clock)
    for _ in range(60):
        await made.admit(BTC_USD, patience_seconds=0.0)
    assert clock.slept == []
    await made.admit(ETH_BTC, patience_seconds=0.0)
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await made.admit(BTC_USD, patience_seconds=0.5)
    await made.admit(BTC_USD, patience_seconds=5.0)
    assert sum(clock.slept) == pytest.approx(1.0, abs=0.1)


async def test_orders_that_leave_together_count_half_rounded_up() -> None:
    clock = FakeClock(instant=True)
    made = counters(clock)
    for _ in range(45):
        await made.admit(BTC_USD, patience_seconds=0.0)
    made.batched(BTC_USD, 15)
    for _ in range(22):
        await made.admit(BTC_USD, patience_seconds=0.0)
    with pytest.raises(VenueUnavailable):
        await made.admit(BTC_USD, patience_seconds=0.5)


async def test_cancellations_make_the_next_orders_wait() -> None:
    clock = FakeClock(instant=True)
    made = counters(clock)
    for _ in range(8):
        made.cancelled(BTC_USD, age_seconds=1.0)
    with pytest.raises(VenueUnavailable):
        await made.admit(BTC_USD, patience_seconds=4.0)
    await made.admit(BTC_USD, patience_seconds=6.0)
