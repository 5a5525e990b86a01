"""Draws profit and loss: the realised curve, where it would be if all were sold, the totals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from handlers.pictures.canvas import MARGIN, WIDTH, Canvas, Point
from handlers.pictures.specs import Card, CurveChart, Panel, Sign, Style

_RIGHT = WIDTH - MARGIN
_HEAD = 38.0
_PLOT_LEFT, _PLOT_RIGHT = MARGIN + 46.0, _RIGHT - 9.0
_PLOT_TOP, _PLOT_BOTTOM = 66.0, 212.0
_CARDS_TOP = 258.0
_CARD_HEIGHT, _CARD_GAP, _COLUMNS = 40.0, 6.0, 3
_PANEL_GAP = 18.0
_DIVISIONS = 5


def draw_curve(chart: CurveChart, style: Style) -> bytes:
    """Return the picture; as high as its panels need."""
    heights = [_height(panel) for panel in chart.panels]
    foot = _HEAD + sum(heights)
    canvas = Canvas(height=foot + 13.0 * len(chart.footer) + 8.0, style=style)
    colours = canvas.colours
    taken = canvas.text(
        (_RIGHT, 28.0), chart.moment, size=9.5, colour=colours.muted, right=True, room=150.0
    )
    room = _RIGHT - MARGIN - taken - 10.0
    canvas.text((MARGIN, 28.0), chart.title, size=13, colour=colours.muted, bold=True, room=room)
    top = _HEAD
    for panel, height in zip(chart.panels, heights, strict=True):
        _panel(canvas, panel, top)
        top += height
    for index, words in enumerate(chart.footer):
        place = (MARGIN, foot + 6.0 + 13.0 * index)
        canvas.text(place, words, size=9, colour=colours.muted, room=_RIGHT - MARGIN)
    return canvas.png()


def _height(panel: Panel) -> float:
    rows = math.ceil(len(panel.cards) / _COLUMNS)
    return _CARDS_TOP + rows * (_CARD_HEIGHT + _CARD_GAP) + _PANEL_GAP


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """Where money and time are on the sheet."""

    points: tuple[Point, ...]
    x: Callable[[float], float]
    y: Callable[[float], float]
    ticks: tuple[float, ...]


def _panel(canvas: Canvas, panel: Panel, top: float) -> None:
    colours = canvas.colours
    canvas.line([(MARGIN, top), (_RIGHT, top)], colours.line, width=0.7)
    canvas.text(
        (_RIGHT, top + 20.0), panel.title, size=11, colour=colours.muted, right=True, room=110.0
    )
    canvas.text(
        (MARGIN, top + 30.0),
        panel.headline,
        size=22,
        colour=colours.text if panel.sign is Sign.NONE else colours.of(panel.sign),
        bold=True,
        room=220.0,
    )
    canvas.text(
        (MARGIN, top + 47.0), panel.remark, size=10, colour=colours.muted, room=_RIGHT - MARGIN
    )
    if panel.empty is None:
        _curve(canvas, panel, top)
    else:
        _nothing(canvas, panel.empty, top)
    for index, card in enumerate(panel.cards):
        _card(canvas, card, index, top + _CARDS_TOP)


def _nothing(canvas: Canvas, words: str, top: float) -> None:
    colours = canvas.colours
    corners = (MARGIN, top + _PLOT_TOP), (_RIGHT, top + _CARDS_TOP - 14.0)
    canvas.box(*corners, colours.raised, radius=6.0)
    room = _RIGHT - MARGIN - 24.0
    width = min(room, canvas.width(words, 11))
    middle = (top + _PLOT_TOP + top + _CARDS_TOP - 14.0) / 2 + 4.0
    canvas.text((WIDTH / 2 - width / 2, middle), words, size=11, colour=colours.muted, room=room)


def _curve(canvas: Canvas, panel: Panel, top: float) -> None:
    colours = canvas.colours
    plot = _plot(panel, top)
    for tick in plot.ticks:
        y = plot.y(tick)
        canvas.line([(_PLOT_LEFT, y), (_PLOT_RIGHT, y)], colours.line, width=0.7)
        canvas.text(
            (_PLOT_LEFT - 6.0, y + 3.2),
            _short(tick),
            size=9,
            colour=colours.muted,
            right=True,
            room=_PLOT_LEFT - MARGIN - 6.0,
        )
    path = _steps(plot)
    zero = plot.y(0.0)
    for is_gain, colour in ((True, colours.up), (False, colours.down)):
        kept = [(x, min(y, zero) if is_gain else max(y, zero)) for x, y in path]
        shape = [(path[0][0], zero), *kept, (path[-1][0], zero)]
        canvas.area(shape, colour, strength=0.22)
    canvas.line([(_PLOT_LEFT, zero), (_PLOT_RIGHT, zero)], colours.muted, width=1.0)
    canvas.line(path, colours.after, width=1.8)
    _marks(canvas, panel, plot, path[-1])
    base = top + _PLOT_BOTTOM + 16.0
    canvas.text((_PLOT_LEFT, base), panel.span[0], size=9, colour=colours.muted)
    canvas.text((_PLOT_RIGHT, base), panel.span[1], size=9, colour=colours.muted, right=True)
    _legend(canvas, panel, base + 17.0)


def _marks(canvas: Canvas, panel: Panel, plot: _Plot, end: Point) -> None:
    colours = canvas.colours
    x = end[0]
    if panel.with_unrealised is not None:
        y = plot.y(float(panel.with_unrealised))
        canvas.dashes(end, (x, y), colours.target, width=1.2)
    if panel.before_fees is not None:
        y = plot.y(float(panel.before_fees))
        canvas.dot((x, y), colours.muted, radius=3.6, hollow=True)
    canvas.dot(end, colours.after, radius=3.2)
    if panel.with_unrealised is not None:
        canvas.dot((x, plot.y(float(panel.with_unrealised))), colours.target, radius=3.2)


def _legend(canvas: Canvas, panel: Panel, base: float) -> None:
    colours = canvas.colours
    entries = [(colours.after, False, "realised")]
    if panel.with_unrealised is not None:
        entries.append((colours.target, False, "with what is held"))
    if panel.before_fees is not None:
        entries.append((colours.muted, True, "without fees"))
    x = MARGIN + 4.0
    for colour, hollow, words in entries:
        canvas.dot((x, base - 3.2), colour, radius=3.2, hollow=hollow)
        x += 8.0
        x += canvas.text((x, base), words, size=9.5, colour=colours.muted) + 18.0


def _plot(panel: Panel, top: float) -> _Plot:
    points = tuple((float(at), float(total)) for at, total in panel.points)
    marks = [mark for mark in (panel.with_unrealised, panel.before_fees) if mark is not None]
    money = [total for _, total in points] + [float(mark) for mark in marks] + [0.0]
    ticks = _ticks(min(money), max(money))
    low, high = ticks[0], ticks[-1]
    begin, end = points[0][0], points[-1][0]

    def x_of(at: float) -> float:
        share = (at - begin) / (end - begin) if end > begin else 1.0
        return _PLOT_LEFT + (_PLOT_RIGHT - _PLOT_LEFT) * share

    def y_of(value: float) -> float:
        share = (value - low) / (high - low)
        return top + _PLOT_BOTTOM - (_PLOT_BOTTOM - _PLOT_TOP) * share

    return _Plot(points=points, x=x_of, y=y_of, ticks=ticks)


def _steps(plot: _Plot) -> list[Point]:
    """Profit stays what it is until the next sale."""
    path: list[Point] = []
    for at, total in plot.points:
        x, y = plot.x(at), plot.y(total)
        if path:
            path.append((x, path[-1][1]))
        path.append((x, y))
    return path


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """A few round numbers that hold everything between them, zero among them."""
    width = (high - low) or 1.0
    least = width / _DIVISIONS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= least)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return tuple(step * number for number in range(first, last + 1))


def _short(value: float) -> str:
    """Write a tick in few characters."""
    if value == 0:
        return "0"
    size = abs(value)
    sign = "−" if value < 0 else ""
    for limit, unit in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if size >= limit:
            return f"{sign}{size / (1000.0 if unit == 'k' else limit):g}{unit}"
    return f"{sign}{size:,.10g}"


def _card(canvas: Canvas, card: Card, index: int, top: float) -> None:
    colours = canvas.colours
    width = (_RIGHT - MARGIN - _CARD_GAP * (_COLUMNS - 1)) / _COLUMNS
    left = MARGIN + (width + _CARD_GAP) * (index % _COLUMNS)
    above = top + (_CARD_HEIGHT + _CARD_GAP) * (index // _COLUMNS)
    canvas.box((left, above), (left + width, above + _CARD_HEIGHT), colours.raised, radius=5.0)
    room = width - 16.0
    canvas.text((left + 8.0, above + 15.0), card.label, size=9.5, colour=colours.muted, room=room)
    colour = colours.text if card.sign is Sign.NONE else colours.of(card.sign)
    canvas.text((left + 8.0, above + 31.5), card.value, size=12, colour=colour, room=room)
