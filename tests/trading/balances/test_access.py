"""Every access is on record once, with who asked; the synchronous door never blocks a loop."""

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.balances.access_log import AccessLog, AccessPath, access_point
from trading.balances.sync_facade import SyncBalances
from trading.errors import AsyncBalanceRequiredError, BalanceUnknown, BalanceUnverified
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset, VenueName

BTC, USD = Asset("BTC"), Asset("USD")


async def test_each_access_leaves_one_record_with_its_caller(parts: BalanceParts) -> None:
    with pytest.raises(BalanceUnknown):
        await parts.manager.balance(parts.name, BTC)
    await parts.manager.sync(parts.name)
    await parts.manager.balance(parts.name, BTC)
    await parts.manager.free_to_spend(parts.name, USD)
    await parts.manager.balances(parts.name)
    await parts.manager.fresh(parts.name)

    records = [
        (record.asset, record.value, record.source, record.error)
        for record in reversed(parts.access_log.last(100))
    ]
    assert records == [
        (BTC, None, None, "BalanceUnknown"),
        (BTC, Decimal("0.5"), BalanceSource.EXCHANGE, None),
        (USD, Decimal(1000), BalanceSource.EXCHANGE, None),
        (None, None, BalanceSource.EXCHANGE, None),
        (None, None, BalanceSource.EXCHANGE, None),
    ]
    points = {
        (record.point.path, record.point.file, record.point.function)
        for record in parts.access_log.last(100)
    }
    name = "test_each_access_leaves_one_record_with_its_caller"
    assert points == {(AccessPath.ASYNC, "test_access.py", name)}


async def test_an_access_by_a_bare_task_says_so(parts: BalanceParts) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(parts.manager.balances(parts.name))

    assert parts.access_log.last(1)[0].point.file == "(task)"


async def test_each_access_is_a_debug_line(
    parts: BalanceParts, caplog: pytest.LogCaptureFixture
) -> None:
    await parts.manager.sync(parts.name)
    with caplog.at_level(logging.DEBUG, logger="trading.balances.access_log"):
        await parts.manager.balance(parts.name, BTC)

    assert len(caplog.records) == 1


def test_only_the_last_accesses_are_kept() -> None:
    log = AccessLog(clock=FakeClock(), size=3)
    point = access_point(AccessPath.ASYNC)
    for number in range(5):
        log.record(point, venue=VenueName("v"), asset=BTC, value=Decimal(number))

    assert [record.value for record in log.last(10)] == [4, 3, 2]
    assert [record.value for record in log.last(1)] == [4]


def test_scripts_read_balances_through_the_synchronous_door(tmp_path: Path) -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    venue.deposit("BTC", "2")
    with asyncio.Runner() as runner:
        opened = balance_parts(tmp_path, clock=clock, venue=venue)
        parts = runner.run(opened.__aenter__())
        balances = SyncBalances(parts.manager, run=runner.run)
        try:
            assert balances.sync(parts.name).status.verified
            assert balances.balances(parts.name).readings.keys() == {BTC}
            assert balances.balance(parts.name, BTC).total == 2
            assert balances.has_position(parts.name, BTC)
            assert balances.free_to_spend(parts.name, BTC) == 2
            assert balances.nav(parts.name).nav == 200
            assert balances.total_value(USD).value == 200
            assert balances.status(parts.name).verified
            runner.run(clock.advance(61))
            with pytest.raises(BalanceUnverified):
                balances.free_to_spend(parts.name, BTC)
        finally:
            runner.run(opened.__aexit__(None, None, None))

    record = parts.access_log.last(1)[0]
    assert (record.point.path, record.point.file) == (AccessPath.SYNC, "test_access.py")
    assert record.point.function == "test_scripts_read_balances_through_the_synchronous_door"


CALLS: list[tuple[str, Callable[[SyncBalances, VenueName], object]]] = [
    ("sync", lambda balances, venue: balances.sync(venue)),
    ("balances", lambda balances, venue: balances.balances(venue)),
    ("balance", lambda balances, venue: balances.balance(venue, BTC)),
    ("has_position", lambda balances, venue: balances.has_position(venue, BTC)),
    ("free_to_spend", lambda balances, venue: balances.free_to_spend(venue, BTC)),
    ("nav", lambda balances, venue: balances.nav(venue)),
    ("total_value", lambda balances, _venue: balances.total_value(USD)),
]


@pytest.mark.parametrize(("method", "call"), CALLS, ids=[method for method, _ in CALLS])
async def test_inside_a_loop_it_refuses_and_names_what_to_await(
    parts: BalanceParts,
    caplog: pytest.LogCaptureFixture,
    method: str,
    call: Callable[[SyncBalances, VenueName], object],
) -> None:
    balances = SyncBalances(parts.manager, run=asyncio.run)

    with pytest.raises(AsyncBalanceRequiredError) as refusal:
        call(balances, parts.name)

    assert refusal.value.instead == f"BalanceManager.{method}"
    assert hasattr(parts.manager, method)
    assert parts.access_log.last(1) == ()
    assert any("ASYNC_VIOLATION" in record.message for record in caplog.records)
    assert balances.status(parts.name).verified is False


async def test_another_thread_without_a_loop_may_use_it(parts: BalanceParts) -> None:
    def read() -> bool:
        return SyncBalances(parts.manager, run=asyncio.run).balances(parts.name).status.verified

    assert await asyncio.to_thread(read) is False
