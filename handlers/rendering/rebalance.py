"""A rebalance plan in money and in percent, and how a run went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.rendering.figures import age, average, exact, money, percent, price
from handlers.rendering.tables import table
from handlers.rendering.text import bold, code, escape, preformatted
from trading.intents.rebalance_model import Proposal, RunOrder, RunResult, RunStatus
from trading.model.order import Order

_HEADS = {
    RunStatus.RUNNING: "▶ Still running",
    RunStatus.DONE: "✅ Done",
    RunStatus.PARTIAL: "🟠 Done in part",
    RunStatus.FAILED: "❌ Failed",
    RunStatus.INTERRUPTED: "⚠ Interrupted",
}


def plan(proposal: Proposal, now: datetime) -> str:
    """Show what would be done, row by row, before any button."""
    base = proposal.base
    title = bold(f"Rebalance {proposal.venue}")
    parts = [f"{title} · {escape(money(proposal.nav, base))}"]
    if proposal.note:
        parts.append(escape(proposal.note))
    if proposal.rows:
        rows = [
            (
                row.asset,
                f"{row.weight_before * 100:.1f}%",
                f"{row.weight_after * 100:.1f}%",
                f"{row.target * 100:.1f}%",
                money(row.value_after - row.value_before),
            )
            for row in proposal.rows
        ]
        head = ("asset", "now", "then", "goal", f"± {base}")
        parts.append(preformatted(table(head, rows, align="lrrrr")))
    parts.extend(_orders(proposal))
    parts.extend(
        f"• {escape(skip.asset)} left alone: {escape(skip.reason)}" for skip in proposal.skipped
    )
    parts.append(_provenance(proposal))
    if proposal.orders:
        left = age(max(0.0, (proposal.expires_at - now).total_seconds()))
        parts.append(f"<i>This plan holds for {left}.</i>")
    return "\n".join(parts)


def _orders(proposal: Proposal) -> list[str]:
    base = proposal.base
    if not proposal.orders and proposal.limited_by:
        return [f"⚠ Nothing can be traded now: {escape(proposal.limited_by)} leaves no room."]
    if not proposal.orders:
        return ["✅ Nothing to trade: every asset that can be traded is inside its band."]
    lines = [
        f"{number}. {bold(order.side.value)} {exact(order.quantity)} {escape(order.symbol)} at "
        f"{price(order.limit_price)} or better: {escape(money(order.notional, base))} "
        f"({percent(order.fraction_of_nav)})"
        for number, order in enumerate(proposal.orders, start=1)
    ]
    cost = proposal.estimated_cost
    share = cost / proposal.nav if proposal.nav else None
    lines.append(
        f"Turnover {percent(proposal.turnover)} = "
        f"{escape(money(proposal.turnover * proposal.nav, base))}; estimated cost "
        f"{escape(money(cost, base))} ({percent(share)})"
    )
    if proposal.limited_by:
        lines.append(f"Limited by {escape(proposal.limited_by)}: the next run goes on from there.")
    return lines


def _provenance(proposal: Proposal) -> str:
    return (
        f"<i>balances: {escape(proposal.balances_source)}, "
        f"{age(proposal.balances_age_seconds)} old · prices: {escape(proposal.venue)}'s own "
        "books</i>"
    )


def caption(proposal: Proposal) -> str:
    """Stand under the picture of a plan."""
    return f"{bold(f'{proposal.venue}: before and after')}\n{_provenance(proposal)}"


def step(order: Order) -> str:
    """One line of progress."""
    intent = order.intent
    return (
        f"{escape(intent.side.value)} {exact(intent.quantity)} {escape(intent.symbol)}: "
        f"{escape(order.status.value.replace('_', ' '))}, filled {exact(order.filled_quantity)}"
    )


def run(result: RunResult) -> str:
    """Say how a run ended, with its cost and the weights after it."""
    base = result.base
    parts = [f"{bold(_HEADS[result.status])} · {escape(result.venue)}"]
    parts.extend(_run_order(order) for order in result.orders)
    parts.append(
        f"Sold {escape(money(result.sold, base))}, bought {escape(money(result.bought, base))}. "
        f"Cost {escape(money(result.cost, base))}: fees {escape(money(result.fees, base))}, "
        f"slippage {escape(money(result.slippage, base))}."
    )
    if result.rows_after:
        rows = [
            (row.asset, f"{row.weight_before * 100:.1f}%", f"{row.target * 100:.1f}%")
            for row in result.rows_after
        ]
        parts.append(preformatted(table(("asset", "is now", "goal"), rows, align="lrr")))
        parts.append("<i>by balances read after the last fill</i>")
    else:
        parts.append("The balances after it could not be read; /refresh asks again.")
    parts.extend(f"⚠ {escape(problem)}" for problem in result.problems)
    parts.append(
        f"<i>{result.duration_seconds:.1f} s · run {code(result.run_id)} · "
        f"{escape(result.correlation_id)}</i>"
    )
    return "\n".join(parts)


def _run_order(each: RunOrder) -> str:
    planned = each.planned
    what = f"{escape(planned.side.value)} {escape(planned.symbol)}"
    if each.order is None:
        return f"• {what}: not placed, {escape(each.denied or 'no reason given')}"
    done = each.order
    at = "" if done.average_price is None else f" at {average(done.average_price)} on average"
    return (
        f"• {what}: {exact(done.filled_quantity)} of {exact(planned.quantity)}{at} "
        f"({escape(done.status.value.replace('_', ' '))})"
    )


def steps(orders: Sequence[Order]) -> str:
    """The state of every order of a run that is under way."""
    return "\n".join(step(order) for order in orders)
