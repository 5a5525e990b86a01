"""What a picture shows, as plain text and numbers: what goes to the process that draws.

Needs nothing but the standard library, so that the drawing process starts quickly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
BOLD_FONTS = ("DejaVuSans-Bold.ttf", "NotoSans-Bold.ttf", "LiberationSans-Bold.ttf", "Arialbd.ttf")


class Look(StrEnum):
    """The colours."""

    DARK = "dark"
    LIGHT = "light"


class Sign(StrEnum):
    """Which way a figure points, for its colour."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How it is drawn; fonts are looked for in this order, then Pillow's own is taken."""

    look: Look = Look.DARK
    fonts: tuple[str, ...] = FONTS
    bold_fonts: tuple[str, ...] = BOLD_FONTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One asset before and after; the first four are fractions written as text."""

    before: str
    after: str
    target: str
    band: str | None
    """Half width; None where there is none."""
    asset: str
    percent_before: str
    percent_after: str
    money_before: str
    money_after: str
    change: str
    sign: Sign
    is_sum: bool = False
    """Several assets added up: figures only, its bars would dwarf all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """A portfolio before and after."""

    title: str
    moment: str
    headline: str
    details: tuple[str, ...]
    bars: tuple[Bar, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure with its name."""

    label: str
    value: str
    sign: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The profit of one venue. Points are (seconds since the epoch, money), both as text."""

    title: str
    headline: str
    sign: Sign
    remark: str
    points: tuple[tuple[str, str], ...]
    """Realised profit added up, oldest first; each holds until the next."""
    with_unrealised: str | None
    """Where the curve would be if all were sold now."""
    before_fees: str | None
    """Where that would be without fees."""
    span: tuple[str, str]
    """From when to when, in words."""
    cards: tuple[Card, ...]
    empty: str | None
    """What to say instead of a curve; None where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveChart:
    """Profit and loss, a panel each venue."""

    title: str
    moment: str
    panels: tuple[Panel, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stick:
    """One candle: seconds since the epoch and prices, all as text."""

    at: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    is_running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something of ours: when, at what price, and which way."""

    at: str
    price: str
    sign: Sign
    """UP bought, DOWN sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleChart:
    """The candles of one market, with what we bought and sold in them."""

    title: str
    moment: str
    headline: str
    change: str
    sign: Sign
    remark: str
    seconds: str
    """How long a candle lasts."""
    sticks: tuple[Stick, ...]
    marks: tuple[Mark, ...]
    last: str
    last_label: str
    times: tuple[tuple[str, str], ...]
    """Where a time is written under the candles: seconds since the epoch, and the words."""
    volume_label: str
    legend: tuple[tuple[Sign, str], ...]
    """What the marks mean, for those there are."""
    footer: tuple[str, ...]


Chart = BarChart | CurveChart | CandleChart
_KINDS = {"bars": BarChart, "curve": CurveChart, "candles": CandleChart}


def encode(chart: Chart, style: Style) -> bytes:
    """Return what the drawing process reads."""
    kind = next(name for name, each in _KINDS.items() if isinstance(chart, each))
    wish = {"kind": kind, "style": asdict(style), "chart": asdict(chart)}
    return json.dumps(wish, separators=(",", ":")).encode()


def decode(wish: bytes) -> tuple[Chart, Style]:
    """Read it back; ValueError, KeyError or TypeError when it is not of this form."""
    read = json.loads(wish)
    style = read["style"]
    return _chart(str(read["kind"]), read["chart"]), Style(
        look=Look(style["look"]),
        fonts=tuple(style["fonts"]),
        bold_fonts=tuple(style["bold_fonts"]),
    )


def _chart(kind: str, fields: Mapping[str, Any]) -> Chart:
    if kind == "bars":
        bars = tuple(Bar(**{**each, "sign": Sign(each["sign"])}) for each in fields["bars"])
        return BarChart(**{**_tuples(fields), "bars": bars})
    if kind == "curve":
        panels = tuple(_panel(each) for each in fields["panels"])
        return CurveChart(**{**_tuples(fields), "panels": panels})
    if kind == "candles":
        return _candles(fields)
    raise ValueError(f"there is no picture of the kind {kind!r}")


def _candles(fields: Mapping[str, Any]) -> CandleChart:
    read = _tuples(fields)
    read["sign"] = Sign(fields["sign"])
    read["sticks"] = tuple(Stick(**each) for each in fields["sticks"])
    read["marks"] = tuple(Mark(**{**each, "sign": Sign(each["sign"])}) for each in fields["marks"])
    read["times"] = tuple((at, words) for at, words in fields["times"])
    read["legend"] = tuple((Sign(sign), words) for sign, words in fields["legend"])
    return CandleChart(**read)


def _panel(fields: Mapping[str, Any]) -> Panel:
    cards: Sequence[Mapping[str, Any]] = fields["cards"]
    read = _tuples(fields)
    read["sign"] = Sign(fields["sign"])
    read["points"] = tuple((at, total) for at, total in fields["points"])
    read["cards"] = tuple(Card(**{**each, "sign": Sign(each["sign"])}) for each in cards)
    return Panel(**read)


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
