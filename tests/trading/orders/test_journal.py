"""The journal: what is reserved follows it, whoever comes late."""

import asyncio

from tests.support.order_world import OrderWorld
from tests.support.waiting import eventually
from tests.trading.orders.leaving import rest
from trading.model.order_status import OrderStatus
from trading.orders.steps import Step


async def test_an_order_read_before_its_end_is_not_reserved_anew(world: OrderWorld) -> None:
    """Executor and resolver meet on one order: one books its fill, the other ends it."""
    order = await rest(world)
    assert order.venue_order_id is not None
    world.venue.fill_resting(order.venue_order_id, "0.5")
    fills = await world.venue.fetch_fills(since=order.created_at)
    gate = world.orders_database.keep_answers()
    async with asyncio.TaskGroup() as group:
        booking = group.create_task(world.desk.journal.book(fills))
        await eventually(lambda: world.orders_database.reads_waiting)
        await world.desk.journal.move(order, Step(status=OrderStatus.FILLED, detail="filled"))
        gate.set()

    assert len(booking.result()) == 1
    await world.balances.manager.sync(world.name)
    assert world.balances.reservations.reserved(world.name) == {}
