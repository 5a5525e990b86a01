"""Indicators: thin over talipp, and the one place where money becomes a float and comes back.

A signal is an estimate, so a float's fifteen digits are more than enough for it; what comes back
is a Decimal of twelve. Orders, limits and books never see any of these numbers: a signal moves a
target weight between its bounds, and the planner works on from there in Decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from talipp.indicators import ATR, BB, EMA, RSI
from talipp.ohlcv import OHLCV

from trading.model.market_data import Candle

_DIGITS = Context(prec=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Bollinger's: the average, and so many standard deviations to either side."""

    lower: Decimal
    middle: Decimal
    upper: Decimal


def ema(closes: Sequence[Decimal], period: int) -> tuple[Decimal | None, ...]:
    """Return the exponential moving average at each close; None while there are too few."""
    return tuple(map(_decimal, EMA(period, _floats(closes))))


def rsi(closes: Sequence[Decimal], period: int) -> tuple[Decimal | None, ...]:
    """Return the relative strength index (0 to 100) at each close."""
    return tuple(map(_decimal, RSI(period, _floats(closes))))


def atr(candles: Sequence[Candle], period: int) -> tuple[Decimal | None, ...]:
    """Return the average true range at each candle."""
    values = [
        OHLCV(float(each.open), float(each.high), float(each.low), float(each.close))
        for each in candles
    ]
    return tuple(map(_decimal, ATR(period, values)))


def bollinger(
    closes: Sequence[Decimal], period: int, deviations: Decimal
) -> tuple[Bands | None, ...]:
    """Return the bands at each close."""
    found = BB(period, float(deviations), _floats(closes))
    return tuple(
        None
        if each is None
        else Bands(lower=_exactly(each.lb), middle=_exactly(each.cb), upper=_exactly(each.ub))
        for each in found
    )


def _floats(values: Sequence[Decimal]) -> list[float]:
    return [float(value) for value in values]


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else _exactly(value)


def _exactly(value: float) -> Decimal:
    return _DIGITS.create_decimal(repr(value))
