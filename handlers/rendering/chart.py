"""Candles in words: what stands under the picture, and beside the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from decimal import Decimal

from handlers.rendering.figures import age, at, average, exact, percent, price
from handlers.rendering.text import bold, escape
from trading.intents.chart import CandleFile, ChartView
from trading.model.candles import CandleInterval, Gap, GapReason

_WHY = {
    GapReason.NOT_YET: "not fetched yet",
    GapReason.NO_TRADES: "the venue has none",
    GapReason.OUT_OF_REACH: "older than the venue goes back",
}
_DIGITS = 6


def caption(view: ChartView) -> str:
    """Stand under the picture: last price, change, age and source."""
    series = view.series
    quote = series.symbol.quote
    lines = [
        f"{bold(series.symbol)} {bold(price(view.last, quote))} {escape(change(view))}",
        f"{series.interval} candles · {escape(high_low(view))}",
    ]
    if view.fills:
        lines.append(f"{len(view.fills)} of our fills are marked.")
    if view.problem is not None:
        lines.append(f"⚠ {escape(view.problem)}")
    lines += [f"<i>{escape(line)}</i>" for line in (source_line(view), unfilled(view)) if line]
    return "\n".join(lines)


def change(view: ChartView) -> str:
    """Say how far it has come in the time that is shown."""
    span = view.at - view.series.candles[0].opened_at
    return f"{percent(view.change_fraction, signed=True)} in {_span(span)}"


def high_low(view: ChartView) -> str:
    """Say the extremes and the volume of what is shown."""
    candles = view.series.candles
    volume = sum((candle.volume for candle in candles), Decimal(0))
    return (
        f"high {average(max(candle.high for candle in candles))} · "
        f"low {average(min(candle.low for candle in candles))} · "
        f"volume {_rounded(volume)} {view.series.symbol.base}"
    )


def source_line(view: ChartView) -> str:
    """Say where the candles come from, and how old they are."""
    venue = view.series.venue
    if view.problem is not None:
        return f"stored candles of {venue}: the newest ended {age(view.age_seconds)} ago"
    return f"candles of {venue}, asked {age(view.age_seconds)} ago"


def unfilled(view: ChartView) -> str:
    """Say what is missing, and whether it will come; nothing when nothing is."""
    return _missing(view.series.gaps, view.series.interval)


def file(found: CandleFile, zone: tzinfo) -> str:
    """Stand beside the file."""
    first, last = found.candles[0].opened_at, found.candles[-1].opened_at
    head = f"{bold(found.symbol)} {found.interval} candles of {escape(found.venue)}"
    lines = [
        f"{head}: {len(found.candles)} closed ones",
        f"from {escape(at(first, zone))} to {escape(at(last, zone))}; times in the file are UTC.",
        _missing(found.gaps, found.interval),
    ]
    if found.problem is not None:
        lines.append(f"⚠ {escape(found.problem)}")
    return "\n".join(line for line in lines if line)


def _missing(gaps: Sequence[Gap], interval: CandleInterval) -> str:
    counts = {
        reason: sum(gap.count(interval) for gap in gaps if gap.reason is reason) for reason in _WHY
    }
    parts = [f"{count} {_WHY[reason]}" for reason, count in counts.items() if count]
    return f"missing candles: {', '.join(parts)}" if parts else ""


def _span(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h")) if count]
    if not days and minutes:
        parts.append(f"{minutes} min")
    return " ".join(parts[:2])


def _rounded(amount: Decimal) -> str:
    """Six digits are enough of a sum."""
    if not amount:
        return "0"
    step = Decimal(1).scaleb(amount.adjusted() - _DIGITS + 1)
    rounded = amount.quantize(step) if step < 1 else amount.quantize(Decimal(1))
    whole, _, decimals = exact(rounded).partition(".")
    return f"{int(whole):,}" + (f".{decimals}" if decimals else "")
