"""/pnl in words and as a curve: the words never wait for the picture, nor go with it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handlers.pictures.painter import ChildPainter
from tests.handlers.pictures.cases import profits
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.telegram_edge import running_edge
from tests.support.waiting import eventually
from trading.errors import PictureNotDrawn
from trading.intents.pnl import PnlPainter, PnlView
from trading.model.identifiers import VenueName

CAPTION = "Profit and loss: kraken"


@dataclass(slots=True)
class Broken:
    """Satisfies the painter and never has a picture."""

    asked: list[int] = field(default_factory=list)

    async def pnl(self, views: Sequence[PnlView]) -> bytes:
        self.asked.append(len(views))
        raise PictureNotDrawn("no picture today")


@dataclass(slots=True)
class Profits:
    """One view, and a real painter or a broken one."""

    painter: PnlPainter
    shown: int = 0

    async def show(self, venue: VenueName | None = None) -> Sequence[PnlView]:
        del venue
        self.shown += 1
        return (profits(),)

    async def picture(self, views: Sequence[PnlView]) -> bytes:
        return await self.painter.pnl(views)


@pytest.fixture
def painter(tmp_path: Path) -> ChildPainter:
    return ChildPainter(directory=tmp_path, python=sys.executable, timeout_seconds=30)


async def test_the_words_come_first_and_the_curve_after_them(
    telegram: LocalTelegram, tmp_path: Path, painter: ChildPainter
) -> None:
    async with running_edge(telegram, tmp_path, others={"pnl": Profits(painter)}):
        await telegram.say(OWNER, "/pnl")
        words = await telegram.wait_for("since the start")
        curve = await telegram.wait_for(CAPTION)
    assert words.seq < curve.seq
    assert words.message_id != curve.message_id


async def test_refreshing_brings_no_second_curve(
    telegram: LocalTelegram, tmp_path: Path, painter: ChildPainter
) -> None:
    service = Profits(painter)
    async with running_edge(telegram, tmp_path, others={"pnl": service}):
        await telegram.say(OWNER, "/pnl")
        curve = await telegram.wait_for(CAPTION)
        await telegram.press(OWNER, "↻ Refresh")
        await eventually(lambda: service.shown == 2)
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("0.1.0", after=curve.seq)
        later = [each.text for each in await telegram.transcript(OWNER, after=curve.seq)]
    assert not any(CAPTION in text for text in later)


async def test_without_a_picture_the_words_stand(telegram: LocalTelegram, tmp_path: Path) -> None:
    broken = Broken()
    async with running_edge(telegram, tmp_path, others={"pnl": Profits(broken)}):
        await telegram.say(OWNER, "/pnl")
        await telegram.wait_for("since the start")
        await eventually(lambda: broken.asked == [1])
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("0.1.0")
        shown = [each.text for each in await telegram.transcript(OWNER)]
    assert not any("broke" in text or "⚠" in text for text in shown)
