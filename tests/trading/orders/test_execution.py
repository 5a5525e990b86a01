"""The executor: journal first, one send each, and every answer written down for what it is."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.order_world import OrderWorld, intent
from tests.support.perils import Fate
from tests.support.waiting import eventually, settle
from tests.trading.orders.asking import execute, execute_one, sell_btc, status_is
from tests.trading.orders.conftest import BTC
from trading.errors import OrderError, VenueUnavailable
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.model.order import Order, TimeInForce
from trading.model.order_status import OrderStatus


async def test_an_order_ends_filled_with_its_fills_booked(world: OrderWorld) -> None:
    (outcome,) = (await execute(world, sell_btc(world.venue))).outcomes

    assert outcome.order is not None
    assert outcome.order.status is OrderStatus.FILLED
    assert outcome.order.filled_quantity == Decimal("0.5")
    assert sum(fill.quantity for fill in outcome.fills) == Decimal("0.5")
    assert sum(fill.cost for fill in outcome.fills) == outcome.order.cost
    assert world.venue.arrivals == [outcome.order.client_order_id]


async def test_the_journal_knows_an_order_before_the_venue_does(world: OrderWorld) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        group.create_task(execute(world, sell_btc(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        (row,) = await world.orders.working()
        assert row.status == "submitting"
        assert row.deadline_at is not None
        assert json.loads(row.evidence)["free"] == "1"
        gate.set()


@pytest.mark.parametrize(
    ("fate", "status", "note"),
    [
        (Fate.REJECTED, OrderStatus.REJECTED, "EOrder:Order minimum not met"),
        (Fate.INSUFFICIENT, OrderStatus.REJECTED, "EOrder:Insufficient funds"),
        (Fate.NONCE_REFUSED, OrderStatus.REJECTED, "memory: EAPI:Invalid nonce"),
        (Fate.UNREACHED, OrderStatus.CANCELLED, "could not be sent: memory: connection refused"),
    ],
)
async def test_what_was_certainly_not_placed_ends_and_frees_its_money(
    world: OrderWorld, fate: Fate, status: OrderStatus, note: str
) -> None:
    world.venue.fates = [fate]

    order = await execute_one(world, sell_btc(world.venue))

    assert (order.status, order.note) == (status, note)
    assert world.balances.reservations.reserved(world.name) == {}
    assert world.venue.account.orders == {}


@pytest.mark.parametrize("fate", [Fate.ANSWER_LOST, Fate.BROKEN])
async def test_a_lost_answer_is_settled_by_finding_the_order(
    world: OrderWorld, fate: Fate
) -> None:
    world.venue.fates = [fate]

    sent = await execute_one(world, sell_btc(world.venue))
    await eventually(lambda: status_is(world, sent, OrderStatus.FILLED))

    order = await world.desk.journal.get(sent.client_order_id)
    assert order.note == "found at the venue: M1, filled"
    assert len(world.venue.arrivals) == 1
    events = [event.status for event in await world.orders.events(order.client_order_id)]
    assert events == ["planned", "submitting", "unknown", "open", "filled"]


async def test_a_lost_request_is_settled_by_proof_of_absence(world: OrderWorld) -> None:
    world.venue.fates = [Fate.REQUEST_LOST]
    begun = world.clock.now()

    order = await execute_one(world, sell_btc(world.venue))
    await eventually(lambda: status_is(world, order, OrderStatus.NOT_PLACED))

    rule = world.venue.traits.absence
    deadline = world.venue.traits.order_deadline
    assert world.clock.now() - begun > deadline + rule.after_deadline + rule.spacing
    assert world.venue.count("find_orders") >= rule.looks
    assert len(world.venue.arrivals) == 1
    assert world.balances.reservations.reserved(world.name) == {}


async def test_an_order_that_arrives_late_is_found_not_written_off(world: OrderWorld) -> None:
    world.venue.fates = [Fate.DELAYED]
    world.venue.delay = timedelta(seconds=4.9)

    order = await execute_one(world, sell_btc(world.venue))

    await eventually(lambda: status_is(world, order, OrderStatus.FILLED))


async def test_an_order_that_arrives_after_its_deadline_was_never_placed(
    world: OrderWorld,
) -> None:
    world.venue.fates = [Fate.DELAYED]
    world.venue.delay = timedelta(seconds=5.1)

    order = await execute_one(world, sell_btc(world.venue))

    await eventually(lambda: status_is(world, order, OrderStatus.NOT_PLACED))
    assert world.venue.account.orders == {}


async def test_cancelling_who_asked_does_not_cancel_the_send(world: OrderWorld) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        caller = group.create_task(execute(world, sell_btc(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        caller.cancel()
    gate.set()

    await eventually(lambda: world.desk.journal.recent(1))
    (order,) = await world.desk.journal.recent(1)
    await eventually(lambda: status_is(world, order, OrderStatus.FILLED))
    assert world.venue.arrivals == [order.client_order_id]


async def test_a_failing_progress_callback_harms_no_order(world: OrderWorld) -> None:
    async def broken(order: Order) -> None:
        raise RuntimeError(order.client_order_id)

    with pytest.raises(RuntimeError):
        await world.desk.executor.execute([sell_btc(world.venue)], on_progress=broken)

    (order,) = await world.desk.journal.recent(1)
    await eventually(lambda: status_is(world, order, OrderStatus.FILLED))


async def test_progress_tells_every_step(world: OrderWorld) -> None:
    seen: list[str] = []

    async def watch(order: Order) -> None:
        seen.append(order.status)

    await world.desk.executor.execute([sell_btc(world.venue)], on_progress=watch)

    assert seen == ["planned", "submitting", "open", "filled"]


async def test_a_halt_between_journal_and_wire_cancels_unsent(
    idle: OrderWorld,
) -> None:
    venue, desk = idle.venue, idle.desk
    await desk.reconciler.start_up()
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(desk.executor.run())
        batch = [intent(venue, BTC, Side.SELL, "0.01", "49900") for _ in range(12)]
        gate = venue.hold("submit")
        await settle(1)
        task = group.create_task(desk.executor.execute(batch))
        await eventually(lambda: venue.count("submit") == 10, because="the first wave leaves")
        await idle.gate.halt("enough", "test")
        gate.set()
        await task
        runner.cancel()

    statuses = [outcome.order.status for outcome in task.result().outcomes if outcome.order]
    assert statuses == [OrderStatus.FILLED] * 10 + [OrderStatus.CANCELLED] * 2
    assert len(venue.arrivals) == 10


async def test_a_halt_reaches_orders_that_wait_for_their_turn(world: OrderWorld) -> None:
    """Approved and handed to the adapter, and still behind a call that hangs."""

    async def all_are_on_their_way() -> bool:
        return [row.status for row in await world.orders.working()] == ["submitting"] * 3

    async with asyncio.TaskGroup() as group, world.venue.turn:
        task = group.create_task(execute(world, *[sell_btc(world.venue, "0.1")] * 3))
        await eventually(all_are_on_their_way)
        await world.gate.halt("enough", "test")

    assert world.venue.arrivals == []
    orders = [outcome.order for outcome in task.result().outcomes]
    assert [order and order.status for order in orders] == [OrderStatus.CANCELLED] * 3
    assert all(order is not None and "enough" in str(order.note) for order in orders)
    await world.balances.manager.sync(world.name)
    assert world.balances.reservations.reserved(world.name) == {}


async def test_part_of_an_ioc_is_cancelled_with_what_it_filled(world: OrderWorld) -> None:
    world.venue.depth[BTC] = Decimal("0.2")
    order = await execute_one(world, sell_btc(world.venue))
    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, Decimal("0.2"))


async def test_an_order_does_not_end_before_its_fills_are_booked(world: OrderWorld) -> None:
    world.venue.fill_lag = timedelta(seconds=3)
    order = await execute_one(world, sell_btc(world.venue))
    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.5"))


async def test_a_resting_order_returns_once_it_rests(world: OrderWorld) -> None:
    wanted = intent(world.venue, BTC, Side.SELL, "0.5", "60000", time_in_force=TimeInForce.GTC)
    order = await execute_one(world, wanted)
    assert (order.status, order.venue_order_id) == (OrderStatus.OPEN, "M1")


async def test_the_balances_are_read_again_after_trading(world: OrderWorld) -> None:
    await execute(world, sell_btc(world.venue))
    balances = await world.balances.manager.balances(world.name)
    assert balances.readings[BTC.base].free == Decimal("0.5")
    assert balances.reserved == {}


async def test_insufficient_funds_in_spite_of_the_check_is_told_with_evidence(
    world: OrderWorld,
) -> None:
    world.venue.fates = [Fate.INSUFFICIENT]
    order = await execute_one(world, sell_btc(world.venue))
    notice = await world.outbox.next_due(world.clock.now())
    assert notice is not None
    payload = json.loads(notice.payload)
    assert notice.kind == "order_incident"
    assert payload["client_order_id"] == order.client_order_id
    evidence = payload["evidence"]
    assert (evidence["free"], evidence["required"]) == ("1", "0.5")
    assert evidence["said"] == order.note
    assert (evidence["now_free"], evidence["now_source"]) == ("1", "exchange")


async def test_an_incident_is_told_though_the_balances_of_now_cannot_be_read(
    world: OrderWorld,
) -> None:
    await world.balances.manager.sync(world.name)
    world.venue.fates = [Fate.INSUFFICIENT]
    world.venue.fail("fetch_balances", VenueUnavailable(world.name, "down"))
    order = await execute_one(world, sell_btc(world.venue))
    assert order.status is OrderStatus.REJECTED
    notice = await world.outbox.next_due(world.clock.now())
    assert notice is not None
    assert "down" in json.loads(notice.payload)["evidence"]["now_error"]


async def test_without_a_running_executor_nothing_is_sent(idle: OrderWorld) -> None:
    with pytest.raises(OrderError):
        await execute(idle, sell_btc(idle.venue))


async def test_drain_waits_for_what_is_under_way(world: OrderWorld) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        group.create_task(execute(world, sell_btc(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        assert not await world.desk.executor.drain(within_seconds=0.01)
        assert not await world.desk.executor.drain(within_seconds=0.01, venue=world.name)
        other = VenueName("other")
        assert await world.desk.executor.drain(within_seconds=0, venue=other), "no order of it"
        gate.set()
        assert await world.desk.executor.drain(within_seconds=5)


async def test_an_ending_written_but_not_confirmed_frees_its_money(world: OrderWorld) -> None:
    world.venue.fates = [Fate.REJECTED]
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(world, sell_btc(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        world.orders_database.confirm_nothing(writes=1)
        gate.set()

    assert sent.result().status is OrderStatus.REJECTED
    assert world.balances.reservations.reserved(world.name) == {}


async def test_an_ending_nobody_heard_of_frees_its_money_at_the_next_pass(
    world: OrderWorld,
) -> None:
    """The disk wrote the answer down at the third try and was silent about it."""
    world.venue.fates = [Fate.REJECTED]
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(world, sell_btc(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        world.orders_database.refuse(writes=2)
        world.orders_database.confirm_nothing(writes=1)
        gate.set()
    assert sent.result().status is OrderStatus.REJECTED
    await world.reconcile()
    assert world.balances.reservations.reserved(world.name) == {}
