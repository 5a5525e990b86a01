"""Real candles, with the gaps that real markets have, pass, are kept exactly, and are drawn."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.pictures.draw import draw
from handlers.pictures.market import describe_candles
from handlers.pictures.specs import Look, Style, encode
from storage.candles import CandleRepository
from tests.support.shared import shared
from tests.support.stores import open_database
from trading.intents.chart import ChartView, as_csv
from trading.market.candle_archive import CandleArchive, Kept
from trading.market.candle_checks import check_candles, find_gaps
from trading.model.candles import CandleInterval, CandleSeries, CandleSource
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Candle

VENUE = VenueName("real")
FILES = {
    "ADA-BTC_5m_2018-01.csv": CandleInterval.FIVE_MINUTES,
    "BTC-USD_1m_2020-01-01.csv": CandleInterval.MINUTE,
    "BTC-USDT_1d_2020.csv": CandleInterval.DAY,
}
MOST = 2000


def read(name: str) -> tuple[Candle, ...]:
    symbol = Symbol.parse(name.partition("_")[0].replace("-", "/"))
    with (shared("data") / "candles" / name).open(newline="") as file:
        rows = list(csv.DictReader(file))[:MOST]
    return tuple(
        Candle(
            symbol=symbol,
            opened_at=_utc(row["time"]),
            open=Decimal(row["open"]),
            high=Decimal(row["high"]),
            low=Decimal(row["low"]),
            close=Decimal(row["close"]),
            volume=Decimal(row["volume"]),
        )
        for row in rows
    )


def _utc(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


@pytest.mark.parametrize(("name", "interval"), FILES.items(), ids=FILES.keys())
async def test_they_pass_and_come_back_digit_for_digit(
    tmp_path: Path, name: str, interval: CandleInterval
) -> None:
    candles = read(name)
    symbol, first, end = candles[0].symbol, candles[0].opened_at, candles[-1].opened_at
    now = end + timedelta(days=2)
    check_candles(candles, venue=VENUE, symbol=symbol, interval=interval, now=now)
    opened = [candle.opened_at for candle in candles]
    gaps = find_gaps(opened, interval=interval, start=first, end=end + interval.length)
    missing = sum(gap.count(interval) for gap in gaps)
    assert missing + len(candles) == (end - first) // interval.length + 1
    async with open_database(tmp_path) as database:
        archive = CandleArchive(store=CandleRepository(database=database))
        await archive.save(VENUE, interval, {symbol: Kept(candles=candles, gaps=gaps)})
        kept = (await archive.load(VENUE, (symbol,), interval, start=first))[symbol]
    assert as_csv(kept.candles) == as_csv(candles)
    assert kept.gaps == gaps


@pytest.mark.parametrize("look", list(Look))
def test_they_are_drawn(look: Look) -> None:
    candles = read("ADA-BTC_5m_2018-01.csv")[:90]
    series = CandleSeries(
        venue=VENUE,
        symbol=candles[0].symbol,
        interval=CandleInterval.FIVE_MINUTES,
        candles=candles,
        gaps=(),
        source=CandleSource.EXCHANGE,
        as_of=candles[-1].opened_at,
        as_of_monotonic=0.0,
    )
    view = ChartView(
        series=series, fills=(), price=None, problem=None, age_seconds=1.0, at=series.as_of
    )
    picture = draw(encode(describe_candles(view, zone=UTC), Style(look=look)))
    assert picture.startswith(b"\x89PNG")
