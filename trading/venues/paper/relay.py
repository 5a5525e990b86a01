"""Lets a venue's prices through to the listener, and nothing about an account."""

from __future__ import annotations

from datetime import datetime

from trading.model.fill import Fill
from trading.model.identifiers import VenueName
from trading.model.market_data import Price
from trading.model.order import VenueOrder
from trading.venues.streaming import AccountPushed, StreamListener


class PricesOnly:
    """Satisfies `trading.venues.streaming.StreamListener`."""

    def __init__(self, listener: StreamListener) -> None:
        """Pass prices on to `listener`."""
        self._listener = listener

    def account_pushed(self, pushed: AccountPushed) -> None:
        """Ignore it: the account is elsewhere."""

    def account_confirmed(self, venue: VenueName, at: datetime, monotonic: float) -> None:
        """Ignore it."""

    def account_lost(self, venue: VenueName, reason: str) -> None:
        """Ignore it."""

    def order_pushed(self, order: VenueOrder) -> None:
        """Ignore it."""

    def fill_pushed(self, fill: Fill) -> None:
        """Ignore it."""

    def price_pushed(self, price: Price) -> None:
        """Pass it on."""
        self._listener.price_pushed(price)
