"""Has risk looked at as soon as prices have moved far, without waiting for the next round."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.model.identifiers import Asset, VenueName
from trading.risk.performance import Reading

_EVERY_SECONDS = 2.0
_PAUSE_SECONDS = 10.0
"""Between looks for this reason: a venue that cannot be judged is not asked without end."""
_FAR = Decimal("0.01")


class Watch(Protocol):
    """What is asked of the risk watch."""

    def reading(self, venue: VenueName) -> Reading | None: ...
    async def look_at(self, venue: VenueName) -> object: ...


class KnownPrices(Protocol):
    """What is asked of the pricing."""

    def known(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal]:
        """Return the fresh prices among what is in memory; asks nobody."""
        ...


class PriceAlarm:
    """A long-lived part; it hears what streams push, and costs no request of its own."""

    def __init__(
        self,
        *,
        venues: Collection[VenueName],
        watch: Watch,
        prices: KnownPrices,
        clock: Clock,
    ) -> None:
        """Take whom to watch and whom to wake."""
        self._venues = tuple(venues)
        self._watch = watch
        self._prices = prices
        self._clock = clock
        self._looked: dict[VenueName, float] = {}

    async def run(self) -> None:
        """Compare, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for venue in self._venues:
                group.create_task(self._watch_at(venue))
            await asyncio.get_running_loop().create_future()

    async def _watch_at(self, venue: VenueName) -> None:
        """Compare one venue; looking at it may take its time, which delays no other."""
        while True:
            await self._clock.sleep(_EVERY_SECONDS)
            if self._is_rested(venue) and self.has_moved(venue):
                self._looked[venue] = self._clock.monotonic()
                await self._watch.look_at(venue)

    def has_moved(self, venue: VenueName) -> bool:
        """True when what was held at the last judgement is worth far more or less by now."""
        reading = self._watch.reading(venue)
        if reading is None or not reading.nav:
            return False
        prices = self._prices.known(venue, reading.holdings.keys(), reading.base)
        if reading.holdings.keys() - prices.keys():
            return False
        value = sum(
            (holding.total * prices[asset] for asset, holding in reading.holdings.items()),
            Decimal(0),
        )
        return abs(value / reading.nav - 1) >= _FAR

    def _is_rested(self, venue: VenueName) -> bool:
        looked = self._looked.get(venue)
        return looked is None or self._clock.monotonic() - looked >= _PAUSE_SECONDS
