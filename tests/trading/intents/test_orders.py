"""What the owner asks of orders: found by a part of the id, cancelled, settled, reconciled."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.support.perils import Fate
from tests.support.waiting import eventually
from trading.errors import CommandError, NotUnderstood, OutcomeUnknown
from trading.intents.orders import OrderIntents
from trading.model.identifiers import CorrelationId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.order import Order, TimeInForce
from trading.model.order_status import OrderStatus
from trading.venues.port import Priority

BTC = Symbol.parse("BTC/USD")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OrderWorld]:
    clock = FakeClock(instant=True)
    venue = PerilousVenue(clock=clock, fee=Decimal("0.004"))
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.deposit("USD", "10000")
    venue.deposit("BTC", "1")
    async with order_world(tmp_path, clock=clock, venue=venue) as world, working(world):
        yield world


@pytest.fixture
def intents(world: OrderWorld) -> OrderIntents:
    desk = world.desk
    return OrderIntents(
        venues={world.name: world.venue},
        journal=desk.journal,
        settlement=desk.settlement,
        resolver=desk.resolver,
        reconciler=desk.reconciler,
        clock=world.clock,
    )


async def place(world: OrderWorld, time_in_force: TimeInForce = TimeInForce.GTC) -> Order:
    price = "60000" if time_in_force is TimeInForce.GTC else "49900"
    wanted = intent(world.venue, BTC, Side.SELL, "0.1", price, time_in_force=time_in_force)
    order = (await world.desk.executor.execute([wanted])).outcomes[0].order
    assert order is not None
    return order


async def test_working_orders_and_trades_are_shown(
    world: OrderWorld, intents: OrderIntents
) -> None:
    resting = await place(world)
    await place(world, TimeInForce.IOC)
    assert [each.client_order_id for each in (await intents.working()).orders] == [
        resting.client_order_id
    ]
    assert len((await intents.recent()).orders) == 2
    fills = (await intents.trades(1)).fills
    assert [fill.fill_id for fill in fills] == ["F2"]


async def test_an_order_is_found_by_the_end_of_its_id(
    world: OrderWorld, intents: OrderIntents
) -> None:
    order = await place(world)
    assert (await intents.find(order.client_order_id[-3:].upper())).status is OrderStatus.OPEN
    assert (await intents.find("m1")).client_order_id == order.client_order_id


async def test_an_order_that_could_be_several_is_asked_for_again(
    world: OrderWorld, intents: OrderIntents
) -> None:
    placed = world.venue.place_by_hand(BTC, Side.SELL, "0.1", "60000")
    shown = world.venue.account.orders[placed]
    for name in ("OA-77", "OB-77"):
        await world.desk.journal.adopt(
            replace(shown, venue_order_id=VenueOrderId(name)),
            is_stray=False,
            correlation_id=CorrelationId("c"),
        )
    with pytest.raises(CommandError, match="EX-memory-OB-77, EX-memory-OA-77"):
        await intents.find("77")
    assert (await intents.find("oa-77")).venue_order_id == "OA-77"


@pytest.mark.parametrize(("text", "error"), [("x", NotUnderstood), ("nothing", CommandError)])
async def test_an_order_that_is_not_there_is_not_guessed(
    world: OrderWorld, intents: OrderIntents, text: str, error: type[Exception]
) -> None:
    await place(world)
    with pytest.raises(error):
        await intents.find(text)


async def test_a_resting_order_is_cancelled_at_once(
    world: OrderWorld, intents: OrderIntents
) -> None:
    order = await place(world)
    outcome = await intents.cancel(order.client_order_id, by="owner")
    assert (outcome.order.status, outcome.was_open) == (OrderStatus.CANCELLED, True)
    assert world.venue.priorities[-1] is Priority.EMERGENCY
    assert world.balances.reservations.reserved(world.name) == {}


async def test_a_cancel_whose_answer_is_lost_is_asked_about(
    world: OrderWorld, intents: OrderIntents
) -> None:
    order = await place(world)
    world.venue.fail("cancel", OutcomeUnknown(world.name, "lost"))
    outcome = await intents.cancel(order.client_order_id, by="owner")
    assert (outcome.order.status, outcome.was_open) == (OrderStatus.OPEN, None)


async def test_an_order_that_filled_before_the_cancel_is_told_as_filled(
    world: OrderWorld, intents: OrderIntents
) -> None:
    order = await place(world)
    assert order.venue_order_id is not None
    world.venue.fill_resting(order.venue_order_id, "0.1")
    outcome = await intents.cancel(order.client_order_id, by="owner")
    assert (outcome.order.status, outcome.was_open) == (OrderStatus.FILLED, False)


async def test_an_ended_order_is_not_cancelled(world: OrderWorld, intents: OrderIntents) -> None:
    order = await place(world, TimeInForce.IOC)
    with pytest.raises(CommandError, match="already"):
        await intents.cancel(order.client_order_id, by="owner")
    assert world.venue.count("cancel") == 0


async def test_an_unknown_order_is_resolved_through_its_id(
    world: OrderWorld, intents: OrderIntents
) -> None:
    world.venue.fates = [Fate.REQUEST_LOST]
    looks = world.venue.hold("fetch_time")
    wanted = intent(world.venue, BTC, Side.SELL, "0.1", "49900")
    result = await world.desk.executor.execute([wanted])
    (order,) = result.unknown
    with pytest.raises(CommandError, match="nothing to cancel"):
        await intents.cancel(order.client_order_id, by="owner")
    looks.set()
    await world.clock.advance(10)

    async def is_settled() -> bool:
        return not (await world.desk.journal.get(order.client_order_id)).is_working

    try:
        outcome = await intents.resolve(order.client_order_id, placed=False, by="owner")
    except CommandError:
        await eventually(is_settled)  # the resolver's own proof was faster
    else:
        assert outcome.order.status is OrderStatus.NOT_PLACED
        assert not outcome.by_venue


async def test_reconcile_reports_and_refuses_unknown_venues(intents: OrderIntents) -> None:
    report = await intents.reconcile(correlation_id=CorrelationId("c"))
    assert report.is_clean
    with pytest.raises(NotUnderstood, match="memory"):
        await intents.reconcile(VenueName("nowhere"), correlation_id=CorrelationId("c"))
