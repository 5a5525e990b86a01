"""What should not have happened, whole: the proof before, the venue's words, the proof now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from handlers.rendering import order_details as details
from handlers.rendering.tables import table
from handlers.rendering.text import bold, code, escape, preformatted

Payload = Mapping[str, Any]


def shortage(payload: Payload, _zone: tzinfo) -> str:
    """A venue lacked the money that the check before the order had proven."""
    facts: Mapping[str, str] = payload["evidence"]
    asset, venue = escape(facts["asset"]), escape(payload["venue"])
    said = facts.get("said") or payload.get("note") or "no reason given"
    what = (
        f"{escape(payload['side'])} {escape(details.amount(payload['quantity']))} "
        f"{escape(payload['symbol'])}: {venue} said {code(said)}. Nothing was placed, and it is "
        "not sent again."
    )
    needed = escape(details.amount(facts["required"]))
    way_out = (
        f"Probably another program or person uses this account, or {venue} holds back more than "
        "it tells. If you know of none: /halt stops trading; "
        f"/verify {venue} {asset} {needed} now asks again."
    )
    return "\n".join(
        (
            f"⛔ {bold('Not enough funds, in spite of the check')} · {venue}",
            what,
            f"What the check rested on:\n{details.evidence(facts)}",
            _now(facts, facts["asset"]),
            way_out,
            f"<i>{code(payload['client_order_id'])} · {escape(payload['correlation_id'])}</i>",
        )
    )


def _now(facts: Mapping[str, str], asset: str) -> str:
    """What the venue was asked at once, and what it answered."""
    if "now_error" in facts:
        return f"Fresh balances were asked for at once and not had: {escape(facts['now_error'])}"
    rows = [
        (name, details.amount(facts[f"now_{name}"]))
        for name in ("free", "reserved", "locked")
        if f"now_{name}" in facts
    ]
    shown = preformatted(table((asset, "now"), rows, align="lr"))
    source = escape(facts.get("now_source", "unknown source"))
    return (
        f"Fresh balances were asked for at once:\n{shown}\n<i>{source}, in "
        f"{escape(facts.get('now_seconds', '?'))} s</i>"
    )
