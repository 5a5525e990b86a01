"""What happened to the bot itself, in words: what, what it did about it, what the owner can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from handlers.rendering.figures import at, moment_of
from handlers.rendering.text import bold, code, escape
from trading.model.trading_state import TradingMode

Payload = Mapping[str, Any]

_MODES = {
    TradingMode.ACTIVE: ("🟢", "Orders may be placed. /halt stops it at any time."),
    TradingMode.REDUCING: ("🟠", "Only orders that reduce what is at risk are placed."),
    TradingMode.HALTED: (
        "🔴",
        "No new order is placed; /orders shows what still works. /resume lets trading go on.",
    ),
}
_MOST_LINES = 10


def trading_state(payload: Payload, zone: tzinfo) -> str:
    """Trading was halted, reduced or resumed."""
    mode = TradingMode(payload["mode"])
    sign, effect = _MODES[mode]
    return (
        f"{sign} {bold(f'Trading is {mode.value}')}: {escape(payload['reason'])}\n{effect}\n"
        f"<i>by {escape(payload['by'])}, {at(moment_of(payload['since']), zone)}</i>"
    )


def balances_questioned(payload: Payload, _zone: tzinfo) -> str:
    """A venue's answer about balances was not believed."""
    venue = escape(payload["venue"])
    way_out = (
        f"\nThe bot keeps asking. If this is right: /refresh accept {venue}"
        if payload["acceptable"]
        else "\nThe bot keeps asking; /balance shows how it stands."
    )
    return (
        f"⚠ {bold('Balances in question')} · {venue}\n{_lines(payload['problems'])}\n"
        f"The last good figures stand, marked as not verified; no order rests on them.{way_out}"
    )


def balances_verified(payload: Payload, _zone: tzinfo) -> str:
    """They are good again."""
    return (
        f"✅ Balances of {escape(payload['venue'])} are verified again; orders may rest on them."
    )


def part_trouble(payload: Payload, _zone: tzinfo) -> str:
    """A part of the bot keeps falling, or runs well again."""
    name = bold(payload["name"])
    if payload["is_over"]:
        return f"✅ {name} works again."
    return (
        f"⚠ {name} keeps failing: {code(payload['error'])}\nIt is started again, ever more "
        "rarely; the other parts go on. /health shows it, I say so when it works again."
    )


def job_trouble(payload: Payload, _zone: tzinfo) -> str:
    """A job began to fail, or works again."""
    name = bold(payload["name"])
    failures = int(payload["failures"])
    if payload["is_over"]:
        count = "1 failure" if failures == 1 else f"{failures} failures"
        return f"✅ The job {name} works again, after {count}."
    return (
        f"⚠ The job {name} failed: {escape(payload['error'])}\nIt is tried again, ever more "
        "rarely; /jobs shows it. I say no more until it works again."
    )


def reload(payload: Payload, _zone: tzinfo) -> str:
    """The configuration was read again, because a signal asked for it."""
    if payload.get("problems"):
        return (
            f"❌ {bold('The configuration was not reloaded')}\n{_lines(payload['problems'])}\n"
            "Nothing was changed: the old one stays in force. Correct the file and reload again."
        )
    applied: Sequence[object] = payload["applied"]
    waiting: Sequence[object] = payload["restart_needed"]
    if not applied and not waiting:
        return "The configuration was reloaded; nothing in it has changed."
    parts = [f"✅ {bold('The configuration was reloaded')}"]
    if applied:
        parts.append(f"in force now: {_names(applied)}")
    if waiting:
        parts.append(f"⚠ only after a restart: {_names(waiting)}")
    return "\n".join(parts)


def started(payload: Payload, _zone: tzinfo) -> str:
    """The process began: what the last one left, and what reconciliation found."""
    venues: Sequence[Payload] = payload["venues"]
    parts = [_beginning(payload), *(_found(venue) for venue in venues)]
    runs: Sequence[object] = payload["runs_interrupted"]
    if runs:
        count = "A rebalance was" if len(runs) == 1 else f"{len(runs)} rebalances were"
        parts.append(f"{count} interrupted and not continued; see the message about it.")
    return "\n".join(parts)


def _beginning(payload: Payload) -> str:
    if payload["is_first"]:
        return f"👋 {bold('Started')} for the first time. /help lists what I understand."
    if payload["was_clean"]:
        return f"▶ {bold('Started')}; the last time I was stopped as I should be."
    return (
        f"⚠ {bold('Started again')} after the last process died. No order was sent a second time; "
        "every order was compared with the venue:"
    )


def _found(venue: Payload) -> str:
    name = escape(venue["venue"])
    if venue["error"]:
        return (
            f"❌ {name}: not compared yet ({escape(venue['error'])}). It is tried again by "
            "itself; until then nothing is traded there."
        )
    facts = [
        *_count(venue["fills"], "fill booked", "fills booked"),
        *_count(venue["adopted"], "order of somebody else found", "orders of others found"),
    ]
    changed: Sequence[Payload] = venue["changed"]
    unknown: Sequence[object] = venue["unknown"]
    problems: Sequence[object] = venue["problems"]
    if not facts and not changed and not unknown and not problems:
        return f"✅ {name}: journal and venue agree."
    sign = "⚠" if unknown or problems else "✅"
    lines = [f"{sign} {name}: {', '.join(facts) or 'compared with the venue'}"]
    lines.extend(_shortened([_settled(order) for order in changed]))
    lines.extend(_shortened([_in_doubt(order) for order in unknown]))
    lines.extend(_shortened([f"• {escape(problem)}" for problem in problems]))
    return "\n".join(lines)


def _settled(order: Payload) -> str:
    status = escape(str(order["status"]).replace("_", " "))
    return f"• {code(order['client_order_id'])} is {status}"


def _in_doubt(client_order_id: object) -> str:
    return (
        f"• {code(client_order_id)} is in doubt: the bot looks for proof, its funds stay reserved"
    )


def _count(number: int, one: str, many: str) -> list[str]:
    return [f"{number} {one if number == 1 else many}"] if number else []


def _names(names: Sequence[object]) -> str:
    return ", ".join(code(name) for name in names)


def _lines(problems: Sequence[object]) -> str:
    return "\n".join(_shortened([f"• {escape(problem)}" for problem in problems]))


def _shortened(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _MOST_LINES:
        return list(lines)
    return [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more"]
