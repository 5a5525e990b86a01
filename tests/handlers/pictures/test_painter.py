"""Pictures come from a child that cannot hold up, litter or outlive the bot."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from handlers.pictures.painter import ChildPainter
from handlers.pictures.specs import Look, Style
from tests.handlers.pictures.cases import crowded, profits, usual
from tests.support.processes import run
from tests.support.waiting import eventually
from trading.errors import PictureNotDrawn
from trading.intents.rebalance_model import Painter

ROOT = Path(__file__).parents[3]


def painter(folder: Path, *, child: str | None = None, seconds: float = 30.0) -> ChildPainter:
    """Return a painter; `child` is the program to run instead of the one that draws."""
    if child is None:
        return ChildPainter(directory=folder, python=sys.executable, timeout_seconds=seconds)
    fake = folder / "python"
    fake.write_text(f"#!/bin/sh\necho $$ >> {folder}/started\n{child}\n")
    fake.chmod(0o700)
    return ChildPainter(directory=folder, python=str(fake), timeout_seconds=seconds)


def children(folder: Path) -> list[int]:
    path = folder / "started"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def opened(png: bytes, folder: Path) -> Image.Image:
    path = folder / "picture.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        image.load()
        return image


async def test_a_real_child_draws_both_pictures_as_wide_as_a_phone(tmp_path: Path) -> None:
    real: Painter = painter(tmp_path)
    plan = opened(await real.rebalance(usual()), tmp_path)
    many = opened(await real.rebalance(crowded(20)), tmp_path)
    curve = opened(await real.pnl([profits()]), tmp_path)
    assert [image.format for image in (plan, many, curve)] == ["PNG"] * 3
    assert {image.width for image in (plan, many, curve)} == {1080}
    assert plan.height < curve.height < many.height < 3000


async def test_the_look_and_the_fonts_are_passed_on(tmp_path: Path) -> None:
    plain = ChildPainter(
        directory=tmp_path,
        python=sys.executable,
        timeout_seconds=30,
        style=Style(look=Look.LIGHT, fonts=("no such font",), bold_fonts=("nor this",)),
    )
    image = opened(await plain.rebalance(usual()), tmp_path).convert("RGB")
    assert image.getpixel((2, 2)) == (255, 255, 255)


async def test_a_child_that_hangs_is_answered_in_time_and_ended(tmp_path: Path) -> None:
    with pytest.raises(PictureNotDrawn, match=r"within 0\.3 s"):
        await painter(tmp_path, child="exec sleep 600", seconds=0.3).rebalance(usual())
    (pid,) = children(tmp_path)
    assert not is_alive(pid)


async def test_waiting_for_a_turn_is_part_of_the_time(tmp_path: Path) -> None:
    hung = painter(tmp_path, child="exec sleep 600", seconds=0.5)
    began = asyncio.get_running_loop().time()
    outcomes = await asyncio.gather(
        *(hung.rebalance(usual()) for _ in range(40)), return_exceptions=True
    )
    assert asyncio.get_running_loop().time() - began < 40 * 0.5
    assert [type(outcome) for outcome in outcomes] == [PictureNotDrawn] * 40
    assert not any(map(is_alive, children(tmp_path)))


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("echo 'no memory' >&2; exit 3", "no memory"),
        ("exit 1", "it said nothing"),
        ("cat > /dev/null; echo not a picture", "it said nothing"),
        ("kill -9 $$", "it said nothing"),
    ],
    ids=["complains", "silent", "no picture", "killed"],
)
async def test_a_broken_child_is_a_fault_with_its_words(
    tmp_path: Path, child: str, words: str
) -> None:
    with pytest.raises(PictureNotDrawn, match=words):
        await painter(tmp_path, child=child).rebalance(usual())


async def test_a_missing_interpreter_is_the_same_fault(tmp_path: Path) -> None:
    lost = ChildPainter(directory=tmp_path, python=str(tmp_path / "none"), timeout_seconds=5)
    with pytest.raises(PictureNotDrawn, match="cannot be started"):
        await lost.pnl([profits()])


async def test_cancelling_ends_the_child_and_frees_the_turn(tmp_path: Path) -> None:
    slow = painter(tmp_path, child="exec sleep 600", seconds=3.0)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(slow.rebalance(usual()))
        await eventually(lambda: children(tmp_path))
        first.cancel()
    assert not is_alive(children(tmp_path)[0])
    with pytest.raises(PictureNotDrawn):
        await slow.rebalance(usual())
    assert len(children(tmp_path)) == 2


async def test_one_child_at_a_time(tmp_path: Path) -> None:
    alone = f"""
mkdir {tmp_path}/busy || exit 7
cat > /dev/null
sleep 0.05
rmdir {tmp_path}/busy
printf '\\211PNG\\r\\n\\032\\n'
"""
    turns = painter(tmp_path, child=alone, seconds=30)
    pictures = await asyncio.gather(*(turns.rebalance(usual()) for _ in range(5)))
    assert len(pictures) == 5
    assert len(children(tmp_path)) == 5


async def test_the_child_sees_nothing_of_the_environment(tmp_path: Path) -> None:
    os.environ["STEELYARD_TEST_SECRET"] = "hush"
    try:
        nosy = painter(tmp_path, child=f"env > {tmp_path}/seen; exit 1")
        with pytest.raises(PictureNotDrawn):
            await nosy.rebalance(usual())
    finally:
        del os.environ["STEELYARD_TEST_SECRET"]
    assert "hush" not in (tmp_path / "seen").read_text()


async def test_the_bot_itself_never_loads_what_draws(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(f"""
import asyncio, pathlib, sys
sys.path.insert(0, {str(ROOT)!r})
from handlers.pictures.painter import ChildPainter
from tests.handlers.pictures.cases import usual
painter = ChildPainter(
    directory=pathlib.Path({str(tmp_path)!r}), python=sys.executable, timeout_seconds=30
)
picture = asyncio.run(painter.rebalance(usual()))
print(picture[1:4].decode(), "PIL" in sys.modules)
""")
    assert (await run(script)).lines == ["PNG False"]
