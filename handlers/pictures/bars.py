"""Draws a portfolio before and after."""

from __future__ import annotations

from handlers.pictures.canvas import MARGIN, WIDTH, Canvas
from handlers.pictures.specs import Bar, BarChart, Style

_RIGHT = WIDTH - MARGIN
_BARS_FROM, _BARS_TO = 74.0, 206.0
_PERCENT_RIGHT = 258.0
_ROW, _DENSE_ROW, _MANY = 42.0, 35.0, 10
_LINE = 14.0
_HEAD = 76.0
_LEGEND = 21.0


def draw_bars(chart: BarChart, style: Style) -> bytes:
    """Return the picture; as high as its rows need."""
    row = _ROW if len(chart.bars) <= _MANY else _DENSE_ROW
    top = _HEAD + _LINE * len(chart.details) + _LEGEND
    below = top + row * len(chart.bars)
    canvas = Canvas(height=below + 12.0 + 13.0 * len(chart.footer) + 6.0, style=style)
    _head(canvas, chart)
    _legend(canvas, top - 10.0)
    longest = _longest(chart)
    for index, bar in enumerate(chart.bars):
        _row(canvas, bar, (top + row * index, row), longest)
    canvas.line([(MARGIN, below), (_RIGHT, below)], canvas.colours.line, width=0.7)
    for index, words in enumerate(chart.footer):
        canvas.text(
            (MARGIN, below + 18.0 + 13.0 * index),
            words,
            size=9,
            colour=canvas.colours.muted,
            room=_RIGHT - MARGIN,
        )
    return canvas.png()


def _longest(chart: BarChart) -> float:
    reach = [0.01]
    for bar in (bar for bar in chart.bars if not bar.is_sum):
        band = float(bar.band) if bar.band is not None else 0.0
        reach += [float(bar.before), float(bar.after), float(bar.target) + band]
    return max(reach)


def _head(canvas: Canvas, chart: BarChart) -> None:
    colours = canvas.colours
    taken = canvas.text(
        (_RIGHT, 28.0), chart.moment, size=9.5, colour=colours.muted, right=True, room=150.0
    )
    room = _RIGHT - MARGIN - taken - 10.0
    canvas.text((MARGIN, 28.0), chart.title, size=13, colour=colours.muted, bold=True, room=room)
    canvas.text(
        (MARGIN, 57.0),
        chart.headline,
        size=23,
        colour=colours.text,
        bold=True,
        room=_RIGHT - MARGIN,
    )
    for index, words in enumerate(chart.details):
        canvas.text(
            (MARGIN, _HEAD + _LINE * index),
            words,
            size=10.5,
            colour=colours.muted,
            room=_RIGHT - MARGIN,
        )


def _legend(canvas: Canvas, base: float) -> None:
    colours = canvas.colours
    x = MARGIN
    for colour, words in ((colours.before, "now"), (colours.after, "then")):
        canvas.box((x, base - 7.0), (x + 10.0, base), colour, radius=1.5)
        x += 14.0
        x += canvas.text((x, base), words, size=9.5, colour=colours.muted) + 14.0
    canvas.box((x, base - 8.5), (x + 14.0, base + 1.5), colours.band)
    for edge in (x, x + 14.0):
        canvas.box((edge - 0.35, base - 8.5), (edge + 0.35, base + 1.5), colours.edge)
    canvas.box((x + 6.3, base - 8.5), (x + 7.7, base + 1.5), colours.target)
    canvas.text((x + 18.0, base), "goal and its band", size=9.5, colour=colours.muted)


def _row(canvas: Canvas, bar: Bar, place: tuple[float, float], longest: float) -> None:
    top, height = place
    thick = (height - 14.0) / 2
    first = top + height / 2 - 1.0 - thick
    second = top + height / 2 + 1.0
    canvas.line([(MARGIN, top), (_RIGHT, top)], canvas.colours.line, width=0.7)
    if not bar.is_sum:
        colours = canvas.colours
        goal = _Goal(bar, top=top + 3.5, bottom=top + height - 3.5, longest=longest)
        goal.shade(canvas)
        for y, share, colour in (
            (first, float(bar.before), colours.before),
            (second, float(bar.after), colours.after),
        ):
            least = _BARS_FROM + (1.2 if share > 0 else 0.0)
            end = max(least, _x(share, longest))
            canvas.box((_BARS_FROM, y), (end, y + thick), colour, radius=1.2)
        goal.mark(canvas)
    _words(canvas, bar, first + thick / 2 + 3.6, second + thick / 2 + 3.6)


def _x(share: float, longest: float) -> float:
    return _BARS_FROM + (_BARS_TO - _BARS_FROM) * min(1.0, max(0.0, share / longest))


class _Goal:
    """The goal and its band, under and over the bars of one asset."""

    def __init__(self, bar: Bar, *, top: float, bottom: float, longest: float) -> None:
        goal = float(bar.target)
        half = float(bar.band) if bar.band is not None else 0.0
        self._edges = (_x(goal - half, longest), _x(goal + half, longest)) if half else ()
        self._at = _x(goal, longest)
        self._top, self._bottom = top, bottom

    def shade(self, canvas: Canvas) -> None:
        if self._edges:
            low, high = self._edges
            canvas.box((low, self._top), (high, self._bottom), canvas.colours.band)

    def mark(self, canvas: Canvas) -> None:
        colours = canvas.colours
        lines = [(edge, 0.35, colours.edge) for edge in self._edges]
        lines += [(self._at, 1.5, colours.background), (self._at, 0.8, colours.target)]
        for x, half, colour in lines:
            canvas.box((x - half, self._top), (x + half, self._bottom), colour)


def _words(canvas: Canvas, bar: Bar, upper: float, lower: float) -> None:
    colours = canvas.colours
    room = _BARS_FROM - MARGIN - 6.0
    canvas.text((MARGIN, upper), bar.asset, size=12, colour=colours.text, bold=True, room=room)
    canvas.text((MARGIN, lower), bar.change, size=9.5, colour=colours.of(bar.sign), room=room)
    for y, percent, money, colour in (
        (upper, bar.percent_before, bar.money_before, colours.muted),
        (lower, bar.percent_after, bar.money_after, colours.text),
    ):
        room = _PERCENT_RIGHT - _BARS_TO - 6.0
        canvas.text((_PERCENT_RIGHT, y), percent, size=10.5, colour=colour, right=True, room=room)
        room = _RIGHT - _PERCENT_RIGHT - 8.0
        canvas.text((_RIGHT, y), money, size=10.5, colour=colour, right=True, room=room)
