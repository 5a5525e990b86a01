"""The call-rate counters of the venue's tiers."""

from pathlib import Path

import aiohttp
import pytest

from simulators.kraken.counters import TIERS, Counters
from tests.simulators.kraken.desk import Caller
from tests.support.local_kraken import running_local_kraken


def calls_until_refused(counters: Counters, endpoint: str, now: float) -> int:
    made = 0
    while counters.allows_call(key="key", endpoint=endpoint, now=now):
        made += 1
    return made


@pytest.mark.parametrize(
    ("tier", "endpoint", "calls"),
    [("starter", "Balance", 15), ("pro", "Balance", 20), ("starter", "Ledgers", 7)],
)
def test_calls_are_refused_over_the_limit(tier: str, endpoint: str, calls: int) -> None:
    counters = Counters(tier=TIERS[tier])
    assert calls_until_refused(counters, endpoint, now=100.0) == calls


def test_the_counter_leaks_with_time() -> None:
    counters = Counters(tier=TIERS["intermediate"])
    calls_until_refused(counters, "Balance", now=100.0)
    assert calls_until_refused(counters, "Balance", now=106.0) == 3
    assert calls_until_refused(counters, "Balance", now=1000.0) == 20


def test_orders_are_not_counted_as_calls_and_keys_are_counted_apart() -> None:
    counters = Counters(tier=TIERS["starter"])
    calls_until_refused(counters, "Balance", now=1.0)
    assert counters.allows_call(key="key", endpoint="AddOrder", now=1.0)
    assert counters.allows_call(key="other", endpoint="Balance", now=1.0)


@pytest.mark.parametrize(
    ("age", "points"),
    [(0, 8), (4.9, 8), (5, 6), (10, 5), (15, 4), (45, 2), (90, 1), (299, 1), (300, 0)],
)
def test_cancelling_a_young_order_costs_more(age: float, points: float) -> None:
    counters = Counters(tier=TIERS["pro"])
    counters.cancelled(symbol="BTC/USD", age_seconds=age, now=5.0)
    assert counters.order_count(symbol="BTC/USD", now=5.0) == points


def test_without_a_tier_nothing_is_refused() -> None:
    counters = Counters(tier=None)
    assert all(counters.allows_call(key="k", endpoint="Ledgers", now=0.0) for _ in range(100))
    counters.cancelled(symbol="BTC/USD", age_seconds=0.0, now=0.0)
    assert counters.order_count(symbol="BTC/USD", now=0.0) == 0
    assert counters.allows_open(10**6)


async def test_the_limit_is_told_on_the_wire(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path, counters="starter") as kraken:
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            caller = Caller(session=session, url=kraken.rest_url)
            answers = [(await caller.private("Balance"))["error"] for _ in range(20)]
    assert answers[:15] == [[]] * 15
    assert answers[-1] == ["EAPI:Rate limit exceeded"]
