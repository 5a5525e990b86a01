"""Amounts, fractions, ages and times in words; None is always "unknown", never a zero."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal

UNKNOWN = "unknown"
_CENT = Decimal("0.01")
_CENTS = 2
_SIGNIFICANT = 6
_AVERAGE_DIGITS = 8
_WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)
"""Whoever asks for an absurd amount is told so: rounding it for reading must not fail."""


def exact(amount: Decimal | None) -> str:
    """Return every digit that means something, none that does not."""
    if amount is None:
        return UNKNOWN
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def money(amount: Decimal | None, unit: str = "") -> str:
    """Return a value for reading: thousands apart, two decimals (more below 1)."""
    if amount is None:
        return UNKNOWN
    tail = f" {unit}" if unit else ""
    if amount and abs(amount) < 1:
        small = exact(_significant(amount))
        if len(small.partition(".")[2]) > _CENTS:
            return small + tail
    return f"{amount.quantize(_CENT, context=_WIDE):,f}{tail}"


def price(value: Decimal | None, unit: str = "") -> str:
    """Return a price with every digit it has, thousands apart."""
    if value is None:
        return UNKNOWN
    whole, _, decimals = exact(value).partition(".")
    text = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    return f"{text} {unit}" if unit else text


def average(value: Decimal | None, unit: str = "") -> str:
    """Return an average, which has no last digit: eight significant ones."""
    if not value:
        return price(value, unit)
    step = Decimal(1).scaleb(value.adjusted() - _AVERAGE_DIGITS + 1)
    return price(value.quantize(step, ROUND_HALF_EVEN), unit)


def percent(fraction: Decimal | None, *, signed: bool = False) -> str:
    """Return a fraction as percent with two decimals."""
    if fraction is None:
        return UNKNOWN
    value = (fraction * 100).quantize(_CENT, context=_WIDE)
    return f"{value:+f} %" if signed else f"{value:f} %"


def age(seconds: float | None) -> str:
    """Return "12 s", "3 min", "2 h", "4 d": short, for the end of a table's row."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    for limit, divisor, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if whole < limit:
            return f"{whole // divisor} {unit}"
    return f"{whole // 86_400} d"


def age_since(moment: datetime | None, now: datetime) -> str:
    """Return the age of a moment; a moment in the future is "0 s"."""
    return UNKNOWN if moment is None else age((now - moment).total_seconds())


def at(moment: datetime | None, zone: tzinfo = UTC) -> str:
    """Return a moment with its zone's name."""
    if moment is None:
        return UNKNOWN
    return moment.astimezone(zone).strftime("%d %b %H:%M:%S %Z")


def moment_of(text: object) -> datetime:
    """Read a moment from a notice; ValueError when it names no zone."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError(f"a time without zone: {text!r}")
    return moment


def _significant(amount: Decimal) -> Decimal:
    step = Decimal(1).scaleb(amount.adjusted() - _SIGNIFICANT + 1)
    return amount.quantize(step, ROUND_HALF_EVEN)
