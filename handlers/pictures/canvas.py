"""A sheet to draw on, 360 units wide like a phone, and its colours and fonts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from handlers.pictures.specs import Look, Sign, Style

WIDTH = 360.0
MARGIN = 14.0
PIXELS_A_UNIT = 3
_FINER = 2
"""Drawn so many times finer and then reduced: Pillow's own edges are rough."""
_SMALLEST_TEXT = 7.0

_PLAIN = str.maketrans({"−": "-", "–": "-", "…": "..."})
"""What the font that Pillow brings along has no signs for."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    font: Font
    is_last_resort: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """What each thing is drawn in."""

    background: str
    raised: str
    text: str
    muted: str
    line: str
    before: str
    after: str
    band: str
    edge: str
    target: str
    up: str
    down: str

    def of(self, sign: Sign) -> str:
        """Return the colour of a figure."""
        return {Sign.UP: self.up, Sign.DOWN: self.down, Sign.NONE: self.muted}[sign]


COLOURS: Mapping[Look, Colours] = {
    Look.DARK: Colours(
        background="#10161d",
        raised="#18212b",
        text="#e9eef3",
        muted="#93a1b1",
        line="#27323e",
        before="#5d6c80",
        after="#4db6a6",
        band="#2a4762",
        edge="#7fa6c9",
        target="#f0c35a",
        up="#74cf9a",
        down="#ee9a80",
    ),
    Look.LIGHT: Colours(
        background="#ffffff",
        raised="#f3f6f9",
        text="#18212c",
        muted="#5c6978",
        line="#dfe5ec",
        before="#aab6c4",
        after="#2a9a8c",
        band="#cfe2f4",
        edge="#5d8fbd",
        target="#b26a00",
        up="#23804f",
        down="#bd4a2c",
    ),
}


class Canvas:
    """Units in, PNG out; y grows downwards and text stands on its base line."""

    def __init__(self, *, height: float, style: Style) -> None:
        """Take a sheet of so many units."""
        self.colours = COLOURS[style.look]
        self._style = style
        self._scale = PIXELS_A_UNIT * _FINER
        size = (round(WIDTH) * self._scale, round(height) * self._scale)
        self._image = Image.new("RGB", size, self.colours.background)
        self._draw = ImageDraw.Draw(self._image)
        self._faces: dict[tuple[int, bool], _Face] = {}

    def box(self, start: Point, end: Point, colour: str, *, radius: float = 0.0) -> None:
        """Fill a rectangle."""
        (left, top), (right, bottom) = self._at(start), self._at(end)
        if right <= left or bottom <= top:
            return
        self._draw.rounded_rectangle(
            (left, top, right - 1, bottom - 1), radius=radius * self._scale, fill=colour
        )

    def line(self, points: Sequence[Point], colour: str, *, width: float = 1.0) -> None:
        """Draw through all points."""
        pixels = max(1, round(width * self._scale))
        self._draw.line([self._at(point) for point in points], colour, pixels, joint="curve")

    def dashes(self, start: Point, end: Point, colour: str, *, width: float = 1.0) -> None:
        """Draw a dashed line."""
        (left, top), (right, bottom) = start, end
        length = max(abs(right - left), abs(bottom - top))
        steps = max(1, round(length / 2.5))
        for step in range(0, steps, 2):
            here, there = step / steps, min(1.0, (step + 1) / steps)
            piece = [
                (left + (right - left) * share, top + (bottom - top) * share)
                for share in (here, there)
            ]
            self.line(piece, colour, width=width)

    def area(self, points: Sequence[Point], colour: str, *, strength: float) -> None:
        """Fill a polygon with the colour laid thinly over the background."""
        mixed = Image.blend(
            Image.new("RGB", (1, 1), self.colours.background),
            Image.new("RGB", (1, 1), colour),
            strength,
        ).getpixel((0, 0))
        self._draw.polygon([self._at(point) for point in points], fill=mixed)

    def dot(self, centre: Point, colour: str, *, radius: float, hollow: bool = False) -> None:
        """Draw a disc or a ring, set off from what lies under it."""
        x, y = centre
        edge = radius + 1.2
        rings = [(edge, self.colours.background), (radius, colour)]
        if hollow:
            rings.append((radius - 1.3, self.colours.background))
        for size, fill in rings:
            self._draw.ellipse(
                (*self._at((x - size, y - size)), *self._at((x + size, y + size))), fill=fill
            )

    def text(
        self,
        place: Point,
        words: str,
        *,
        size: float,
        colour: str,
        bold: bool = False,
        right: bool = False,
        room: float | None = None,
    ) -> float:
        """Write one line, smaller or shortened where the room asks for it; return its width."""
        size, words = self._fitted(words, size, bold=bold, room=room)
        face, words = self._set(words, size, bold=bold)
        self._draw.text(self._at(place), words, colour, face, anchor="rs" if right else "ls")
        return self.width(words, size, bold=bold)

    def width(self, words: str, size: float, *, bold: bool = False) -> float:
        """Return how wide a line would be."""
        face, words = self._set(words, size, bold=bold)
        return float(face.getlength(words)) / self._scale

    def png(self) -> bytes:
        """Return the picture."""
        buffer = io.BytesIO()
        self._image.reduce(_FINER).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def _fitted(
        self, words: str, size: float, *, bold: bool, room: float | None
    ) -> tuple[float, str]:
        if room is None:
            return size, words
        while size > _SMALLEST_TEXT and self.width(words, size, bold=bold) > room:
            size -= 0.5
        if self.width(words, size, bold=bold) <= room:
            return size, words
        while len(words) > 1 and self.width(f"{words}…", size, bold=bold) > room:
            words = words[:-1]
        return size, f"{words.rstrip()}…"

    def _set(self, words: str, size: float, *, bold: bool) -> tuple[Font, str]:
        """Return the font, and the words as far as it can write them."""
        pixels = round(size * self._scale)
        if (pixels, bold) not in self._faces:
            names = self._style.bold_fonts if bold else self._style.fonts
            self._faces[pixels, bold] = _load(names, pixels)
        face = self._faces[pixels, bold]
        return face.font, words.translate(_PLAIN) if face.is_last_resort else words

    def _at(self, point: Point) -> tuple[int, int]:
        x, y = point
        return round(x * self._scale), round(y * self._scale)


def _load(names: Sequence[str], pixels: int) -> _Face:
    """Return the first font the machine has, else the one that Pillow brings along."""
    for name in names:
        try:
            return _Face(font=ImageFont.truetype(name, pixels), is_last_resort=False)
        except OSError:
            continue
    return _Face(font=ImageFont.load_default(pixels), is_last_resort=True)
