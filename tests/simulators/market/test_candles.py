"""Recorded candles are read whole, walked in order, and held still over their gaps."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.market.candles import (
    Candle,
    CandleFileError,
    Recording,
    candle_files,
    read_candles,
)
from simulators.market.sources import RecordedPrices
from simulators.market.values import InstrumentShape
from tests.support.shared import shared

START = datetime(2018, 1, 10, tzinfo=UTC)
HEADER = "time,open,high,low,close,volume\n"
FIVE_MINUTES = 300


def candle(minute: int, *prices: str) -> Candle:
    opened, high, low, close = map(Decimal, prices)
    return Candle(
        start=START + timedelta(minutes=minute),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=Decimal(1),
    )


def recording(*candles: Candle) -> Recording:
    return Recording(candles=candles, seconds=FIVE_MINUTES, origin=START)


def shape(symbol: str, tick: str) -> InstrumentShape:
    return InstrumentShape(
        symbol=symbol,
        tick_size=Decimal(tick),
        start_price=Decimal(1),
        volatility=0.0001,
        level_notional=Decimal("0.1"),
    )


WALKED = (
    *((-1, "10"), (0, "10"), (50, "13"), (100, "16"), (150, "10"), (200, "4"), (250, "6")),
    *((300, "9"), (350, "10.5"), (400, "12"), (500, "9"), (600, "12"), (9999, "12")),
)
TWO = (candle(0, "10", "16", "4", "8"), candle(5, "9", "12", "9", "12"))


@pytest.mark.parametrize(("seconds", "price"), WALKED)
def test_a_candle_is_walked_from_open_to_high_to_low_to_close(seconds: int, price: str) -> None:
    assert recording(*TWO).price_at(seconds) == Decimal(price)


def test_over_a_gap_the_price_stands_still() -> None:
    gap = recording(candle(0, "10", "16", "4", "8"), candle(15, "9", "12", "9", "12"))
    assert [gap.price_at(seconds) for seconds in (300, 500, 899, 900)] == [
        Decimal(price) for price in ("8", "8", "8", "9")
    ]


def test_the_turns_inside_a_step_are_told() -> None:
    assert recording(*TWO).turns_between(0, 250) == [Decimal(16), Decimal(4)]


def test_of_many_turns_the_extremes_are_told_in_their_order() -> None:
    assert recording(*TWO).turns_between(-1, 700) == [Decimal(16), Decimal(4)]


def test_a_resumed_recording_goes_on_where_it_stood() -> None:
    eth = shape("ETH/BTC", "0.01")
    whole = RecordedPrices(shape=eth, recording=recording(*TWO))
    first = RecordedPrices(shape=eth, recording=recording(*TWO))
    first.set_price(Decimal(20))
    whole.set_price(Decimal(20))
    first.advance(130)
    resumed = RecordedPrices(shape=eth, recording=recording(*TWO), position=first.position)
    whole.advance(130)
    assert resumed.price == whole.price
    assert list(resumed.advance(90)) == list(whole.advance(90))


@settings(deadline=None)
@given(
    prices=st.lists(st.integers(min_value=1, max_value=10**6), min_size=4, max_size=4),
    elapsed=st.floats(min_value=0, max_value=400),
)
def test_a_price_never_leaves_its_candle(prices: list[int], elapsed: float) -> None:
    low, *middle, high = sorted(prices)
    one = recording(candle(0, str(middle[0]), str(high), str(low), str(middle[1])))
    assert low <= one.price_at(elapsed) <= high


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("time,open\n", "first line", id="columns"),
        pytest.param(f"{HEADER}2018-01-10T00:00:00Z,1,2,x,1,1\n", ":2:", id="not-a-number"),
        pytest.param(f"{HEADER}2018-01-10T00:00:00,1,2,1,1,1\n", "zone", id="no-zone"),
        pytest.param(
            f"{HEADER}2018-01-10T00:05:00Z,1,2,1,1,1\n2018-01-10T00:00:00Z,1,2,1,1,1\n",
            ":3:",
            id="back-in-time",
        ),
        pytest.param(f"{HEADER}2018-01-10T00:00:00Z,1\n", ":2:", id="short-row"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "ETH-BTC_5m_2018-01.csv"
    path.write_text(text)
    with pytest.raises(CandleFileError, match=complaint):
        read_candles(path)


def test_an_empty_recording_is_refused() -> None:
    with pytest.raises(CandleFileError, match="at least one"):
        recording()


def test_the_finest_interval_of_a_symbol_is_played(tmp_path: Path) -> None:
    for name in ("BTC-USD_1d_2015.csv", "BTC-USD_1m_2020-01-01.csv", "notes.csv", "A-B_x_1.csv"):
        (tmp_path / name).write_text(HEADER)
    found = candle_files(tmp_path)
    assert {symbol: file.seconds for symbol, file in found.items()} == {"BTC/USD": 60}


def test_recorded_files_are_played_on_the_tick_through_their_gaps() -> None:
    files = candle_files(shared("data", "candles"))
    ticks = {"ETH/BTC": "0.00001", "LTC/BTC": "0.000001", "DASH/BTC": "0.000001"}
    for symbol, tick in ticks.items():
        candles = read_candles(files[symbol].path)
        played = Recording(candles=candles, seconds=300, origin=candles[0].start)
        source = RecordedPrices(shape=shape(symbol, tick), recording=played)
        seen = [price for _ in range(2000) for price in source.advance(900.0)]
        assert source.is_over
        assert all(price % Decimal(tick) == 0 for price in seen)
        room = 2 * Decimal(tick)
        lowest = min(row.low for row in candles)
        assert lowest - room <= min(seen) <= lowest + 50 * room
        assert max(seen) <= max(row.high for row in candles) + room
        assert abs(source.price - candles[-1].close) <= room
