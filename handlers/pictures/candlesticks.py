"""Draws candles: prices above, volume below, our own fills marked where they happened."""

from __future__ import annotations

import math
from dataclasses import dataclass

from handlers.pictures.canvas import MARGIN, WIDTH, Canvas, Point
from handlers.pictures.specs import CandleChart, Sign, Stick, Style

_RIGHT = WIDTH - MARGIN
_PLOT_LEFT, _PLOT_RIGHT = MARGIN, _RIGHT - 52.0
_TOP, _BOTTOM = 92.0, 292.0
_VOLUME_TOP, _VOLUME_BOTTOM = 304.0, 344.0
_TIMES = 358.0
_LEGEND = 376.0
_DIVISIONS = 7
_BODY_SHARE = 0.68
_THINNEST = 0.9
_LABEL_HEIGHT = 11.0
_HOLLOW_FROM = 2.0
"""A body smaller than that stays full, though its candle still runs."""
_MOST_DECIMALS = 10
_THOUSANDTHS = 0.001
_UNITS = ((1e9, 1e9, "bn"), (1e7, 1e6, "m"))


def draw_candles(chart: CandleChart, style: Style) -> bytes:
    """Return the picture."""
    foot = _LEGEND + (14.0 if chart.legend else -4.0)
    canvas = Canvas(height=foot + 13.0 * len(chart.footer) + 4.0, style=style)
    plot = _plot(chart)
    _head(canvas, chart)
    _grid(canvas, chart, plot)
    for stick in chart.sticks:
        _stick(canvas, stick, plot)
    _last(canvas, chart, plot)
    for mark in chart.marks:
        place = (plot.x(float(mark.at)), plot.y(float(mark.price)))
        _triangle(canvas, place, mark.sign, size=5.2)
    _legend(canvas, chart)
    for index, words in enumerate(chart.footer):
        place = (MARGIN, foot + 13.0 * index)
        canvas.text(place, words, size=9, colour=canvas.colours.muted, room=_RIGHT - MARGIN)
    return canvas.png()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """Where time, money and volume are on the sheet."""

    begin: float
    seconds: float
    slot: float
    """How wide the time of one candle is; a missing one leaves it empty."""
    low: float
    high: float
    ticks: tuple[float, ...]
    step: float
    most_volume: float

    def x(self, at: float) -> float:
        """Return where a moment is: a candle's own in the middle of its slot."""
        slots = min(1.0, max(0.0, (at - self.begin) / (self.seconds * self.count)))
        return _PLOT_LEFT + slots * self.slot * self.count

    @property
    def count(self) -> float:
        """How many slots there are."""
        return (_PLOT_RIGHT - _PLOT_LEFT) / self.slot

    def y(self, price: float) -> float:
        """Return where a price is."""
        share = (price - self.low) / (self.high - self.low)
        return _BOTTOM - (_BOTTOM - _TOP) * share


def _plot(chart: CandleChart) -> _Plot:
    seconds = float(chart.seconds)
    times = [float(stick.at) for stick in chart.sticks]
    slots = round((times[-1] - times[0]) / seconds) + 1
    prices = [float(price) for stick in chart.sticks for price in (stick.low, stick.high)]
    prices += [float(chart.last), *(float(mark.price) for mark in chart.marks)]
    low, high = min(prices), max(prices)
    room = (high - low) * 0.05 or high * 0.001
    low, high = low - room, high + room
    step = _step((high - low) / _DIVISIONS)
    first = math.ceil(low / step)
    ticks = tuple(step * number for number in range(first, math.floor(high / step) + 1))
    return _Plot(
        begin=times[0],
        seconds=seconds,
        slot=(_PLOT_RIGHT - _PLOT_LEFT) / slots,
        low=low,
        high=high,
        ticks=ticks,
        step=step,
        most_volume=max(float(stick.volume) for stick in chart.sticks),
    )


def _step(least: float) -> float:
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= least * 0.999)


def _head(canvas: Canvas, chart: CandleChart) -> None:
    colours = canvas.colours
    taken = canvas.text(
        (_RIGHT, 28.0), chart.moment, size=9.5, colour=colours.muted, right=True, room=130.0
    )
    room = _RIGHT - MARGIN - taken - 10.0
    canvas.text((MARGIN, 28.0), chart.title, size=13, colour=colours.muted, bold=True, room=room)
    wide = canvas.text(
        (MARGIN, 57.0), chart.headline, size=23, colour=colours.text, bold=True, room=215.0
    )
    colour = colours.muted if chart.sign is Sign.NONE else colours.of(chart.sign)
    canvas.text(
        (_RIGHT, 57.0), chart.change, size=12, colour=colour, right=True,
        room=_RIGHT - MARGIN - wide - 10.0,
    )  # fmt: skip
    canvas.text((MARGIN, 76.0), chart.remark, size=10, colour=colours.muted, room=_RIGHT - MARGIN)


def _grid(canvas: Canvas, chart: CandleChart, plot: _Plot) -> None:
    colours = canvas.colours
    label = plot.y(float(chart.last))
    for tick in plot.ticks:
        y = plot.y(tick)
        canvas.line([(_PLOT_LEFT, y), (_PLOT_RIGHT, y)], colours.line, width=0.7)
        if abs(y - label) > _LABEL_HEIGHT:
            _price(canvas, y, _short(tick, plot.step), colours.muted)
    for at, words in chart.times:
        x = plot.x(float(at)) + plot.slot / 2
        canvas.line([(x, _TOP), (x, _VOLUME_BOTTOM)], colours.line, width=0.7)
        half = canvas.width(words, 9) / 2
        left = min(max(x - half, _PLOT_LEFT), _PLOT_RIGHT - 2 * half)
        canvas.text((left, _TIMES), words, size=9, colour=colours.muted)
    canvas.line([(_PLOT_LEFT, _VOLUME_BOTTOM), (_PLOT_RIGHT, _VOLUME_BOTTOM)], colours.line)
    top = _short(plot.most_volume, _step(plot.most_volume / 100))
    canvas.text(
        (_RIGHT, _VOLUME_TOP + 7.0), top, size=9, colour=colours.muted, right=True, room=48.0
    )


def _price(canvas: Canvas, y: float, words: str, colour: str, *, bold: bool = False) -> None:
    room = _RIGHT - _PLOT_RIGHT - 4.0
    canvas.text((_RIGHT, y + 3.2), words, size=9, colour=colour, right=True, room=room, bold=bold)


def _stick(canvas: Canvas, stick: Stick, plot: _Plot) -> None:
    colours = canvas.colours
    opened, closed = float(stick.open), float(stick.close)
    colour = colours.up if closed >= opened else colours.down
    middle = plot.x(float(stick.at)) + plot.slot / 2
    half = max(_THINNEST, plot.slot * _BODY_SHARE) / 2
    wick = min(0.5, half)
    high, low = plot.y(float(stick.high)), plot.y(float(stick.low))
    canvas.box((middle - wick, high), (middle + wick, max(low, high + 0.7)), colour)
    upper, lower = plot.y(max(opened, closed)), plot.y(min(opened, closed))
    lower = max(lower, upper + 0.9)
    canvas.box((middle - half, upper), (middle + half, lower), colour)
    if stick.is_running and min(lower - upper, 2 * half) > _HOLLOW_FROM:
        inner = (middle - half + 0.7, upper + 0.7), (middle + half - 0.7, lower - 0.7)
        canvas.box(*inner, colours.background)
    share = float(stick.volume) / plot.most_volume if plot.most_volume else 0.0
    if share > 0:
        top = _VOLUME_BOTTOM - max(0.7, (_VOLUME_BOTTOM - _VOLUME_TOP) * share)
        shape = [
            (middle - half, top), (middle + half, top),
            (middle + half, _VOLUME_BOTTOM), (middle - half, _VOLUME_BOTTOM),
        ]  # fmt: skip
        canvas.area(shape, colour, strength=0.5)


def _last(canvas: Canvas, chart: CandleChart, plot: _Plot) -> None:
    colours = canvas.colours
    y = plot.y(float(chart.last))
    canvas.dashes((_PLOT_LEFT, y), (_PLOT_RIGHT, y), colours.after, width=0.8)
    canvas.box((_PLOT_RIGHT + 1.0, y - 7.0), (_RIGHT + 4.0, y + 7.0), colours.after, radius=3.0)
    _price(canvas, y, chart.last_label, colours.background, bold=True)


def _triangle(canvas: Canvas, tip: Point, sign: Sign, *, size: float) -> None:
    """Draw a mark whose tip is where it happened: bought from below, sold from above."""
    colours = canvas.colours
    down = 1.0 if sign is Sign.UP else -1.0
    for extra, colour in ((1.6, colours.background), (0.0, _mark_colour(canvas, sign))):
        x, y = tip[0], tip[1] - down * extra
        base = y + down * (size * 1.5 + extra * 2)
        shape = [(x, y), (x + size * 0.85 + extra, base), (x - size * 0.85 - extra, base)]
        canvas.area(shape, colour, strength=1.0)


def _mark_colour(canvas: Canvas, sign: Sign) -> str:
    return canvas.colours.edge if sign is Sign.UP else canvas.colours.target


def _legend(canvas: Canvas, chart: CandleChart) -> None:
    colours = canvas.colours
    canvas.text((_PLOT_LEFT, _VOLUME_TOP - 3.0), chart.volume_label, size=8, colour=colours.muted)
    x = MARGIN + 5.0
    for sign, words in chart.legend:
        y = _LEGEND - 8.0 if sign is Sign.UP else _LEGEND
        _triangle(canvas, (x, y), sign, size=5.2)
        x += 9.0
        x += canvas.text((x, _LEGEND), words, size=9.5, colour=colours.text) + 20.0


def _short(value: float, step: float) -> str:
    """Write a number with the decimals that its step needs, large ones in millions."""
    for limit, unit, name in _UNITS:
        if value >= limit:
            return f"{value / unit:,.4g}{name}"
    return f"{value:,.{_decimals(step)}f}"


def _decimals(step: float) -> int:
    """Return how many decimals write a step as it is: one for 0.1, three for 0.025."""
    for decimals in range(_MOST_DECIMALS):
        if abs(round(step, decimals) - step) < step * _THOUSANDTHS:
            return decimals
    return _MOST_DECIMALS
