"""Closing in words: what would be sold, and what became of it, asset by asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from handlers.rendering.figures import exact, money, percent, price
from handlers.rendering.text import bold, escape
from trading.intents.closing import ClosingPreview

Payload = Mapping[str, Any]


def preview(found: ClosingPreview) -> str:
    """Show what closing one venue would sell, before any button."""
    head = bold(f"Close {found.venue}")
    if found.refused is not None:
        return f"{head}\n❌ {escape(found.refused)}"
    if found.plan is None and found.unknown is None:
        lines = [head, "Nothing is held that can be sold."]
    elif found.plan is None:
        lines = [head, f"What would be sold is not known now: {escape(found.unknown)}"]
    else:
        whole = sum((order.value for order in found.plan.orders), Decimal(0))
        share = whole / found.plan.value if found.plan.value else None
        lines = [f"{head} · sells {escape(money(whole, found.base))} ({percent(share)})"]
        lines.extend(
            f"• {order.side.value} {exact(order.quantity)} {escape(order.symbol)} at "
            f"{price(order.limit_price)} or better: {escape(money(order.value, found.base))}"
            for order in found.plan.orders
        )
        lines.append(f"Fees about {escape(money(found.plan.estimated_cost, found.base))}.")
    lines.extend(
        f"• {escape(asset)} stays: {escape(why)}" for asset, why in found.left_out.items()
    )
    lines.extend(_elsewhere({code: exact(held) for code, held in found.held_elsewhere.items()}))
    return "\n".join(lines)


def result(payload: Payload) -> str:
    """Say how closing one venue ended; `payload` as `closing_payload` makes it."""
    venue, base = escape(payload["venue"]), str(payload["base"])
    if payload["refused"]:
        lines = [f"❌ {bold('Not closed')} · {venue}", escape(payload["refused"])]
        lines.extend(f"⚠ {escape(problem)}" for problem in payload["problems"])
        return "\n".join(lines) + _orders(payload)
    sign = "✅" if payload["is_whole"] else "🟠"
    words = "Closed" if payload["is_whole"] else "Closed in part"
    lines = [f"{sign} {bold(words)} · {venue}{_orders(payload)}"]
    assets: Sequence[Payload] = payload["assets"]
    lines.extend(_asset(each, base) for each in assets)
    if not assets and not payload["problems"]:
        lines.append("Nothing was held that could be sold.")
    lines.extend(_elsewhere(payload["held_elsewhere"]))
    if Decimal(payload["brought"]):
        lines.append(
            f"Brought {_money(payload['brought'], base)}, fees {_money(payload['fees'], base)}."
        )
    lines.extend(f"⚠ {escape(problem)}" for problem in payload["problems"])
    lines.append(f"<i>{payload['seconds']:.1f} s</i>")
    return "\n".join(lines)


def at_the_end(payload: Payload, _zone: tzinfo) -> str:
    """Say what a clean stop with `on_shutdown = "close"` sold."""
    venues: Sequence[Payload] = payload["venues"]
    head = f"⏹ {bold('Stopped')}, and closed as on_shutdown says."
    return "\n".join([head, *(result(venue) for venue in venues)])


def _orders(payload: Payload) -> str:
    count = payload["cancelled"]
    if count is None:
        return (
            "" if payload["refused"] else "\n⚠ it is not known whether open orders were cancelled"
        )
    return f"\n{count} open orders cancelled" if count else ""


def _asset(each: Payload, base: str) -> str:
    sold = Decimal(each["sold"])
    what = f"sold {_exact(each['sold'])} of {_exact(each['held'])}"
    brought = f" for {_money(each['brought'], base)}" if sold else ""
    if each["reason"] is None:
        return f"• {escape(each['asset'])}: {what}{brought}"
    left = "" if each["left"] is None else f", {_exact(each['left'])} left"
    return f"• {escape(each['asset'])}: {what}{brought}{left}: {escape(each['reason'])}"


def _elsewhere(held: Mapping[str, str]) -> list[str]:
    return [
        f"• {escape(code)}: {escape(amount)} cannot be sold from here (staked or earning)"
        for code, amount in held.items()
    ]


def _exact(text: object) -> str:
    return exact(Decimal(str(text)))


def _money(text: object, base: str) -> str:
    return escape(money(Decimal(str(text)), base))
