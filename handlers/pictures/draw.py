"""The drawing process: a description on its standard input, a PNG on its standard output.

`python -m handlers.pictures.draw`, started by `handlers.pictures.painter` and by nobody else.
"""

from __future__ import annotations

import os
import sys

from handlers.pictures.bars import draw_bars
from handlers.pictures.candlesticks import draw_candles
from handlers.pictures.curve import draw_curve
from handlers.pictures.specs import BarChart, CandleChart, CurveChart, decode

_POLITENESS = 10


def draw(wish: bytes) -> bytes:
    """Return the picture that was described."""
    chart, style = decode(wish)
    match chart:
        case BarChart():
            return draw_bars(chart, style)
        case CurveChart():
            return draw_curve(chart, style)
        case CandleChart():
            return draw_candles(chart, style)


if __name__ == "__main__":
    os.nice(_POLITENESS)  # a picture is never more urgent than an order
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read()))
