"""The executor on a live stream: all at once, and nobody is asked for what is pushed."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.support.order_world import OrderWorld, intent
from tests.support.waiting import eventually
from tests.trading.orders.asking import execute, execute_one, sell_btc
from tests.trading.orders.conftest import BTC, ETH
from trading.model.instrument import Side
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus


async def test_a_quiet_healthy_stream_costs_no_other_call(streaming: OrderWorld) -> None:
    sell = sell_btc(streaming.venue)
    buy = intent(streaming.venue, ETH, Side.BUY, "1", "3010")

    outcomes = (await execute(streaming, sell, buy)).outcomes

    assert [each.order and each.order.status for each in outcomes] == [OrderStatus.FILLED] * 2
    assert [len(each.fills) for each in outcomes] == [2, 2]
    assert set(streaming.venue.calls) == {"submit"}
    balances = await streaming.balances.manager.balances(streaming.name)
    assert balances.readings[BTC.base].free == Decimal("0.5")


async def test_all_orders_of_a_batch_leave_at_once(streaming: OrderWorld) -> None:
    gate = streaming.venue.hold("submit")
    batch = [sell_btc(streaming.venue, "0.01") for _ in range(25)]
    async with asyncio.TaskGroup() as group:
        group.create_task(execute(streaming, *batch))
        await eventually(lambda: streaming.venue.count("submit") == 25)
        gate.set()


async def test_a_silent_stream_is_not_waited_for_for_long(streaming: OrderWorld) -> None:
    streaming.stream.is_mute = True
    began = streaming.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(streaming, sell_btc(streaming.venue)))
        await _pass_time_until_done(streaming, sent)
    assert sent.result().status is OrderStatus.FILLED
    assert streaming.venue.count("fetch_orders") == 1
    # Two seconds for the orders, one for the balances.
    assert streaming.clock.monotonic() - began == pytest.approx(3.0, abs=1.0)


async def test_a_stream_that_goes_down_is_not_waited_for(streaming: OrderWorld) -> None:
    streaming.stream.is_mute = True
    began = streaming.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(streaming, sell_btc(streaming.venue)))
        # Silent until its answer is written down: from then on the stream is waited for.
        await eventually(lambda: _is_open_by_and_by(streaming))
        streaming.stream.lose()
        await _pass_time_until_done(streaming, sent)
    assert sent.result().status is OrderStatus.FILLED
    assert streaming.venue.count("fetch_orders") == 1
    assert streaming.clock.monotonic() - began < 1.0


async def test_a_resting_order_that_is_pushed_open_is_at_rest(streaming: OrderWorld) -> None:
    wanted = intent(streaming.venue, BTC, Side.SELL, "0.5", "60000", time_in_force=TimeInForce.GTC)
    order = await execute_one(streaming, wanted)
    assert (order.status, order.venue_order_id) == (OrderStatus.OPEN, "M1")
    assert set(streaming.venue.calls) == {"submit"}


async def test_a_batch_is_over_once_the_balances_show_it(streaming: OrderWorld) -> None:
    """Whoever plans next must find what the sells brought: nobody is asked for it."""
    streaming.stream.is_account_late = True
    async with asyncio.TaskGroup() as group:
        batch = group.create_task(execute(streaming, sell_btc(streaming.venue)))
        await eventually(lambda: _is_settled(streaming))
        await eventually(lambda: streaming.clock.sleepers)
        await streaming.clock.advance(0.5)
        assert not batch.done()
        streaming.stream.push_account()
        await streaming.clock.advance(0.05)
    assert batch.result().balances_show_it
    assert set(streaming.venue.calls) == {"submit"}
    balances = await streaming.balances.manager.balances(streaming.name)
    assert balances.readings[BTC.quote].free == streaming.venue.account.free[BTC.quote]


async def test_balances_that_are_not_pushed_in_time_are_asked_for(streaming: OrderWorld) -> None:
    streaming.stream.is_account_late = True
    async with asyncio.TaskGroup() as group:
        batch = group.create_task(execute(streaming, sell_btc(streaming.venue)))
        await _pass_time_until_done(streaming, batch)
    assert streaming.venue.count("fetch_balances") == 1


async def _is_open_by_and_by(world: OrderWorld) -> bool:
    await world.clock.advance(0.05)
    orders = await world.desk.journal.recent(1)
    return [order.status for order in orders] == [OrderStatus.OPEN]


async def _pass_time_until_done(world: OrderWorld, task: asyncio.Task[Any]) -> None:
    """Move on while somebody waits for the clock; what waits for the store takes no time."""
    while not task.done():
        if world.clock.sleepers:
            await world.clock.advance(0.05)
        await asyncio.wait((task,), timeout=0.005)


async def _is_settled(world: OrderWorld) -> bool:
    orders = await world.desk.journal.recent(1)
    return [order.status for order in orders] == [OrderStatus.FILLED]
