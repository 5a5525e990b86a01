"""Candles are stored once each, exactly, and come back as they were."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from storage.candles import CandleGapRow, CandleRepository, CandleRow
from storage.database import Database
from tests.support.stores import NOW, later

HOUR = NOW.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def store(database: Database) -> CandleRepository:
    return CandleRepository(database=database)


def row(place: int = 0, *, symbol: str = "BTC/USD", close: str = "0.00000001") -> CandleRow:
    return CandleRow(
        venue="kraken",
        symbol=symbol,
        interval="1h",
        opened_at=HOUR + timedelta(hours=place),
        open=Decimal("40000.10"),
        high=Decimal("123456789012.12345678"),
        low=Decimal("0.00000001"),
        close=Decimal(close),
        volume=Decimal(0),
    )


async def stored(store: CandleRepository, *symbols: str) -> tuple[CandleRow, ...]:
    return await store.since("kraken", symbols or ("BTC/USD",), "1h", HOUR)


async def test_candles_come_back_exactly_and_oldest_first(store: CandleRepository) -> None:
    await store.add([row(2), row(0), row(1)])
    found = await stored(store)
    assert found == (row(0), row(1), row(2))
    assert str(found[0].open) == "40000.10"
    assert await store.opened_since("kraken", ("BTC/USD",), "1h", HOUR) == tuple(
        ("BTC/USD", each.opened_at) for each in found
    )


async def test_a_candle_is_there_once_and_the_venues_last_word_stands(
    store: CandleRepository,
) -> None:
    await store.add([row()])
    await store.add([row(close="7"), row(1)])
    assert await stored(store) == (row(close="7"), row(1))


async def test_series_do_not_mix(store: CandleRepository) -> None:
    other = row(symbol="ETH/USD")
    await store.add([row(), other, replace(row(), venue="binance"), replace(row(), interval="1d")])
    assert await stored(store) == (row(),)
    assert await stored(store, "ETH/USD", "BTC/USD", "XYZ/USD") == (row(), other)


async def test_what_opened_before_is_left_out(store: CandleRepository) -> None:
    await store.add([row(-1), row(0)])
    assert await stored(store) == (row(0),)


async def test_gaps_are_kept_once_with_their_latest_end(store: CandleRepository) -> None:
    gap = CandleGapRow(
        venue="kraken",
        symbol="BTC/USD",
        interval="1h",
        start_at=HOUR,
        end_at=later(7200),
        reason="no trades",
    )
    longer = replace(gap, end_at=later(10_800), reason="out of reach")
    await store.add([], [gap])
    await store.add([], [longer])
    assert await store.gaps_since("kraken", ("BTC/USD",), "1h", HOUR) == (longer,)
    assert await store.gaps_since("kraken", ("BTC/USD",), "1h", later(10_800)) == ()
