"""Holdings, allocation and profit in words, each figure with its venue and its age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.rendering.balances import problems, verdict
from handlers.rendering.figures import UNKNOWN, age_since, exact, money, percent, price
from handlers.rendering.tables import table
from handlers.rendering.text import bold, escape, preformatted
from handlers.rendering.views import PortfolioRowView, PortfolioView

_NONE = "–"
"""There is none; what is not known says `unknown`."""


def portfolio(views: Sequence[PortfolioView], now: datetime) -> str:
    """Show each venue's value, weights and drift."""
    return "\n\n".join(_portfolio(view, now) for view in views) or "No venue is configured."


def _portfolio(view: PortfolioView, now: datetime) -> str:
    head = f"{bold(view.venue)} {bold(money(view.nav, view.base))}"
    if view.nav is None:
        head = f"{bold(view.venue)} total value unknown"
    rows = [(row.asset, money(row.value), _weight(row), _target(row)) for row in view.rows]
    parts = [
        head,
        escape(verdict(view.status)),
        preformatted(table(("asset", view.base, "is", "target"), rows, align="lrrr")),
    ]
    drifted = [row for row in view.rows if row.in_band is False]
    if drifted:
        words = ", ".join(f"{row.asset} {percent(row.drift, signed=True)}" for row in drifted)
        parts.append(f"Outside its band: {escape(words)}")
    elif any(row.target is not None for row in view.rows):
        parts.append("Every asset is inside its band.")
    parts.extend(_left_alone(view))
    parts.extend(f"• not valued: {escape(line)}" for line in view.unpriced)
    parts.append(problems(view.status))
    parts.append(f"<i>prices of {escape(view.venue)}, {age_since(view.at, now)} old</i>")
    return "\n".join(part for part in parts if part)


def _left_alone(view: PortfolioView) -> list[str]:
    """Name what no target manages; where there are no targets at all nothing stands out."""
    alone = [row.asset for row in view.rows if row.target is None]
    if not alone or len(alone) == len(view.rows):
        return []
    return [f"Without a target, so left alone: {escape(', '.join(alone))}"]


def positions(views: Sequence[PortfolioView], now: datetime) -> str:
    """Show amounts and prices of what is held."""
    parts = []
    for view in views:
        rows = [(row.asset, exact(row.total), price(row.price)) for row in view.rows if row.total]
        body = (
            preformatted(table(("asset", "amount", f"in {view.base}"), rows, align="lrr"))
            if rows
            else "Nothing is held."
        )
        parts.append(
            f"{bold(view.venue)} {escape(verdict(view.status))}\n{body}\n"
            f"<i>prices of {escape(view.venue)}, {age_since(view.at, now)} old</i>"
        )
    return "\n\n".join(parts) or "No venue is configured."


def allocation(views: Sequence[PortfolioView], now: datetime) -> str:
    """Show targets against what is, and how far off."""
    parts = []
    for view in views:
        rows = [
            (
                row.asset,
                _target(row),
                _weight(row),
                _NONE if row.drift is None else percent(row.drift, signed=True)[:-2],
                {True: "ok", False: "OUT", None: _NONE}[row.in_band],
            )
            for row in view.rows
            if row.target is not None or row.weight
        ]
        head = ("asset", "target", "is", "drift", "band")
        parts.append(
            f"{bold(view.venue)} {escape(verdict(view.status))}\n"
            f"{preformatted(table(head, rows, align='lrrrr'))}\n"
            f"<i>of {escape(money(view.nav, view.base))} · prices of {escape(view.venue)}, "
            f"{age_since(view.at, now)} old</i>"
        )
    return "\n\n".join(parts) or "No venue is configured."


def _target(row: PortfolioRowView) -> str:
    return _NONE if row.target is None else f"{row.target * 100:.1f}%"


def _weight(row: PortfolioRowView) -> str:
    """An asset without a target has no weight; one without a price has an unknown one."""
    if row.weight is not None:
        return f"{row.weight * 100:.1f}%"
    return _NONE if row.target is None and row.value is not None else UNKNOWN
