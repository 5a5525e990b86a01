"""Asks the order desk for orders and says what became of them."""

from tests.support.order_world import OrderWorld, intent
from tests.support.perilous_venue import PerilousVenue
from tests.trading.orders.conftest import BTC, ETH
from trading.model.denial import DenialCode
from trading.model.instrument import Side
from trading.model.order import Order, OrderIntent
from trading.model.order_status import OrderStatus
from trading.orders.execution import BatchResult


def sell_btc(venue: PerilousVenue, quantity: str = "0.5") -> OrderIntent:
    return intent(venue, BTC, Side.SELL, quantity, "49900")


def buy_eth(venue: PerilousVenue, quantity: str = "1") -> OrderIntent:
    return intent(venue, ETH, Side.BUY, quantity, "3010")


async def execute(world: OrderWorld, *batch: OrderIntent) -> BatchResult:
    return await world.desk.executor.execute(batch)


async def execute_one(world: OrderWorld, wanted: OrderIntent) -> Order:
    order = (await execute(world, wanted)).outcomes[0].order
    assert order is not None
    return order


async def denial(world: OrderWorld, wanted: OrderIntent) -> DenialCode:
    outcome = (await execute(world, wanted)).outcomes[0]
    assert outcome.denied is not None
    assert outcome.order is None
    return outcome.denied.code


async def status_is(world: OrderWorld, order: Order, status: OrderStatus) -> bool:
    return (await world.desk.journal.get(order.client_order_id)).status is status
