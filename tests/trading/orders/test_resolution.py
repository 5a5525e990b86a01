"""Unknown orders: found, proven absent, or settled by the owner's word."""

import asyncio
import json
from decimal import Decimal

import pytest

from tests.support.order_world import OrderWorld, intent
from tests.support.perils import Fate
from tests.support.waiting import eventually
from tests.trading.orders.conftest import BTC, ETH
from tests.trading.orders.leaving import left_behind, rest, status_of
from trading.errors import CommandError, VenueUnavailable
from trading.model.instrument import Side
from trading.model.order import Order
from trading.model.order_status import OrderStatus


async def test_what_was_being_sent_is_unknown_until_proven(idle: OrderWorld) -> None:
    order = await left_behind(idle, OrderStatus.SUBMITTING)
    report = await idle.desk.reconciler.start_up()
    assert [each.client_order_id for each in report.venues[0].unknown] == [order.client_order_id]
    assert idle.balances.reservations.reserved(idle.name) == {"BTC": Decimal("0.5")}
    async with asyncio.TaskGroup() as group:
        resolver = group.create_task(idle.desk.resolver.run())

        async def is_settled() -> bool:
            return await status_of(idle, order) is OrderStatus.NOT_PLACED

        await eventually(is_settled)
        resolver.cancel()
    assert idle.balances.reservations.reserved(idle.name) == {}
    assert idle.venue.arrivals == []


@pytest.mark.parametrize("placed", [True, False])
async def test_the_owner_settles_an_unknown_order(idle: OrderWorld, *, placed: bool) -> None:
    order = await in_doubt(idle)
    await idle.clock.advance(10)
    resolved = await idle.desk.resolver.settle_by_owner(order, placed=placed, by="owner")
    assert resolved.status is (OrderStatus.OPEN if placed else OrderStatus.NOT_PLACED)
    assert "owner" in str(resolved.note)


async def in_doubt(world: OrderWorld) -> Order:
    """An unknown order that the resolver does not touch."""
    order = await left_behind(world, OrderStatus.SUBMITTING)
    await world.reconcile()
    return await world.desk.journal.get(order.client_order_id)


async def test_the_owner_cannot_write_off_what_may_still_arrive(idle: OrderWorld) -> None:
    order = await in_doubt(idle)
    with pytest.raises(CommandError, match="may still reach"):
        await idle.desk.resolver.settle_by_owner(order, placed=False, by="owner")
    assert await status_of(idle, order) is OrderStatus.UNKNOWN


async def test_what_the_venue_shows_counts_for_more_than_the_owners_word(
    idle: OrderWorld,
) -> None:
    order = await in_doubt(idle)
    idle.venue.place_by_hand(BTC, Side.SELL, "0.5", "60000", client_id=order.client_order_id)
    await idle.clock.advance(10)
    resolved = await idle.desk.resolver.settle_by_owner(order, placed=False, by="owner")
    assert (resolved.status, resolved.venue_order_id) == (OrderStatus.OPEN, "M1")


async def test_an_order_that_is_not_in_doubt_is_not_settled(world: OrderWorld) -> None:
    order = await rest(world)
    with pytest.raises(CommandError, match="not in doubt"):
        await world.desk.resolver.settle_by_owner(order, placed=False, by="owner")


async def test_an_unknown_order_is_told_and_so_is_its_end(world: OrderWorld) -> None:
    world.venue.fates = [Fate.ANSWER_LOST]
    await world.desk.executor.execute([intent(world.venue, ETH, Side.SELL, "1", "2990")])
    kinds = await told(world)
    assert kinds[0] == ("order_unknown", "unknown")
    assert ("order", "open") in kinds
    assert [kind for kind, _ in kinds].count("fill") == 2


async def test_a_look_that_fails_is_made_again(world: OrderWorld) -> None:
    world.venue.fates = [Fate.ANSWER_LOST]
    world.venue.fail("find_orders", *(VenueUnavailable(world.name, "busy") for _ in range(4)))
    result = await world.desk.executor.execute([intent(world.venue, ETH, Side.SELL, "1", "2990")])
    order = result.outcomes[0].order
    assert order is not None

    async def is_filled() -> bool:
        return await status_of(world, order) is OrderStatus.FILLED

    await eventually(is_filled)


async def test_an_order_that_the_venue_forgot_is_unknown_and_never_written_off(
    world: OrderWorld,
) -> None:
    order = await rest(world)
    assert order.venue_order_id is not None
    world.venue.forget(order.venue_order_id)
    await world.clock.advance(60)
    await world.reconcile()
    assert await status_of(world, order) is OrderStatus.UNKNOWN
    looks = world.venue.count("fetch_orders")
    await eventually(lambda: world.venue.count("fetch_orders") > looks + 3)
    assert await status_of(world, order) is OrderStatus.UNKNOWN


@pytest.mark.parametrize("filled", ["0", "0.2", "0.5"])
async def test_an_order_that_shows_up_after_the_owners_word_is_followed(
    idle: OrderWorld, filled: str
) -> None:
    order = await in_doubt(idle)
    await idle.desk.resolver.settle_by_owner(order, placed=True, by="owner")
    placed = idle.venue.place_by_hand(
        BTC, Side.SELL, "0.5", "60000", client_id=order.client_order_id
    )
    idle.venue.fill_resting(placed, filled)
    await idle.reconcile()

    after = await idle.desk.journal.get(order.client_order_id)
    assert after.venue_order_id == placed
    assert after.filled_quantity == Decimal(filled)
    assert after.is_working is (filled != "0.5")
    fills = await idle.fills.all(idle.name)
    assert {fill.client_order_id for fill in fills} <= {order.client_order_id}


async def test_an_order_that_is_lost_twice_is_told_twice(world: OrderWorld) -> None:
    order = await rest(world)
    assert order.venue_order_id is not None
    for _ in range(2):
        kept = world.venue.account.orders[order.venue_order_id]
        world.venue.forget(order.venue_order_id)
        await world.clock.advance(60)
        await world.reconcile()
        world.venue.account.orders[order.venue_order_id] = kept
        await eventually(lambda: is_open(world, order))

    kinds = [kind for kind, _ in await told(world)]
    assert kinds == ["order_unknown", "order", "order_unknown", "order"]


async def is_open(world: OrderWorld, order: Order) -> bool:
    return await status_of(world, order) is OrderStatus.OPEN


async def told(world: OrderWorld) -> list[tuple[str, str | None]]:
    """Take every notice out of the outbox."""
    kinds = []
    while (notice := await world.outbox.next_due(world.clock.now())) is not None:
        kinds.append((notice.kind, json.loads(notice.payload).get("status")))
        await world.outbox.mark_sent(notice.sequence, 1, world.clock.now())
    return kinds
