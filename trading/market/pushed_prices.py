"""The prices that a venue's stream pushed last, and how long each of them stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from trading.clock import Clock
from trading.market.price_checks import PriceLimits, check_age
from trading.model.identifiers import Symbol
from trading.model.market_data import Price
from trading.venues.port import VenueAdapter

_SETTLING = timedelta(seconds=10)
"""The first prices of a stream may come a little before it is called live."""


class PushedPrices:
    """One venue's; a price that was asked for since it was pushed has taken its place."""

    def __init__(self, *, adapter: VenueAdapter, clock: Clock, limits: PriceLimits) -> None:
        """Start with nothing watched."""
        self._adapter = adapter
        self._clock = clock
        self._limits = limits
        self._last: dict[Symbol, Price] = {}
        self._asked: set[Symbol] = set()
        """Whose last price was asked for, not pushed."""
        self.watched: frozenset[Symbol] = frozenset()
        """Whose prices are to be pushed."""

    def watch(self, symbols: Collection[Symbol]) -> None:
        """Have exactly these pushed; what was pushed of others stands no more."""
        self.watched = frozenset(symbols)
        self._adapter.watch_prices(symbols)
        self._last = {each: price for each, price in self._last.items() if each in self.watched}

    def take(self, price: Price) -> None:
        """Keep a price that was pushed."""
        self._last[price.symbol] = price
        self._asked.discard(price.symbol)

    def was_pushed(self, price: Price) -> bool:
        """Tell whether it is the last word of the stream itself."""
        return self._last.get(price.symbol) is price and price.symbol not in self._asked

    def replace(self, price: Price) -> None:
        """Keep a price that was asked for, if the stream goes on from there."""
        if price.symbol in self._last:
            self._last[price.symbol] = price
            self._asked.add(price.symbol)

    def is_fresh(self, price: Price) -> bool:
        """Tell whether it comes from a stream that is live, and keeps to the limit of age."""
        is_pushed = self._last.get(price.symbol) is price
        is_young = check_age(price, self._clock.monotonic(), self._limits) is None
        return is_pushed and is_young and self._live_since() is not None

    def still_stands(self, price: Price) -> bool:
        """Tell whether it is the last word of a live stream, however old; it ends some time."""
        since = self._live_since() if self._last.get(price.symbol) is price else None
        age = self._clock.monotonic() - price.as_of_monotonic
        is_of_this_stream = since is not None and price.as_of >= since - _SETTLING
        return is_of_this_stream and age <= self._limits.quiet_seconds

    def _live_since(self) -> datetime | None:
        for stream in self._adapter.stream_status():
            if stream.name == "public" and stream.is_live:
                return stream.since
        return None
