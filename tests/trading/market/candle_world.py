"""A venue in memory that has candles, a store on a real file, and the service between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from storage.candles import CandleRepository
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.stores import open_database
from tests.trading.market.candle_values import MINUTE, candle
from trading.errors import VenueRejected
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.model.candles import CandleInterval, CandleSeries
from trading.model.identifiers import Symbol
from trading.model.market_data import Candle
from trading.venues.port import VenueTraits


class CandleVenue(MemoryVenue):
    """Answers from `history` by symbol; a running candle is made from the clock.

    `reach` is how far back it goes; None: all of it.
    """

    def __init__(self, *, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self.history: dict[Symbol, dict[datetime, Candle]] = {}
        self.reach: int | None = None
        self.asked: list[tuple[Symbol, datetime]] = []

    def keep(self, *candles: Candle) -> None:
        for each in candles:
            self.history.setdefault(each.symbol, {})[each.opened_at] = each

    @property
    def traits(self) -> VenueTraits:
        return replace(super().traits, candle_reach=self.reach)

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        self.asked.append((symbol, since))
        await self._enter("fetch_candles")
        if symbol not in self.history:
            raise VenueRejected(self._name, f"unknown symbol {symbol}")
        now = self._clock.now()
        shown = [
            replace(each, is_closed=at + interval <= now)
            for at, each in sorted(self.history[symbol].items())
            if at <= now
        ]
        if self.reach is not None:
            shown = shown[-self.reach :]
        return tuple(each for each in shown if each.opened_at >= since)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleWorld:
    clock: FakeClock
    venue: CandleVenue
    store: CandleRepository
    service: CandleService

    async def last(
        self, symbol: Symbol, count: int, interval: CandleInterval = MINUTE
    ) -> CandleSeries:
        return await self.service.series(self.venue.name, symbol, interval, count=count)

    def restarted(self) -> CandleService:
        """Return the service of a process that has just begun: nothing in memory."""
        return service_over(self.venue, self.store, self.clock)


def service_over(venue: CandleVenue, store: CandleRepository, clock: FakeClock) -> CandleService:
    return CandleService(
        adapters={venue.name: venue}, archive=CandleArchive(store=store), clock=clock
    )


@asynccontextmanager
async def candle_world(tmp_path: Path) -> AsyncIterator[CandleWorld]:
    clock = FakeClock()
    venue = CandleVenue(clock=clock)
    async with open_database(tmp_path) as database:
        store = CandleRepository(database=database)
        yield CandleWorld(
            clock=clock, venue=venue, store=store, service=service_over(venue, store, clock)
        )


def opened(series: CandleSeries) -> list[datetime]:
    return [each.opened_at for each in series.candles]


def traded(world: CandleWorld, symbol: Symbol, *places: int) -> None:
    """Have the venue keep candles at these places, counted from the running one."""
    world.venue.keep(*(candle(place, symbol=symbol) for place in places))
