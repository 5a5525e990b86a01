"""/chart as a picture that is refreshed in place, and its candles as a file."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handlers.pictures.painter import ChildPainter
from tests.support.charted import BTC_USD, candle_file, chart_view
from tests.support.local_telegram import OWNER, VIEWER, LocalTelegram
from tests.support.telegram_edge import running_edge
from tests.support.waiting import eventually
from trading.errors import PictureNotDrawn, PriceError
from trading.intents.chart import CandleFile, CandleWish, ChartPainter, ChartView
from trading.model.candles import CandleInterval
from trading.model.identifiers import VenueName


@dataclass(slots=True)
class Charts:
    """Views of a made-up market, and a real painter or a broken one."""

    painter: ChartPainter
    wishes: list[CandleWish] = field(default_factory=list)

    async def show(self, wish: CandleWish) -> ChartView:
        self.wishes.append(wish)
        if wish.name == "nope":
            raise PriceError("kraken does not list NOPE")
        return chart_view(wish.interval)

    async def picture(self, view: ChartView) -> bytes:
        return await self.painter.candles(view)

    async def export(self, wish: CandleWish) -> CandleFile:
        self.wishes.append(wish)
        return candle_file()


class Broken:
    async def candles(self, view: ChartView) -> bytes:
        raise PictureNotDrawn(f"no picture of {view.series.symbol} today")


@pytest.fixture
def charts(tmp_path: Path) -> Charts:
    return Charts(ChildPainter(directory=tmp_path, python=sys.executable, timeout_seconds=30))


async def test_a_chart_is_a_picture_whose_buttons_change_it_in_place(
    telegram: LocalTelegram, tmp_path: Path, charts: Charts
) -> None:
    async with running_edge(telegram, tmp_path, others={"charts": charts}):
        await telegram.say(VIEWER, "/chart btc")
        shown = await telegram.wait_for("BTC/USD", chat_id=VIEWER)
        assert "1h candles" in shown.text
        assert "2 of our fills are marked." in shown.text
        assert "candles of kraken, asked 2 s ago" in shown.text
        assert shown.buttons[1][0] == "• 1h"
        await telegram.press(VIEWER, "5m")
        changed = await telegram.wait_for("5m candles", chat_id=VIEWER, after=shown.seq)
        assert changed.message_id == shown.message_id
        await telegram.press(VIEWER, "↻ Refresh")
        await eventually(lambda: len(charts.wishes) == 3)
        messages = await telegram.transcript(VIEWER)
    assert {each.message_id for each in messages if "candles" in each.text} == {shown.message_id}
    assert [wish.interval.value for wish in charts.wishes] == ["1h", "5m", "5m"]
    assert charts.wishes[1] == CandleWish(
        name=str(BTC_USD), interval=CandleInterval.FIVE_MINUTES, venue=VenueName("kraken")
    )


async def test_the_file_comes_beside_the_picture(
    telegram: LocalTelegram, tmp_path: Path, charts: Charts
) -> None:
    async with running_edge(telegram, tmp_path, others={"charts": charts}):
        await telegram.say(OWNER, "/chart BTC/USD 4h kraken")
        picture = await telegram.wait_for("4h candles")
        await telegram.press(OWNER, "⬇ CSV")
        file = await telegram.wait_for("39 closed ones", after=picture.seq)
    assert file.message_id != picture.message_id
    assert "times in the file are UTC" in file.text
    assert charts.wishes[1].interval is CandleInterval.FOUR_HOURS


async def test_without_a_picture_the_words_stand(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path, others={"charts": Charts(Broken())}):
        await telegram.say(OWNER, "/chart btc")
        shown = await telegram.wait_for("1h candles")
        await telegram.press(OWNER, "1d")
        changed = await telegram.wait_for("1d candles", after=shown.seq)
    assert changed.message_id == shown.message_id


async def test_a_market_that_there_is_not_is_named(
    telegram: LocalTelegram, tmp_path: Path, charts: Charts
) -> None:
    async with running_edge(telegram, tmp_path, others={"charts": charts}):
        await telegram.say(OWNER, "/chart nope")
        await telegram.wait_for("kraken does not list NOPE")
