"""Many symbols at once on the wire: prices in one call, books and candles side by side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.candles import CandleRepository
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.stores import open_database
from trading.clock import SystemClock
from trading.errors import PriceError, PriceFault
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.service import MarketData, MarketWish
from trading.model.candles import CandleInterval, CandleSeries, GapReason
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, Price
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.rate_limit import CallBudget

KRAKEN = VenueName("kraken")
SYMBOLS = tuple(Symbol.parse(f"TOY{number:03}/USD") for number in range(12))
NOPE = Symbol.parse("NOPE/USD")
MINUTE = CandleInterval.MINUTE


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    pairs = tuple(map(str, SYMBOLS))
    async with running_local_kraken(tmp_path / "venue", pairs=pairs, speed=1.0) as running:
        yield running


@pytest.fixture
async def market(kraken: LocalKraken, tmp_path: Path) -> AsyncIterator[MarketData]:
    clock = SystemClock()
    settings = KrakenSettings(
        rest_url=kraken.rest_url,
        public_budget=CallBudget(ceiling=6, decay_per_second=200, headroom=1),
    )
    async with (
        open_database(tmp_path) as database,
        KrakenAdapter(
            name=KRAKEN, settings=settings, clock=clock, nonce_directory=tmp_path / "nonce"
        ) as adapter,
    ):
        archive = CandleArchive(store=CandleRepository(database=database))
        yield MarketData(
            feed=MarketFeed(adapters={KRAKEN: adapter}, clock=clock),
            candles=CandleService(adapters={KRAKEN: adapter}, archive=archive, clock=clock),
        )


async def test_twelve_symbols_and_a_bad_one_at_once_under_a_small_call_limit(
    market: MarketData,
) -> None:
    wish = MarketWish(books=True, interval=MINUTE, count=30)
    found = await market.gather(KRAKEN, (*SYMBOLS, NOPE), wish)
    assert list(found) == [*SYMBOLS, NOPE]
    for symbol in SYMBOLS:
        one = found[symbol]
        assert one.problem is None
        assert isinstance(one.price, Price)
        assert isinstance(one.book, Book)
        assert isinstance(one.candles, CandleSeries)
        assert one.price.spread_fraction is not None
        assert one.candles.candles[-1].is_closed is False
        assert len(one.candles.candles) == 30
    bad = found[NOPE].problem
    assert isinstance(bad, PriceError)
    assert bad.fault is PriceFault.UNLISTED


async def test_krakens_reach_ends_after_720_candles_and_that_is_said(market: MarketData) -> None:
    series = await market.candles.series(KRAKEN, SYMBOLS[0], MINUTE, count=1000)
    assert 700 <= len(series.candles) <= 720
    assert [gap.reason for gap in series.gaps] == [GapReason.OUT_OF_REACH]
    assert series.gaps[0].end == series.candles[0].opened_at
    kept = await market.candles.stored(
        KRAKEN, (SYMBOLS[0],), MINUTE, start=series.candles[0].opened_at
    )
    assert kept[SYMBOLS[0]].closed == series.closed
