"""Leaves orders behind as earlier runs do: half sent, or resting in the book."""

from datetime import timedelta

from storage.records import NewOrderRow
from tests.support.order_world import OrderWorld, intent
from tests.trading.orders.conftest import BTC
from trading.model.identifiers import ClientOrderId
from trading.model.instrument import Side
from trading.model.order import Order, TimeInForce
from trading.model.order_status import OrderStatus


async def left_behind(world: OrderWorld, status: OrderStatus) -> Order:
    """Write a row as a process that was killed leaves it."""
    wanted = intent(world.venue, BTC, Side.SELL, "0.5", "49900")
    (row,) = await world.orders.plan(
        [
            NewOrderRow(
                venue=world.name,
                base="BTC",
                quote="USD",
                side="sell",
                order_type="limit",
                time_in_force="ioc",
                quantity=wanted.quantity,
                limit_price=wanted.limit_price,
                reserve_asset="BTC",
                reserve_amount=wanted.quantity,
                origin="rebalance",
                reason="test",
                run_id="run-1",
                correlation_id="corr-1",
                created_at=world.clock.now(),
            )
        ],
        lambda sequence, _: f"sytest-mk13z400{sequence}",
    )
    order = await world.desk.journal.get(ClientOrderId(row.client_order_id))
    if status is OrderStatus.SUBMITTING:
        deadline = world.clock.now() + timedelta(seconds=5)
        (sent,) = await world.desk.journal.submit(
            [order], deadlines={order.client_order_id: deadline}
        )
        order = sent.order
    return order


async def status_of(world: OrderWorld, order: Order) -> OrderStatus:
    return (await world.desk.journal.get(order.client_order_id)).status


async def rest(world: OrderWorld, quantity: str = "0.5") -> Order:
    wanted = intent(world.venue, BTC, Side.SELL, quantity, "60000", time_in_force=TimeInForce.GTC)
    order = (await world.desk.executor.execute([wanted])).outcomes[0].order
    assert order is not None
    assert order.status is OrderStatus.OPEN
    return order
