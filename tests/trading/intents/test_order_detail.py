"""One order whole: its evidence, its history and its fills come from the journal."""

from decimal import Decimal
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from trading.intents.orders import OrderIntents
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus


def intents_of(world: OrderWorld) -> OrderIntents:
    desk = world.desk
    return OrderIntents(
        venues={world.name: world.venue},
        journal=desk.journal,
        settlement=desk.settlement,
        resolver=desk.resolver,
        reconciler=desk.reconciler,
        clock=world.clock,
    )


async def test_a_sale_tells_the_balance_it_was_checked_against(tmp_path: Path) -> None:
    clock = FakeClock(instant=True)
    venue = PerilousVenue(clock=clock, fee=Decimal("0.002"))
    symbol = venue.list_instrument("BTC/USD", "49990", "50010")
    venue.deposit("BTC", "0.4")
    async with order_world(tmp_path, clock=clock, venue=venue) as world, working(world):
        sale = intent(venue, symbol, Side.SELL, "0.15", "49900")
        batch = await world.desk.executor.execute((sale,))
        (order,) = [each.order for each in batch.outcomes]
        assert order is not None
        detail = await intents_of(world).detail(order.client_order_id[-4:])
    assert detail.order == order
    shown = {name: detail.evidence[name] for name in ("asset", "required", "free", "source")}
    assert shown == {"asset": "BTC", "required": "0.15", "free": "0.4", "source": "exchange"}
    assert float(detail.evidence["age_seconds"]) < 60
    assert [move.status for move in detail.history] == [
        OrderStatus.PLANNED,
        OrderStatus.SUBMITTING,
        OrderStatus.OPEN,
        OrderStatus.FILLED,
    ]
    assert sum(fill.quantity for fill in detail.fills) == Decimal("0.15")
