"""Orders, fills and reconciliation in words; every amount exactly as it was booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from handlers.rendering.figures import age_since, at, exact, moment_of, price
from handlers.rendering.text import bold, code, escape
from trading.model.fill import Fill
from trading.model.order import Order
from trading.model.order_status import OrderStatus

Payload = Mapping[str, Any]


def orders(found: Sequence[Order], now: datetime) -> str:
    """List working orders; the source is the journal, and its age is shown."""
    if not found:
        return "No order is working. (From the journal, just now.)"
    return "\n\n".join(order(each, now) for each in found)


def order(each: Order, now: datetime) -> str:
    """Describe one order."""
    intent = each.intent
    limit = "" if intent.limit_price is None else f" at {price(intent.limit_price)}"
    in_doubt = f"\n{doubt(each)}" if each.status is OrderStatus.UNKNOWN else ""
    return (
        f"{bold(f'{intent.side.value} {exact(intent.quantity)} {intent.symbol}')}{limit} · "
        f"{escape(each.status.value.replace('_', ' '))}\n"
        f"filled {exact(each.filled_quantity)} · {escape(intent.venue)} · "
        f"{escape(intent.origin.value)}\n"
        f"{code(each.client_order_id)} <i>journal, {age_since(each.updated_at, now)} old</i>"
        f"{in_doubt}"
    )


def doubt(each: Order) -> str:
    """Say what an unknown outcome means, and what its owner can do."""
    return (
        f"⚠ Its outcome is not known yet; nothing else trades {escape(each.intent.symbol)} until "
        f"it is proven. If you know better: /resolve {escape(each.client_order_id)} "
        "placed|not-placed"
    )


def trades(found: Sequence[Fill], now: datetime) -> str:
    """List fills, the newest first."""
    if not found:
        return "No trade is booked yet."
    return "\n\n".join(
        f"{bold(_verb(each.side.value))} {exact(each.quantity)} {escape(each.symbol.base)} at "
        f"{price(each.price)}\n"
        f"{exact(each.cost)} {escape(each.symbol.quote)} · fee {exact(each.fee)} "
        f"{escape(each.fee_asset)}\n"
        f"<i>{escape(each.venue)}'s fill {escape(each.fill_id)}, "
        f"{age_since(each.executed_at, now)} ago</i>"
        for each in found
    )


def fill_notice(payload: Payload, zone: tzinfo) -> str:
    """One execution, to the last digit: the owner may compare it with the venue's own book."""
    base, quote = str(payload["symbol"]).split("/")
    side = str(payload["side"])
    ours = "placed by somebody else" if payload.get("external") else payload["client_order_id"]
    return (
        f"{bold(_verb(side))} {code(_amount(payload['quantity']))} {escape(base)} at "
        f"{code(_amount(payload['price']))} {escape(quote)}\n"
        f"{'cost' if side == 'buy' else 'proceeds'} {code(_amount(payload['cost']))} "
        f"{escape(quote)} · fee {code(_amount(payload['fee']))} {escape(payload['fee_asset'])}\n"
        f"<i>{escape(payload['venue'])}, {at(moment_of(payload['executed_at']), zone)} · fill "
        f"{escape(payload['fill_id'])} · {escape(ours)}</i>"
    )


def order_notice(payload: Payload, _zone: tzinfo) -> str:
    """How an order ended."""
    status = str(payload["status"])
    lines = [
        f"{bold('Order ' + status.replace('_', ' '))}: {_what(payload)}",
        f"filled {code(_amount(payload['filled_quantity']))}",
    ]
    if payload.get("previous_status") == OrderStatus.UNKNOWN.value:
        lines.append("Its outcome had been unknown; this is proven now.")
    lines.extend(_tail(payload))
    return "\n".join(lines)


def unknown_notice(payload: Payload, _zone: tzinfo) -> str:
    """A send whose outcome is in doubt."""
    return "\n".join(
        (
            f"⚠ {bold('Outcome unknown')}: {_what(payload)}",
            "It may or may not have reached the venue. It is never sent again.",
            f"I look for it until one or the other is proven; {escape(payload['symbol'])} waits.",
            f"If you know better: /resolve {escape(payload['client_order_id'])} placed|not-placed",
            *_tail(payload),
        )
    )


def external_notice(payload: Payload, zone: tzinfo) -> str:
    """An order that somebody else placed."""
    head = (
        "⛔ An order carries my id and is not in my journal: a restored backup, or a second copy "
        "of this bot"
        if payload.get("stray")
        else "An order that I did not place is at the venue; I leave it alone"
    )
    limit = payload.get("limit_price")
    price_text = f" at {code(_amount(limit))}" if limit is not None else ""
    return (
        f"{bold(head)}\n{escape(payload['side'])} {code(_amount(payload['quantity']))} "
        f"{escape(payload['symbol'])}{price_text}, {escape(payload['status'])}, filled "
        f"{code(_amount(payload['filled_quantity']))}\n"
        f"<i>{escape(payload['venue'])}, {at(moment_of(payload['opened_at']), zone)} · "
        f"{escape(payload['venue_order_id'])}</i>"
    )


def _what(payload: Payload) -> str:
    limit = payload.get("limit_price")
    price_text = f" at {code(_amount(limit))}" if limit is not None else ""
    return (
        f"{escape(payload['side'])} {code(_amount(payload['quantity']))} "
        f"{escape(payload['symbol'])}{price_text} on {escape(payload['venue'])}"
    )


def _tail(payload: Payload) -> list[str]:
    lines = [escape(payload["note"])] if payload.get("note") else []
    return [*lines, f"<i>{escape(payload['client_order_id'])}</i>"]


def _verb(side: str) -> str:
    return "Bought" if side == "buy" else "Sold"


def _amount(value: object) -> str:
    return exact(Decimal(str(value)))
