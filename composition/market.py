"""Joins the feed of prices and books with the candles that are written down, and keeps these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from storage.candles import CandleRepository
from storage.database import Database
from trading.clock import Clock
from trading.market.candle_archive import CandleArchive
from trading.market.candle_keeping import CandleKeeper
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.service import MarketData
from trading.model.identifiers import CorrelationId, Symbol, VenueName
from trading.venues.port import VenueAdapter


def build_market_data(
    feed: MarketFeed,
    *,
    venues: Mapping[VenueName, VenueAdapter],
    database: Database,
    clock: Clock,
) -> MarketData:
    """Build it; asks nothing of any venue."""
    archive = CandleArchive(store=CandleRepository(database=database))
    candles = CandleService(adapters=venues, archive=archive, clock=clock)
    return MarketData(feed=feed, candles=candles)


def build_candle_work(
    market: MarketData,
    *,
    wishes: Callable[[VenueName], Awaitable[Collection[Symbol]]],
    clock: Clock,
) -> Callable[[CorrelationId], Awaitable[str]]:
    """Build the job that keeps candles whole; what fails is in its words, not its failure."""
    keeper = CandleKeeper(
        service=market.candles, venues=market.feed.venues, wishes=wishes, clock=clock
    )

    async def work(_: CorrelationId) -> str:
        return str(await keeper.run())

    return work
