"""The picture of a market: nothing but text and numbers goes to the child, and it draws them."""

import io
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handlers.pictures.draw import draw
from handlers.pictures.market import describe_candles
from handlers.pictures.painter import ChildPainter
from handlers.pictures.specs import Look, Sign, Style, decode, encode
from tests.support.charted import chart_view, fill
from trading.intents.chart import ChartView
from trading.model.candles import CandleInterval
from trading.model.instrument import Side

HOUR = CandleInterval.HOUR


def drawn(view: ChartView, look: Look = Look.DARK) -> Image.Image:
    png = draw(encode(describe_candles(view, zone=UTC), Style(look=look)))
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_what_the_child_reads_is_what_was_described() -> None:
    chart = describe_candles(chart_view(missing=(7, 8)), zone=UTC)
    assert decode(encode(chart, Style(look=Look.LIGHT))) == (chart, Style(look=Look.LIGHT))


def test_fills_of_one_order_in_one_candle_are_one_mark_at_their_average_price() -> None:
    first = replace(fill(5, Side.BUY, HOUR), price=Decimal(100), quantity=Decimal(1))
    more = replace(first, price=Decimal(200), quantity=Decimal(3))
    other = fill(5, Side.SELL, HOUR, "O-2")
    late = replace(more, executed_at=more.executed_at + timedelta(hours=2))
    chart = describe_candles(chart_view(fills=(first, more, other, late)), zone=UTC)
    assert [(mark.price, mark.sign) for mark in chart.marks] == [
        ("175", Sign.UP),
        (f"{other.price:f}", Sign.DOWN),
        ("200", Sign.UP),
    ]
    assert chart.legend == ((Sign.UP, "bought 2x"), (Sign.DOWN, "sold 1x"))


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")])
@pytest.mark.parametrize("interval", list(CandleInterval))
def test_a_few_times_are_written_in_any_zone(interval: CandleInterval, zone: ZoneInfo) -> None:
    chart = describe_candles(chart_view(interval, count=90), zone=zone)
    assert 2 <= len(chart.times) <= 6
    assert all(one[1] != other[1] for one, other in pairwise(chart.times))


def test_what_is_missing_or_stored_is_said_under_the_picture() -> None:
    chart = describe_candles(chart_view(missing=(3, 4), problem="kraken: down"), zone=UTC)
    assert chart.footer == (
        "stored candles of kraken: the newest ended 2 s ago",
        "missing candles: 2 the venue has none",
    )


@pytest.mark.parametrize(
    ("look", "background"), [(Look.DARK, (16, 22, 29)), (Look.LIGHT, (255, 255, 255))]
)
def test_both_looks_show_candles_marks_and_the_last_price(
    look: Look, background: tuple[int, int, int]
) -> None:
    image = drawn(chart_view(), look)
    colours = {colour for _, colour in image.getcolors(1_000_000) or ()}
    assert image.width == 1080
    assert image.crop((0, 0, 4, 4)).getcolors() == [(16, background)]
    bare = drawn(chart_view(fills=()), look)
    assert len(colours) > 20
    assert image.height > bare.height, "the marks have their legend"


@settings(max_examples=10, deadline=None)
@given(
    closes=st.lists(
        st.decimals("0.00000001", "1e12", places=8, allow_nan=False), min_size=1, max_size=20
    ),
    volume=st.decimals(0, "1e15", places=2, allow_nan=False),
)
def test_any_prices_can_be_drawn(closes: list[Decimal], volume: Decimal) -> None:
    view = chart_view(fills=(), count=len(closes))
    candles = tuple(
        replace(each, open=close, high=close, low=close, close=close, volume=volume)
        for each, close in zip(view.series.candles, closes, strict=True)
    )
    assert drawn(replace(view, series=replace(view.series, candles=candles))).width == 1080


async def test_a_real_child_draws_it(tmp_path: Path) -> None:
    painter = ChildPainter(directory=tmp_path, python=sys.executable, timeout_seconds=30)
    assert (await painter.candles(chart_view())).startswith(b"\x89PNG")
