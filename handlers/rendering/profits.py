"""Profit and loss in words: from fills and fees alone, a missing price never counts as nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from handlers.rendering.figures import age_since, at, average, exact, money
from handlers.rendering.tables import table
from handlers.rendering.text import bold, escape, preformatted
from trading.intents.pnl import PnlLine, PnlView


def profits(views: Sequence[PnlView], now: datetime, zone: tzinfo) -> str:
    """Show the profit and loss of each venue."""
    return "\n\n".join(_venue(view, now, zone) for view in views) or "No venue is configured."


def caption(views: Sequence[PnlView]) -> str:
    """Stand under the picture."""
    return bold(f"Profit and loss: {', '.join(view.venue for view in views)}")


def _venue(view: PnlView, now: datetime, zone: tzinfo) -> str:
    if view.since is None:
        return f"{bold(view.venue)}: no trade is booked yet, so there is no profit or loss."
    totals = view.totals
    rows = [
        ("realised today", money(totals.realised_today)),
        ("last 7 days", money(totals.realised_week)),
        ("last 30 days", money(totals.realised_month)),
        ("since the start", money(totals.realised)),
        ("not realised yet", money(totals.unrealised)),
        ("fees (included)", money(totals.fees)),
    ]
    parts = [
        f"{bold(view.venue)} profit and loss",
        preformatted(table(("", view.base), rows, align="lr")),
        *(_line(line) for line in view.lines if line.book.quantity or line.problem),
        *(_unmatched(line) for line in view.lines if line.book.unmatched_quantity),
    ]
    parts.append(
        f"<i>from {view.fills} fills of the journal since {at(view.since, zone)}; "
        f"{_prices(view, now)}</i>"
    )
    return "\n".join(parts)


def _prices(view: PnlView, now: datetime) -> str:
    if view.prices_as_of is None:
        return "no price was needed"
    return f"prices of {escape(view.venue)}, {age_since(view.prices_as_of, now)} old"


def _unmatched(line: PnlLine) -> str:
    """Its cost is not known: a zero above is no proof that nothing was earned with it."""
    book = line.book
    proceeds = escape(money(book.unmatched_proceeds, book.symbol.quote))
    return (
        f"⚠ {exact(book.unmatched_quantity)} {escape(book.symbol.base)} sold for {proceeds} after "
        "fees: what it had cost is not known (it came in otherwise than by fills of the journal), "
        "so it is counted neither as gain nor as loss"
    )


def _line(line: PnlLine) -> str:
    book = line.book
    quote = book.symbol.quote
    held = f"{bold(book.symbol)} {exact(book.quantity)} at {average(book.average_cost)} on average"
    if line.unrealised is None:
        return f"{held}\n   value unknown: {escape(line.problem or 'no price')}"
    return f"{held}\n   {escape(money(line.unrealised, quote))} not realised"
