"""Prices in words: what it costs, how far apart the sides are, how old that is and who says so."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.rendering.figures import age, percent, price
from handlers.rendering.text import bold, escape
from trading.intents.prices import PricesView, PriceView

_A_FEW = 3
"""More are shown shorter: two lines each."""


def prices(view: PricesView) -> str:
    """Show each price from its venue, then by name what there is none of."""
    shown = _block if len(view.prices) <= _A_FEW else _lines
    parts = [shown(each) for each in view.prices]
    if len(view.prices) > _A_FEW:
        parts.append(f"<i>{escape(_sources(view.prices))}</i>")
    parts += [f"⚠ {escape(problem)}" for problem in view.problems]
    return "\n\n".join(parts)


def _block(view: PriceView) -> str:
    lines = [f"{bold(view.symbol)} {escape(price(view.value, view.symbol.quote))}"]
    if view.day_change_fraction is not None:
        lines[0] += f" · {percent(view.day_change_fraction, signed=True)} in 24 h"
    if view.bid is not None and view.ask is not None:
        lines.append(
            f"bid {price(view.bid)} · ask {price(view.ask)} · "
            f"spread {percent(view.spread_fraction)}"
        )
    how = "pushed by its stream" if view.is_pushed else "asked for"
    lines.append(f"<i>{escape(view.venue)}'s own book, {how}, {age(view.age_seconds)} old</i>")
    return "\n".join(lines)


def _lines(view: PriceView) -> str:
    head = f"{bold(view.symbol)} {escape(price(view.value))}"
    if view.day_change_fraction is not None:
        head += f" · {percent(view.day_change_fraction, signed=True)}"
    if view.bid is None or view.ask is None:
        return head
    sides = f"{price(view.bid)} / {price(view.ask)} · {percent(view.spread_fraction)}"
    return f"{head}\n{escape(sides)}"


def _sources(views: Sequence[PriceView]) -> str:
    """Say for each venue how many prices it gave, how they came, and how old the oldest is."""
    parts = []
    for venue in dict.fromkeys(view.venue for view in views):
        given = [view for view in views if view.venue == venue]
        pushed = sum(view.is_pushed for view in given)
        oldest = max(view.age_seconds for view in given)
        words = f"{len(given)} of {venue}'s own books, {pushed} pushed by its stream"
        parts.append(f"{words}, {age(oldest)} old at most")
    return "; ".join((*parts, "change in 24 h; bid / ask · spread"))
