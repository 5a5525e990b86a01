"""Hears one venue's stream and hands each piece of news to the part that it concerns.

All that is heard is handed on at once, in the order of the wire; what takes time is done beside
it by tasks of this part. Leaving, for whatever reason, ends the proof of all that was pushed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from trading.balances.streamed import StreamedAccount
from trading.clock import Clock
from trading.errors import SteelyardError
from trading.model.fill import Fill
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Price
from trading.model.order import VenueOrder
from trading.orders.intake import OrderNews
from trading.venues.port import VenueAdapter
from trading.venues.streaming import AccountPushed
from trading.workflow.stream_watch import StreamWatch

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
"""How soon the prices of an asset that is new to the account are watched."""

PriceWishes = Callable[[VenueName], Awaitable[Collection[Symbol]]]


class PriceNews(Protocol):
    """Who hears of prices."""

    def price_pushed(self, price: Price) -> None:
        """Hear of a price; returns at once."""
        ...

    def watch(self, venue: VenueName, symbols: Collection[Symbol]) -> None:
        """Have exactly these prices pushed."""
        ...


class StreamIntake:
    """The listener of one venue; `run` is a long-lived part."""

    def __init__(
        self,
        *,
        venue: VenueAdapter,
        account: StreamedAccount,
        prices: PriceNews,
        orders: OrderNews,
        wishes: PriceWishes,
        watch: StreamWatch,
        clock: Clock,
    ) -> None:
        """Take whom to tell; `wishes` says whose prices are wanted now."""
        self._venue = venue
        self._account = account
        self._prices = prices
        self._orders = orders
        self._wishes = wishes
        self._watch = watch
        self._clock = clock

    async def run(self) -> None:
        """Keep the streams up and pass on what they tell, until cancelled."""
        self._account.opening()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._account.run())
                group.create_task(self._keep_watching())
                group.create_task(self._watch.run())
                await self._venue.run_streams(self)
                raise RuntimeError("the streams ended by themselves")
        finally:
            self.account_lost(self._venue.name, "nobody listens to the streams")

    # --- the listener ---------------------------------------------------------------------------

    def account_pushed(self, pushed: AccountPushed) -> None:
        """Hear the whole account."""
        if pushed.is_baseline:
            self._orders.reset(self._venue.name)
        self._account.pushed(pushed)

    def account_confirmed(self, venue: VenueName, at: datetime, monotonic: float) -> None:  # noqa: ARG002 - one listener hears one venue
        """Hear a sign of life."""
        self._account.confirmed(at, monotonic)

    def account_lost(self, venue: VenueName, reason: str) -> None:
        """Hear that pushed accounts prove nothing any more."""
        self._account.lost(reason)
        self._orders.reset(venue)

    def order_pushed(self, order: VenueOrder) -> None:
        """Hear of an order."""
        if order.client_order_id is not None:
            self._account.shows_order(order.client_order_id, order.filled_quantity)
        self._orders.order(order)

    def fill_pushed(self, fill: Fill) -> None:
        """Hear of a fill."""
        self._orders.fill(fill)

    def price_pushed(self, price: Price) -> None:
        """Hear of a price."""
        self._prices.price_pushed(price)

    # --- beside it ------------------------------------------------------------------------------

    async def _keep_watching(self) -> None:
        """Have the prices pushed that are wanted now."""
        watched: frozenset[Symbol] | None = None
        while True:
            try:
                wanted = frozenset(await self._wishes(self._venue.name))
            except SteelyardError as error:
                _log.info("prices to watch not known venue=%s error=%s", self._venue.name, error)
            else:
                if wanted != watched:
                    self._prices.watch(self._venue.name, wanted)
                    watched = wanted
            await self._clock.sleep(_LOOK_SECONDS)
