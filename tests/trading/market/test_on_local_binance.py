"""The same on Binance's wire: one service, whatever the venue."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.candles import CandleRepository
from tests.support.local_binance import running_local_binance
from tests.support.stores import open_database
from trading.clock import SystemClock
from trading.errors import PriceError, PriceFault
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.service import MarketData, MarketWish
from trading.model.candles import CandleInterval, CandleSeries
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, Price
from trading.venues.binance.adapter import BinanceAdapter
from trading.venues.binance.settings import BinanceSettings

BINANCE = VenueName("binance")
SYMBOLS = tuple(Symbol.parse(f"{base}/USDT") for base in ("BTC", "ETH", "SOL", "ADA", "DOGE"))
NOPE = Symbol.parse("NOPE/USDT")
MINUTE = CandleInterval.MINUTE


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[MarketData]:
    clock = SystemClock()
    async with (
        running_local_binance(tmp_path / "venue", speed=1.0) as binance,
        open_database(tmp_path) as database,
        BinanceAdapter(
            name=BINANCE, settings=BinanceSettings(rest_url=binance.rest_url), clock=clock
        ) as adapter,
    ):
        archive = CandleArchive(store=CandleRepository(database=database))
        yield MarketData(
            feed=MarketFeed(adapters={BINANCE: adapter}, clock=clock),
            candles=CandleService(adapters={BINANCE: adapter}, archive=archive, clock=clock),
        )


async def test_many_symbols_and_a_bad_one_at_once(market: MarketData) -> None:
    wish = MarketWish(books=True, interval=MINUTE, count=30)
    found = await market.gather(BINANCE, (*SYMBOLS, NOPE), wish)
    for symbol in SYMBOLS:
        one = found[symbol]
        assert one.problem is None
        assert isinstance(one.price, Price)
        assert isinstance(one.book, Book)
        assert isinstance(one.candles, CandleSeries)
        assert one.price.spread_fraction is not None
        assert len(one.candles.closed) >= 28
        assert one.candles.gaps == ()
    bad = found[NOPE].problem
    assert isinstance(bad, PriceError)
    assert bad.fault is PriceFault.UNLISTED
