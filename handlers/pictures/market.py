"""What the picture of a market shows; pure. Our fills of one order in one candle are one mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from handlers.pictures.specs import CandleChart, Mark, Sign, Stick
from handlers.rendering.chart import change, high_low, source_line, unfilled
from handlers.rendering.figures import at, price
from trading.intents.chart import ChartView
from trading.model.candles import CandleInterval
from trading.model.fill import Fill
from trading.model.instrument import Side
from trading.model.market_data import Candle

_MOST_TIMES = 5
_MINUTE = 60
_DAY = 86_400
_STEPS = tuple(minutes * _MINUTE for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720)) + tuple(
    days * _DAY for days in (1, 2, 7, 14, 30, 60, 90, 180, 365)
)
"""How far apart times may be written, in seconds."""


def describe_candles(view: ChartView, *, zone: tzinfo) -> CandleChart:
    """Return what to draw."""
    series = view.series
    marks = _marks(view.fills, series.interval)
    counts = {sign: sum(mark.sign is sign for mark in marks) for sign in (Sign.UP, Sign.DOWN)}
    words = {Sign.UP: "bought", Sign.DOWN: "sold"}
    footer = [source_line(view), unfilled(view)]
    return CandleChart(
        title=f"{series.symbol} · {series.interval} · {series.venue}",
        moment=at(view.at, zone),
        headline=price(view.last, series.symbol.quote),
        change=change(view),
        sign=_sign(view.change_fraction),
        remark=high_low(view),
        seconds=f"{series.interval.length.total_seconds():.0f}",
        sticks=tuple(_stick(candle) for candle in series.candles),
        marks=marks,
        last=f"{view.last:f}",
        last_label=price(view.last),
        times=_times(series.candles, zone),
        volume_label=f"volume in {series.symbol.base}",
        legend=tuple((sign, f"{words[sign]} {counts[sign]}x") for sign in counts if counts[sign]),
        footer=tuple(line for line in footer if line),
    )


def _stick(candle: Candle) -> Stick:
    return Stick(
        at=_seconds(candle.opened_at),
        open=f"{candle.open:f}",
        high=f"{candle.high:f}",
        low=f"{candle.low:f}",
        close=f"{candle.close:f}",
        volume=f"{candle.volume:f}",
        is_running=not candle.is_closed,
    )


def _marks(fills: Iterable[Fill], interval: CandleInterval) -> tuple[Mark, ...]:
    """Return one mark for each order and candle, at the average price it got there."""
    together: dict[tuple[object, ...], list[Fill]] = {}
    for fill in fills:
        key = (fill.venue_order_id, fill.side, interval.start_of(fill.executed_at))
        together.setdefault(key, []).append(fill)
    return tuple(
        Mark(
            at=_seconds(some[-1].executed_at),
            price=f"{_average(some):f}",
            sign=Sign.UP if some[0].side is Side.BUY else Sign.DOWN,
        )
        for some in together.values()
    )


def _average(fills: Sequence[Fill]) -> Decimal:
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    worth = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    return worth / quantity if quantity else fills[0].price


def _times(candles: Sequence[Candle], zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """Return a few round local times, where the candles pass them."""
    span = (candles[-1].opened_at - candles[0].opened_at).total_seconds()
    step = next((each for each in _STEPS if span / each <= _MOST_TIMES), _STEPS[-1])
    times = []
    for before, candle in pairwise(candles):
        local = candle.opened_at.astimezone(zone)
        if _part(before.opened_at.astimezone(zone), step) != _part(local, step):
            times.append((_seconds(candle.opened_at), _words(local, step)))
    return tuple(times[: _MOST_TIMES + 1])


def _part(local: datetime, step: int) -> int:
    since = timedelta(days=local.toordinal(), hours=local.hour, minutes=local.minute)
    return int(since.total_seconds()) // step


def _words(local: datetime, step: int) -> str:
    is_day = step >= _DAY or local.hour * 60 + local.minute < step / _MINUTE
    return f"{local.day} {local:%b}" if is_day else f"{local:%H:%M}"


def _seconds(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"


def _sign(fraction: Decimal) -> Sign:
    if not fraction:
        return Sign.NONE
    return Sign.UP if fraction > 0 else Sign.DOWN
