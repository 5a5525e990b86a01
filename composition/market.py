"""Joins the feed of prices and books with the candles that are written down."""

from __future__ import annotations

from collections.abc import Mapping

from storage.candles import CandleRepository
from storage.database import Database
from trading.clock import Clock
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.service import MarketData
from trading.model.identifiers import VenueName
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
