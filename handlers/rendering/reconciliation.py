"""What comparing the journal with the venues found."""

from __future__ import annotations

from handlers.rendering.figures import exact
from handlers.rendering.text import bold, escape
from handlers.rendering.views import ReconciliationView, VenueReconciliationView
from trading.model.order import Order


def report(view: ReconciliationView) -> str:
    """Say for each venue whether everything fits, and what does not."""
    return "\n\n".join(_venue(each) for each in view.venues) or "No venue is configured."


def _venue(view: VenueReconciliationView) -> str:
    is_clean = not (view.error or view.problems or view.unknown)
    lines = [f"{'✅' if is_clean else '⚠'} {bold(view.venue)} in {view.duration_seconds:.1f} s"]
    if view.error:
        lines.append(f"❌ not finished: {escape(view.error)}")
    elif is_clean and not (view.changed or view.adopted or view.fills):
        lines.append("Journal and venue agree; nothing had to be changed.")
    lines.extend(
        f"• {_name(order)} is now {escape(order.status.value.replace('_', ' '))} "
        f"<i>{escape(order.client_order_id)}</i>"
        for order in view.changed
    )
    if view.fills:
        lines.append(f"• {len(view.fills)} fills booked that I had not heard of")
    lines.extend(f"• not mine, left alone: {_name(order)}" for order in view.adopted)
    lines.extend(
        f"• outcome still unknown: {_name(order)} <i>{escape(order.client_order_id)}</i>"
        for order in view.unknown
    )
    lines.extend(f"⚠ {escape(problem)}" for problem in view.problems)
    return "\n".join(lines)


def _name(order: Order) -> str:
    intent = order.intent
    return f"{escape(intent.side.value)} {exact(intent.quantity)} {escape(intent.symbol)}"
