"""What a stream pushes is booked once, in any order, and what does not fit is looked into."""

import asyncio
from decimal import Decimal

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld
from tests.support.perils import Fate
from tests.support.waiting import eventually
from tests.trading.orders.asking import execute_one, sell_btc, status_is
from tests.trading.orders.conftest import BTC, ETH
from tests.trading.orders.leaving import left_behind, rest
from trading.model.fill import Fill
from trading.model.identifiers import VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.order import Order, OrderOrigin, VenueOrder
from trading.model.order_status import OrderStatus
from trading.model.trading_state import TradingMode
from trading.orders.intake import OrderIntake


def pushed(world: OrderWorld, venue_order_id: str = "M1") -> VenueOrder:
    return world.venue.account.orders[VenueOrderId(venue_order_id)]


async def journaled(world: OrderWorld, order: Order) -> Order:
    return await world.desk.journal.get(order.client_order_id)


async def test_a_fill_before_its_ack_is_booked_and_the_order_sent_once(
    streaming: OrderWorld,
) -> None:
    streaming.venue.crash.at("taken")  # the engine has it, the answer never comes

    order = await execute_one(streaming, sell_btc(streaming.venue))

    assert streaming.venue.crash.reached.is_set()
    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.5"))
    assert len(await streaming.fills.all(streaming.name)) == 2
    assert streaming.venue.arrivals == [order.client_order_id]
    events = [each.status for each in await streaming.orders.events(order.client_order_id)]
    assert events == ["planned", "submitting", "open", "filled"]


async def test_a_fill_alone_is_enough_to_find_the_order_by_our_id(idle: OrderWorld) -> None:
    order = await left_behind(idle, OrderStatus.SUBMITTING)
    idle.venue.place_by_hand(BTC, Side.SELL, "0.5", "49900", client_id=order.client_order_id)
    idle.venue.fill_resting(VenueOrderId("M1"), "0.2")

    async def is_booked() -> bool:
        return (await journaled(idle, order)).filled_quantity == Decimal("0.2")

    async with asyncio.TaskGroup() as group:
        intake = group.create_task(idle.desk.intake.run())
        for fill in idle.venue.account.fills:
            idle.desk.intake.fill(fill)
        await eventually(is_booked)
        assert (await journaled(idle, order)).status is OrderStatus.SUBMITTING
        idle.desk.intake.order(pushed(idle))
        await eventually(lambda: status_is(idle, order, OrderStatus.PARTIALLY_FILLED))
        intake.cancel()


async def test_a_push_settles_an_order_in_doubt(streaming: OrderWorld) -> None:
    streaming.venue.fates = [Fate.ANSWER_LOST]

    order = await execute_one(streaming, sell_btc(streaming.venue))

    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.5"))
    assert streaming.venue.arrivals == [order.client_order_id]


async def test_that_nothing_was_pushed_proves_nothing(streaming: OrderWorld) -> None:
    streaming.venue.fates = [Fate.REQUEST_LOST]

    async def status() -> OrderStatus | None:
        orders = await streaming.desk.journal.recent(1)
        return orders[0].status if orders else None

    async def is_in_doubt() -> bool:
        return await status() is OrderStatus.UNKNOWN

    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(streaming, sell_btc(streaming.venue)))
        await eventually(is_in_doubt)
        deadline = streaming.venue.traits.order_deadline.total_seconds()
        await streaming.clock.advance(deadline - 1)
        assert await status() is OrderStatus.UNKNOWN
        sent.cancel()


async def test_rows_twice_and_in_the_wrong_order_are_one_story(streaming: OrderWorld) -> None:
    order = await rest(streaming)
    told: list[Fill | VenueOrder] = []
    streaming.stream.is_mute = True
    for _ in range(5):
        streaming.venue.fill_resting(VenueOrderId("M1"), "0.1")
        told += [streaming.venue.account.fills[-1], pushed(streaming)]
    for row in (*told, *reversed(told)):
        _tell(streaming, row)

    await eventually(lambda: status_is(streaming, order, OrderStatus.FILLED))
    assert (await journaled(streaming, order)).filled_quantity == Decimal("0.5")
    assert len(await streaming.fills.all(streaming.name)) == 5
    for row in told:
        _tell(streaming, row)
    await _applied(streaming)
    events = [each.status for each in await streaming.orders.events(order.client_order_id)]
    assert events == ["planned", "submitting", "open", "filled"]


async def test_an_order_does_not_end_before_its_fills_came(streaming: OrderWorld) -> None:
    order = await rest(streaming)
    streaming.stream.is_mute = True
    streaming.venue.fill_resting(VenueOrderId("M1"), "0.5")
    streaming.desk.intake.order(pushed(streaming))
    await _applied(streaming)
    assert (await journaled(streaming, order)).status is OrderStatus.OPEN
    # The end was remembered: the fill alone completes it.
    streaming.desk.intake.fill(streaming.venue.account.fills[-1])
    await eventually(lambda: status_is(streaming, order, OrderStatus.FILLED))


async def test_fills_that_never_come_are_asked_for(streaming: OrderWorld) -> None:
    order = await rest(streaming)
    async with asyncio.TaskGroup() as group:
        passes = group.create_task(streaming.desk.reconciler.run())
        await eventually(lambda: streaming.clock.sleepers)
        streaming.stream.is_mute = True
        streaming.venue.fill_resting(VenueOrderId("M1"), "0.5")
        streaming.desk.intake.order(pushed(streaming))
        await eventually(lambda: _advanced(streaming, order, OrderStatus.FILLED))
        passes.cancel()


async def test_what_is_in_hand_when_the_part_ends_is_asked_for(idle: OrderWorld) -> None:
    """Also an end that waited for its fills, and was just being looked at."""
    order = await left_behind(idle, OrderStatus.SUBMITTING)
    idle.venue.place_by_hand(BTC, Side.SELL, "0.5", "49900", client_id=order.client_order_id)
    idle.venue.fill_resting(VenueOrderId("M1"), "0.5")
    asked: list[VenueName] = []
    intake = OrderIntake(
        journal=idle.desk.journal, look_again=asked.append, clock=FakeClock(instant=True)
    )
    idle.venue.crash.at("database", passes=2)  # the word is written down; the look at it is not
    async with asyncio.TaskGroup() as group:
        life = group.create_task(intake.run())
        intake.order(pushed(idle))
        await eventually(idle.venue.crash.reached.is_set)
        assert asked == []
        life.cancel()
    assert asked == [idle.name]


async def test_a_fill_after_a_cancel_is_booked_and_the_order_stays_cancelled(
    streaming: OrderWorld,
) -> None:
    order = await rest(streaming)
    await streaming.venue.cancel(VenueOrderId("M1"))
    await eventually(lambda: status_is(streaming, order, OrderStatus.CANCELLED))
    streaming.venue.fill_late(VenueOrderId("M1"), "0.2")

    async def is_booked() -> bool:
        return (await journaled(streaming, order)).filled_quantity == Decimal("0.2")

    await eventually(is_booked)
    assert (await journaled(streaming, order)).status is OrderStatus.CANCELLED


async def test_an_order_placed_by_hand_is_handed_to_the_reconciler(
    streaming: OrderWorld,
) -> None:
    async with asyncio.TaskGroup() as group:
        passes = group.create_task(streaming.desk.reconciler.run())
        await _first_pass(streaming)
        began = streaming.clock.monotonic()
        streaming.venue.place_by_hand(ETH, Side.SELL, "1", "4000")
        streaming.venue.fill_resting(VenueOrderId("M1"), "0.4")

        async def is_adopted() -> bool:
            await streaming.clock.advance(1)
            assert streaming.clock.monotonic() < began + 30, "that is the pass of every interval"
            found = await streaming.desk.journal.working()
            return [order.filled_quantity for order in found] == [Decimal("0.4")]

        await eventually(is_adopted)
        (order,) = await streaming.desk.journal.working()
        assert order.intent.origin is OrderOrigin.EXTERNAL
        # From now on it is known, and what is pushed of it is booked like any other.
        streaming.venue.fill_resting(VenueOrderId("M1"), "0.6")
        await eventually(lambda: status_is(streaming, order, OrderStatus.FILLED))
        passes.cancel()
    assert streaming.gate.state.mode is TradingMode.ACTIVE


async def test_what_a_lost_stream_missed_is_found(streaming: OrderWorld) -> None:
    order = await rest(streaming)
    async with asyncio.TaskGroup() as group:
        passes = group.create_task(streaming.desk.reconciler.run())
        await eventually(lambda: streaming.clock.sleepers)
        streaming.stream.lose()
        streaming.venue.fill_resting(VenueOrderId("M1"), "0.5")
        streaming.stream.open()
        await eventually(lambda: _advanced(streaming, order, OrderStatus.FILLED))
        passes.cancel()


async def test_a_storm_of_resets_is_few_passes(streaming: OrderWorld) -> None:
    async with asyncio.TaskGroup() as group:
        passes = group.create_task(streaming.desk.reconciler.run())
        await _first_pass(streaming)
        streaming.venue.calls.clear()
        for _ in range(100):
            streaming.desk.intake.reset(streaming.name)
            await streaming.clock.advance(0.1)
            await _applied(streaming)
        passes.cancel()
    assert 1 <= streaming.venue.count("fetch_open_orders") <= 3


async def test_a_store_that_fails_for_a_while_loses_no_news(streaming: OrderWorld) -> None:
    order = await rest(streaming)
    streaming.orders_database.refuse(writes=2)
    streaming.venue.fill_resting(VenueOrderId("M1"), "0.5")
    await eventually(lambda: _advanced(streaming, order, OrderStatus.FILLED))
    assert len(await streaming.fills.all(streaming.name)) == 1


async def test_what_is_not_taken_in_is_looked_for(streaming: OrderWorld) -> None:
    """More than can be kept: nothing of it is lost, since the venue still has it."""
    order = await rest(streaming)
    streaming.stream.is_mute = True
    streaming.venue.fill_resting(VenueOrderId("M1"), "0.5")
    for _ in range(20_001):
        streaming.desk.intake.fill(streaming.venue.account.fills[-1])
    async with asyncio.TaskGroup() as group:
        passes = group.create_task(streaming.desk.reconciler.run())
        await eventually(lambda: _advanced(streaming, order, OrderStatus.FILLED))
        passes.cancel()


async def _first_pass(world: OrderWorld) -> None:
    """Let the pass be over that the opening of the stream asked for."""

    async def is_over() -> bool:
        await world.clock.advance(0.5)
        return world.venue.count("fetch_balances") == 1

    await eventually(is_over)


def _tell(world: OrderWorld, row: Fill | VenueOrder) -> None:
    if isinstance(row, Fill):
        world.desk.intake.fill(row)
    else:
        world.desk.intake.order(row)


async def _applied(world: OrderWorld) -> None:
    """Wait until everything told so far has been through the store."""
    await world.orders_database.transact(_nothing)
    await world.desk.journal.recent(1)
    await world.orders_database.transact(_nothing)


async def _nothing(connection: object) -> None:
    del connection


async def _advanced(world: OrderWorld, order: Order, status: OrderStatus) -> bool:
    await world.clock.advance(0.5)
    return await status_is(world, order, status)
