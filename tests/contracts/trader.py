"""Places orders through the adapter of a world, with ids of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

from tests.contracts.orders import approved
from tests.contracts.venue_world import VenueWorld
from trading.errors import VenueError
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import ClientOrderId, VenueOrderId
from trading.model.instrument import Side
from trading.model.market_data import Book
from trading.model.order import TimeInForce, VenueOrder

ABOVE = Decimal("1.02")
BELOW = Decimal("0.5")


class Trader:
    """Builds orders that cross the market, or rest far from it."""

    def __init__(self, world: VenueWorld, ids: Iterator[int] | None = None) -> None:
        self._world = world
        self._ids = ids or count(1)

    async def book(self) -> Book:
        book = (await self._world.adapter.fetch_books([self._world.symbol]))[self._world.symbol]
        if isinstance(book, VenueError):
            raise book
        return book

    async def crossing(self, quantity: str = "0.001", side: Side = Side.BUY) -> ApprovedOrder:
        book = await self.book()
        best = book.asks[0].price if side is Side.BUY else book.bids[0].price
        limit = best * (ABOVE if side is Side.BUY else 2 - ABOVE)
        return await self._order(quantity, limit, side, TimeInForce.IOC)

    async def far(self, time_in_force: TimeInForce, quantity: str = "0.001") -> ApprovedOrder:
        book = await self.book()
        return await self._order(quantity, book.bids[0].price * BELOW, Side.BUY, time_in_force)

    def again(self, order: ApprovedOrder, *, within: timedelta | None = None) -> ApprovedOrder:
        """Return the same order as another one: a new id, a new deadline."""
        within = within or self._world.adapter.traits.order_deadline
        return replace(
            order, client_order_id=self._id(), deadline_at=self._world.clock.now() + within
        )

    def _id(self) -> ClientOrderId:
        return ClientOrderId(f"sytest-0000000a{next(self._ids):03d}")

    async def _order(
        self, quantity: str, price: Decimal, side: Side, time_in_force: TimeInForce
    ) -> ApprovedOrder:
        world = self._world
        instrument = (await world.adapter.fetch_instruments())[world.symbol]
        return approved(
            self._id(),
            symbol=world.symbol,
            side=side,
            quantity=instrument.round_quantity(Decimal(quantity)),
            price=instrument.round_limit_price(side, price),
            deadline_at=world.clock.now() + world.adapter.traits.order_deadline,
            time_in_force=time_in_force,
        )

    async def submit(self, order: ApprovedOrder) -> VenueOrderId:
        return (await self._world.adapter.submit(order)).venue_order_id

    async def look_up(self, order: ApprovedOrder) -> VenueOrder:
        (found,) = await self._world.adapter.find_orders(
            order.client_order_id, symbol=order.intent.symbol
        )
        return found
