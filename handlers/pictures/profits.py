"""What the picture of profit and loss shows; pure. Unknown stays unknown, never nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from handlers.pictures.rebalancing import sign_of, signed_money
from handlers.pictures.specs import Card, CurveChart, Panel, Sign
from handlers.rendering.figures import UNKNOWN, age_since, at
from trading.intents.pnl import PnlPoint, PnlView

MOST_POINTS = 400
"""Finer than a phone's screen."""

_Point = tuple[datetime, Decimal]


def describe_profits(views: Sequence[PnlView], *, zone: tzinfo) -> CurveChart:
    """Return what to draw: a panel each venue, in their order."""
    moments = [view.at for view in views]
    return CurveChart(
        title="Profit and loss",
        moment=at(max(moments), zone) if moments else "",
        panels=tuple(_panel(view, zone) for view in views),
        footer=tuple(_source(view) for view in views),
    )


def thinned(points: Sequence[_Point], most: int = MOST_POINTS) -> tuple[_Point, ...]:
    """Return few enough points that draw the same: ends, and each stretch's extremes."""
    if len(points) <= most:
        return tuple(points)
    stretches = max(1, (most - 2) // 3)
    size = -(-len(points) // stretches)
    kept: set[int] = {0, len(points) - 1}
    for begin in range(0, len(points), size):
        stretch = range(begin, min(begin + size, len(points)))
        kept.add(min(stretch, key=lambda index: points[index][1]))
        kept.add(max(stretch, key=lambda index: points[index][1]))
        kept.add(stretch[-1])
    return tuple(points[index] for index in sorted(kept))


def _panel(view: PnlView, zone: tzinfo) -> Panel:
    totals = view.totals
    whole = _plus(totals.realised, totals.unrealised)
    before_fees = _plus(whole, totals.fees)
    points = _points(view)
    return Panel(
        title=f"{view.venue}, {view.base}",
        headline=_amount(whole, view.base),
        sign=Sign.NONE if whole is None else sign_of(whole),
        remark=_remark(view, zone),
        points=tuple((f"{moment.timestamp():.3f}", f"{total:f}") for moment, total in points),
        with_unrealised=None if whole is None or not totals.unrealised else f"{whole:f}",
        before_fees=None if before_fees is None or not totals.fees else f"{before_fees:f}",
        span=(_day(points[0][0], zone), _day(points[-1][0], zone)) if points else ("", ""),
        cards=(
            _card("realised today", totals.realised_today),
            _card("last 7 days", totals.realised_week),
            _card("last 30 days", totals.realised_month),
            _card("all realised", totals.realised),
            _card("not realised", totals.unrealised),
            Card(label="fees, included", value=_fees(totals.fees), sign=Sign.NONE),
        ),
        empty=_nothing(view),
    )


def _points(view: PnlView) -> tuple[_Point, ...]:
    """The curve begins with nothing at the first fill, and holds until now."""
    if view.since is None or _nothing(view) is not None:
        return ()
    curve = [(point.at, point.total) for point in _ordered(view.curve)]
    begin = (min([view.since, *(moment for moment, _ in curve)]), Decimal(0))
    last = curve[-1][1] if curve else Decimal(0)
    end = (max([view.at, *(moment for moment, _ in curve)]), last)
    return thinned([begin, *curve, end])


def _ordered(curve: Sequence[PnlPoint]) -> list[PnlPoint]:
    return sorted(curve, key=lambda point: point.at)


def _nothing(view: PnlView) -> str | None:
    if view.since is None:
        return "No trade is booked yet."
    if view.totals.realised is None:
        return f"What was realised cannot be converted to {view.base} now."
    if not view.curve and not view.totals.unrealised:
        return "Nothing is realised yet."
    return None


def _remark(view: PnlView, zone: tzinfo) -> str:
    if view.since is None:
        return "realised and not yet realised, after fees"
    return f"realised and not yet realised, after fees, since {at(view.since, zone)}"


def _source(view: PnlView) -> str:
    prices = (
        "no price needed"
        if view.prices_as_of is None
        else f"prices of {view.venue}, {age_since(view.prices_as_of, view.at)} old"
    )
    return f"{view.venue}: {view.fills} fills of the journal · {prices}"


def _card(label: str, amount: Decimal | None) -> Card:
    sign = Sign.NONE if amount is None else sign_of(amount)
    return Card(label=label, value=_amount(amount), sign=sign)


def _amount(amount: Decimal | None, unit: str = "") -> str:
    if amount is None:
        return UNKNOWN
    words = "0.00" if sign_of(amount) is Sign.NONE else signed_money(amount)
    return f"{words} {unit}".rstrip()


def _fees(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else f"{amount:,.2f}"


def _plus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first + second


def _day(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%d %b %Y")
