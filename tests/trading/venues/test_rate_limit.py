"""The modelled counter is never above the venue's own, and the urgent wait least."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from trading.errors import VenueUnavailable
from trading.venues.port import Priority
from trading.venues.rate_limit import CallBudget, RateLimiter

BUDGET = CallBudget(ceiling=15, decay_per_second=0.5, headroom=1)


class VenueCounter:
    """The venue's side: refuses what would lift the counter above its ceiling."""

    def __init__(self, ceiling: float, decay: float) -> None:
        self.ceiling, self.decay = ceiling, decay
        self.level, self.at, self.refused = 0.0, 0.0, 0

    def call(self, cost: float, at: float) -> None:
        self.level = max(0.0, self.level - (at - self.at) * self.decay) + cost
        self.at = at
        self.refused += self.level > self.ceiling + 1e-6


@given(
    calls=st.lists(
        st.tuples(st.sampled_from([1, 2]), st.sampled_from(Priority), st.floats(0, 20)),
        max_size=60,
    )
)
def test_the_venue_never_has_to_refuse(calls: list[tuple[int, Priority, float]]) -> None:
    async def play() -> int:
        clock = FakeClock(instant=True)
        venue = VenueCounter(15, 0.5)
        venue.at = clock.monotonic()
        limiter = RateLimiter(venue="test", budget=BUDGET, clock=clock)
        for cost, priority, pause in calls:
            await limiter.spend(cost, priority, patience_seconds=1000)
            venue.call(cost, clock.monotonic())
            await clock.sleep(pause)
        return venue.refused

    assert asyncio.run(play()) == 0


async def test_a_burst_passes_and_then_one_waits() -> None:
    clock = FakeClock(instant=True)
    limiter = RateLimiter(venue="test", budget=BUDGET, clock=clock)
    for _ in range(13):
        await limiter.spend(1, Priority.BALANCES, patience_seconds=60)
    assert clock.slept == []
    await limiter.spend(1, Priority.BALANCES, patience_seconds=60)
    assert sum(clock.slept) == pytest.approx(2.0)


async def test_an_emergency_uses_what_others_must_leave() -> None:
    clock = FakeClock(instant=True)
    limiter = RateLimiter(venue="test", budget=BUDGET, clock=clock)
    for _ in range(13):
        await limiter.spend(1, Priority.BALANCES, patience_seconds=60)
    await limiter.spend(1, Priority.ORDERS, patience_seconds=60)
    await limiter.spend(1, Priority.EMERGENCY, patience_seconds=60)
    assert clock.slept == []


async def test_waiting_is_bounded_and_says_when_to_come_back() -> None:
    clock = FakeClock(instant=True)
    limiter = RateLimiter(venue="test", budget=BUDGET, clock=clock)
    limiter.exhausted()
    with pytest.raises(VenueUnavailable, match="nothing was sent") as caught:
        await limiter.spend(1, Priority.BALANCES, patience_seconds=1)
    assert caught.value.retry_after_seconds == pytest.approx((1 + 2) / 0.5)
    assert clock.slept == []
