"""The venue in memory that other tests use: held to the same contract as the real ones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.contracts.orders import approved
from tests.contracts.venue_world import Holding
from tests.support.memory_venue import MemoryVenue
from trading.clock import Clock, SystemClock
from trading.model.identifiers import Asset, ClientOrderId, Symbol
from trading.model.order import TimeInForce
from trading.venues.port import VenueAdapter


class MemoryWorld:
    """Satisfies `VenueWorld`."""

    symbol = Symbol.parse("BTC/USD")
    other = Symbol.parse("ETH/BTC")
    unlisted = Symbol.parse("NOPE/USD")

    def __init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.venue = MemoryVenue(clock=self.clock, fee=Decimal("0.0026"))
        self.adapter: VenueAdapter = self.venue
        self.venue.list_instrument(str(self.symbol), "63990", "64010")
        self.venue.list_instrument(str(self.other), "0.04", "0.05")
        for asset, amount in (("BTC", "0.5"), ("ETH", "2"), ("USD", "10000")):
            self.venue.deposit(asset, amount)

    async def holdings(self) -> Mapping[Asset, Holding]:
        account = self.venue.account
        return {
            asset: Holding(
                free=account.free.get(asset, Decimal(0)),
                locked=account.locked.get(asset, Decimal(0)),
            )
            for asset in account.totals
        }

    async def placed(self, client_order_id: ClientOrderId) -> int:
        orders = self.venue.account.orders.values()
        return sum(order.client_order_id == client_order_id for order in orders)

    async def deposit(self, asset: Asset, amount: Decimal) -> None:
        self.venue.deposit(asset, str(amount))

    async def withdraw(self, asset: Asset, amount: Decimal) -> None:
        self.venue.deposit(asset, str(-amount))

    async def rest_by_hand(self, quantity: Decimal, price: Decimal) -> None:
        order = approved(
            ClientOrderId("by-hand"),
            symbol=self.symbol,
            quantity=quantity,
            price=price,
            deadline_at=self.clock.now() + timedelta(seconds=5),
            time_in_force=TimeInForce.GTC,
        )
        orders = self.venue.account.orders
        order_id = self.venue.account.place(order)
        orders[order_id] = replace(orders[order_id], client_order_id=None)


@asynccontextmanager
async def memory_world() -> AsyncIterator[MemoryWorld]:
    """Open a venue in memory."""
    world = MemoryWorld()
    async with world.adapter:
        yield world
