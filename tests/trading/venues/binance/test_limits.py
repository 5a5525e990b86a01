"""Limits, bans and the venue's clock, on a clock that only moves when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.clock import FakeClock
from trading.errors import VenueUnavailable
from trading.events import OwnerNotice
from trading.venues.binance.ban import Ban
from trading.venues.binance.budgets import (
    ORDER_LIMITS,
    WEIGHT,
    Limit,
    RequestBudget,
    parse_limits,
)
from trading.venues.binance.errors import Meaning, Refusal, code_of, fault_of, meaning_of
from trading.venues.binance.venue_clock import VenueClock
from trading.venues.decoding import Malformed
from trading.venues.port import Priority

HEADER = WEIGHT.header


def budget(clock: FakeClock) -> RequestBudget:
    return RequestBudget(venue="binance", clock=clock, venue_now=clock.now)


async def spend(spent: RequestBudget, weight: float, priority: Priority) -> None:
    await spent.spend(weight, priority, is_order=False, patience_seconds=0.0)


async def test_what_the_venue_counts_is_what_counts() -> None:
    clock = FakeClock(instant=True)
    weights = budget(clock)
    await spend(weights, 20, Priority.BALANCES)
    weights.answered(20, {HEADER: "3000"}, is_order=False)
    assert weights.left["weight"] == pytest.approx(0.5)
    weights.answered(0, {HEADER: "5990"}, is_order=False)
    for priority in (Priority.MARKET_DATA, Priority.BALANCES, Priority.ORDERS):
        with pytest.raises(VenueUnavailable, match="limit is used up"):
            await spend(weights, 1, priority)
    await spend(weights, 10, Priority.EMERGENCY)


async def test_the_less_urgent_wait_first_and_a_new_minute_frees_all() -> None:
    clock = FakeClock(instant=True)
    weights = budget(clock)
    weights.answered(0, {HEADER: "4300"}, is_order=False)
    with pytest.raises(VenueUnavailable):
        await spend(weights, 1, Priority.MARKET_DATA)
    await spend(weights, 1, Priority.BALANCES)
    before = clock.now()
    await weights.spend(1, Priority.MARKET_DATA, is_order=False, patience_seconds=61.0)
    assert clock.now() - before <= timedelta(seconds=60.1)
    assert clock.now().second == 0


async def test_orders_wait_as_long_as_the_venue_says_and_others_do_not() -> None:
    clock = FakeClock(instant=True)
    orders = budget(clock)
    orders.orders_exhausted(3.0)
    with pytest.raises(VenueUnavailable):
        await orders.spend(1, Priority.ORDERS, is_order=True, patience_seconds=1.0)
    await spend(orders, 1, Priority.ORDERS)
    began = clock.monotonic()
    await orders.spend(1, Priority.ORDERS, is_order=True, patience_seconds=5.0)
    assert 3.0 <= clock.monotonic() - began < 3.2


async def test_filled_orders_give_their_places_back() -> None:
    orders = budget(FakeClock(instant=True))
    headers = {each.header: "1" for each in ORDER_LIMITS}
    for _ in range(200):
        await orders.spend(1, Priority.ORDERS, is_order=True, patience_seconds=0.0)
        orders.answered(1, headers, is_order=True)
    assert orders.left["orders"] == pytest.approx(1 - 1 / 50)


def test_limits_are_read_from_the_venue_s_own_list() -> None:
    rows = [
        {"rateLimitType": kind, "interval": unit, "intervalNum": number, "limit": limit}
        for kind, unit, number, limit in (
            ("REQUEST_WEIGHT", "MINUTE", 1, 1200),
            ("ORDERS", "SECOND", 10, 100),
            ("ORDERS", "DAY", 1, 200_000),
            ("RAW_REQUESTS", "MINUTE", 5, 300_000),
        )
    ]
    weights, orders = parse_limits(rows)
    assert weights == (Limit(ceiling=1200, window_seconds=60, header=HEADER),)
    assert [(each.ceiling, each.header) for each in orders] == [
        (100, "x-mbx-order-count-10s"),
        (200_000, "x-mbx-order-count-1d"),
    ]
    with pytest.raises(Malformed):
        parse_limits([{**rows[0], "interval": "MONTH"}])


def test_asked_to_slow_down_one_emergency_may_try_and_in_a_ban_none() -> None:
    clock = FakeClock(instant=True)
    told: list[OwnerNotice] = []
    ban = Ban(venue="binance", clock=clock, on_trouble=told.append)
    ban.check(Priority.MARKET_DATA)
    ban.began(30, is_ban=False, reason="HTTP 429")
    ban.answered()
    with pytest.raises(VenueUnavailable, match="HTTP 429: no request before"):
        ban.check(Priority.ORDERS)
    ban.check(Priority.EMERGENCY)
    for priority in (Priority.EMERGENCY, Priority.ORDERS):
        with pytest.raises(VenueUnavailable, match="HTTP 429: no request before"):
            ban.check(priority)
    ban.began(120, is_ban=True, reason="HTTP 418")
    with pytest.raises(VenueUnavailable, match="HTTP 418") as caught:
        ban.check(Priority.EMERGENCY)
    assert caught.value.retry_after_seconds == pytest.approx(120)
    assert len(told) == 2
    ban.answered()
    with pytest.raises(VenueUnavailable, match="HTTP 418"):
        ban.check(Priority.MARKET_DATA)


def test_an_emergency_that_is_answered_ends_the_quiet() -> None:
    ban = Ban(venue="binance", clock=FakeClock(instant=True), on_trouble=lambda _: None)
    ban.began(30, is_ban=False, reason="HTTP 429")
    ban.check(Priority.EMERGENCY)
    ban.answered()
    ban.check(Priority.MARKET_DATA)


class SteppedClock(FakeClock):
    """A machine whose wall clock is set, which its monotonic clock does not feel."""

    off = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.off


async def test_the_venue_s_clock_is_asked_for_hourly_on_doubt_and_after_a_step() -> None:
    clock = SteppedClock(instant=True)
    asked: list[datetime] = []

    async def ask() -> datetime:
        asked.append(clock.now())
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=clock.monotonic())

    venue = VenueClock(venue="binance", clock=clock)
    assert venue.now() == clock.now()
    await venue.be_sure(ask)
    await venue.be_sure(ask)
    assert len(asked) == 1
    before = venue.now()
    clock.off = timedelta(seconds=-3600)
    assert venue.now() == before
    await venue.be_sure(ask)
    venue.doubt()
    await venue.be_sure(ask)
    await clock.sleep(3601)
    await venue.be_sure(ask)
    assert len(asked) == 4


async def test_without_an_answer_our_own_clock_stands_in_and_nobody_waits_again() -> None:
    clock = FakeClock(instant=True)
    asked: list[int] = []

    async def ask() -> datetime:
        asked.append(1)
        raise VenueUnavailable("binance", "down")

    venue = VenueClock(venue="binance", clock=clock)
    for _ in range(3):
        await venue.be_sure(ask)
    assert (len(asked), venue.now()) == (1, clock.now())


@pytest.mark.parametrize("code", range(-1199, -1099))
def test_whatever_is_wrong_with_a_parameter_is_a_refusal(code: int) -> None:
    assert meaning_of(Refusal(code=code, message="x")) is Meaning.REJECTED


def test_a_code_can_be_told_from_a_refusal_and_a_ban_from_its_words() -> None:
    refusal = Refusal(code=-2011, message="Unknown order sent.")
    fault = fault_of("binance", refusal, may_change=True, retry_after_seconds=None)
    assert code_of(fault) == -2011  # type: ignore[arg-type] # a refusal, as the table says
    words = "Way too much request weight used; IP banned until 1795293723541."
    assert Refusal(code=-1003, message=words).banned_until_ms == 1795293723541
