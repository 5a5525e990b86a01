"""The reconciler: taking over, adopting, following, and stopping what is wrong."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.support.perils import Fate
from tests.support.waiting import eventually
from tests.trading.orders.conftest import BTC, open_account
from tests.trading.orders.leaving import left_behind, rest, status_of
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.model.identifiers import CorrelationId, VenueOrderId
from trading.model.instrument import Side
from trading.model.order import OrderOrigin
from trading.model.order_status import OrderStatus
from trading.model.trading_state import TradingMode


async def test_what_was_only_planned_is_never_sent(idle: OrderWorld) -> None:
    order = await left_behind(idle, OrderStatus.PLANNED)
    await idle.desk.reconciler.start_up()
    assert await status_of(idle, order) is OrderStatus.CANCELLED
    assert idle.venue.arrivals == []
    assert idle.balances.reservations.reserved(idle.name) == {}


async def test_a_venue_that_is_down_delays_nobody_and_is_tried_again(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        venue.fail("fetch_time", *(VenueUnavailable(venue.name, "down") for _ in range(3)))
        report = await world.desk.reconciler.start_up()
        assert not report.is_clean
        assert not world.desk.reconciler.is_reconciled(venue.name)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(world.desk.reconciler.run())
            await eventually(lambda: world.desk.reconciler.is_reconciled(venue.name))
            running.cancel()


async def test_an_order_placed_by_hand_is_adopted_once_and_left_alone(world: OrderWorld) -> None:
    world.venue.place_by_hand(BTC, Side.SELL, "0.1", "60000", client_id="web")
    await world.reconcile()
    await world.reconcile()

    (order,) = await world.desk.journal.working()
    assert order.intent.origin is OrderOrigin.EXTERNAL
    assert order.venue_order_id == "M1"
    notice = await world.outbox.next_due(world.clock.now())
    assert notice is not None
    assert (notice.kind, json.loads(notice.payload)["stray"]) == ("external_order", False)
    assert await world.outbox.unsent_count() == 1
    assert world.balances.reservations.reserved(world.name) == {}
    assert world.venue.count("cancel") == 0
    assert world.gate.state.mode is TradingMode.ACTIVE


async def test_a_strangers_fill_brings_its_order_with_it(world: OrderWorld) -> None:
    placed = world.venue.place_by_hand(BTC, Side.SELL, "0.1", "60000")
    await world.reconcile()
    world.venue.fill_resting(placed, "0.04")
    await world.reconcile()
    world.venue.fill_resting(placed, "0.06")
    await world.reconcile()

    (order,) = await world.desk.journal.recent(1)
    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.1"))
    assert len(await world.fills.all(world.name)) == 2


async def test_an_order_of_ours_without_a_row_halts(world: OrderWorld) -> None:
    world.venue.place_by_hand(BTC, Side.SELL, "0.1", "60000", client_id="syab12-mk13z400001")
    await world.reconcile()

    halted = world.gate.state
    assert halted.mode is TradingMode.HALTED
    assert "second copy" in halted.reason
    await world.gate.resume("owner")
    await world.reconcile()
    resumed = world.gate.state
    assert resumed.mode is TradingMode.ACTIVE, "once said, it is known"


async def test_an_order_that_was_written_off_and_shows_up_halts(world: OrderWorld) -> None:
    world.venue.fates = [Fate.REQUEST_LOST]
    result = await world.desk.executor.execute(
        [intent(world.venue, BTC, Side.SELL, "0.1", "49900")]
    )
    order = result.outcomes[0].order
    assert order is not None

    async def is_written_off() -> bool:
        return await status_of(world, order) is OrderStatus.NOT_PLACED

    await eventually(is_written_off)
    world.venue.place_by_hand(BTC, Side.SELL, "0.1", "60000", client_id=order.client_order_id)
    await world.reconcile()
    assert world.gate.state.mode is TradingMode.HALTED
    assert order.client_order_id in world.gate.state.reason


async def test_a_resting_order_that_fills_is_followed(world: OrderWorld) -> None:
    order = await rest(world)
    assert order.venue_order_id is not None
    world.venue.fill_resting(order.venue_order_id, "0.2")
    await world.reconcile()
    assert await status_of(world, order) is OrderStatus.PARTIALLY_FILLED
    world.venue.fill_resting(order.venue_order_id, "0.3")
    await world.reconcile()
    assert await status_of(world, order) is OrderStatus.FILLED
    assert world.balances.reservations.reserved(world.name) == {}


async def test_a_late_fill_of_an_ended_order_is_booked(world: OrderWorld) -> None:
    """A venue that corrects itself: the order ended with less than it later turns out."""
    world.venue.depth[BTC] = Decimal("0.1")
    result = await world.desk.executor.execute(
        [intent(world.venue, BTC, Side.SELL, "0.5", "49900")]
    )
    order = result.outcomes[0].order
    assert order is not None
    assert order.status is OrderStatus.CANCELLED
    world.venue.fill_late(VenueOrderId("M1"), "0.05")
    await world.reconcile()

    after = await world.desk.journal.get(order.client_order_id)
    assert (after.status, after.filled_quantity) == (OrderStatus.CANCELLED, Decimal("0.15"))


async def test_old_orders_are_none_of_our_business(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    placed = venue.place_by_hand(BTC, Side.SELL, "0.1", "60000", client_id="syab12-mk13z400001")
    await venue.cancel(placed)
    await clock.advance(1)
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        report = await world.desk.reconciler.start_up()
        assert report.is_clean
        assert await world.desk.journal.recent(10) == ()
        assert world.gate.state.mode is TradingMode.ACTIVE


async def test_what_happened_while_we_were_away_is_booked(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with order_world(tmp_path, clock=clock, venue=venue) as world, working(world):
        order = await rest(world)
    await clock.advance(86_400)
    assert order.venue_order_id is not None
    venue.fill_resting(order.venue_order_id, "0.5")
    await clock.advance(86_400)
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        report = await world.desk.reconciler.start_up()
        assert [each.status for each in report.venues[0].changed] == [OrderStatus.FILLED]
        assert sum(each.quantity for each in report.venues[0].fills) == Decimal("0.5")


async def test_a_store_that_fails_after_the_send_loses_nothing(world: OrderWorld) -> None:
    """The answer cannot be written down: the row is taken over as if the process had died."""
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            world.desk.executor.execute([intent(world.venue, BTC, Side.SELL, "0.5", "49900")])
        )
        await eventually(lambda: world.venue.count("submit"))
        world.orders_database.refuse(writes=3)
        gate.set()
    order = task.result().outcomes[0].order
    assert order is not None
    assert order.status is OrderStatus.SUBMITTING
    await world.reconcile()

    after = await world.desk.journal.get(order.client_order_id)
    assert (after.status, after.filled_quantity) == (OrderStatus.FILLED, Decimal("0.5"))
    assert len(world.venue.arrivals) == 1


async def test_a_store_that_fails_before_the_send_sends_nothing(world: OrderWorld) -> None:
    world.orders_database.refuse(writes=1)
    with pytest.raises(StorageUnavailable):
        await world.desk.executor.execute([intent(world.venue, BTC, Side.SELL, "0.5", "49900")])
    assert world.venue.arrivals == []
    assert world.balances.reservations.reserved(world.name) == {}


async def test_a_store_that_is_down_is_told_to_who_asks(world: OrderWorld) -> None:
    await left_behind(world, OrderStatus.SUBMITTING)
    world.orders_database.refuse(writes=1)
    with pytest.raises(StorageUnavailable):
        await world.reconcile()


async def test_a_pass_that_failed_is_made_again_soon(world: OrderWorld) -> None:
    """An order in the middle of its way must not wait a whole interval for a venue's hiccup."""
    order = await rest(world)
    assert order.venue_order_id is not None
    world.venue.fill_resting(order.venue_order_id, "0.5")
    world.venue.fail("fetch_time", VenueUnavailable(world.name, "busy"))
    begun = world.clock.now()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.desk.reconciler.run())

        async def is_filled() -> bool:
            return await status_of(world, order) is OrderStatus.FILLED

        await eventually(is_filled)
        running.cancel()
    filled = await world.desk.journal.get(order.client_order_id)
    # One interval of five minutes until the pass that fails, and seconds until the next one.
    assert filled.updated_at - begun < timedelta(minutes=6)


async def test_a_fill_that_is_found_with_its_order_is_told_as_ours(idle: OrderWorld) -> None:
    order = await left_behind(idle, OrderStatus.SUBMITTING)
    placed = idle.venue.place_by_hand(
        BTC, Side.SELL, "0.5", "49900", client_id=order.client_order_id
    )
    idle.venue.fill_resting(placed, "0.5")
    await idle.desk.reconciler.start_up()

    assert await status_of(idle, order) is OrderStatus.FILLED
    notices = []
    while (notice := await idle.outbox.next_due(idle.clock.now())) is not None:
        notices.append((notice.kind, json.loads(notice.payload)["client_order_id"]))
        await idle.outbox.mark_sent(notice.sequence, 1, idle.clock.now())
    assert ("fill", order.client_order_id) in notices


async def test_a_pass_says_nothing_of_an_order_that_is_being_sent(world: OrderWorld) -> None:
    world.venue.fates = [Fate.TAKEN]
    world.venue.crash.at("taken")
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(
            world.desk.executor.execute([intent(world.venue, BTC, Side.SELL, "0.5", "49900")])
        )
        await eventually(world.venue.crash.reached.is_set)
        report = await world.desk.reconciler.reconcile(correlation_id=CorrelationId("test"))
        sent.cancel()
    assert report.is_clean
    assert await world.fills.all(world.name) == ()
    (order,) = await world.desk.journal.working()
    assert order.status is OrderStatus.SUBMITTING


async def test_another_interval_holds_from_now_on(tmp_path: Path) -> None:
    clock = FakeClock()
    venue = open_account(clock)
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        await world.desk.reconciler.start_up()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(world.desk.reconciler.run())
            await eventually(lambda: clock.sleepers)
            passes = _looks(venue)
            world.desk.reconciler.set_interval(10.0)
            for more in (1, 2, 3):  # the first at once, as far as passes keep their distance
                await eventually(lambda: clock.sleepers)
                await clock.advance(10.0)
                await eventually(partial(_has_looked, venue, passes + more))
            running.cancel()


def _looks(venue: PerilousVenue) -> int:
    return venue.count("fetch_open_orders")


def _has_looked(venue: PerilousVenue, times: int) -> bool:
    return _looks(venue) == times
