"""The words around commands: refusals, suggestions, failures, interruptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from handlers.confirmation import PressKind
from handlers.parsing import nearest
from handlers.rendering.figures import age, at
from handlers.rendering.text import bold, code, escape

EDITED = "An edited message is not run. Nothing was done. Send the command as a new message."
FORWARDED = "A forwarded command is not run. Nothing was done. Type it yourself if you mean it."
OWNERS_ONLY = "Only an owner may do that. Nothing was done."
STALE_BUTTON = "This button is not valid any more. Ask again for a new one."
DECLINED = "Cancelled. Nothing was done."
PAPER = "<b>PAPER</b> · real prices, no real money"
"""The first line of everything a bot says that trades on paper."""

_PRESS_NAMES = {
    PressKind.VIEW: "the refresh button",
    PressKind.CONFIRM: "the Confirm button",
    PressKind.DECLINE: "the Cancel button",
    PressKind.MENU: "the emergency button",
    PressKind.EMERGENCY_CONFIRM: "the emergency Confirm button",
    PressKind.EMERGENCY_DECLINE: "the emergency Cancel button",
}


def press_name(kind: PressKind, value: str) -> str:
    """Return a button in words; tokens are never shown."""
    name = _PRESS_NAMES[kind]
    return f"{name} {value}" if kind in (PressKind.VIEW, PressKind.MENU) else name


def unknown(name: str, known: Iterable[str]) -> str:
    """Say that there is no such command, and which one may be meant."""
    near = nearest(name, known)
    hint = f"Did you mean /{near}?" if near else "/help lists what I understand."
    return f"There is no command {code('/' + name)}. Nothing was done. {hint}"


def not_a_command(text: str, known: Iterable[str]) -> str:
    """Answer what is no command."""
    first = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    near = nearest(first, known) if first else None
    hint = f"Did you mean /{near}?" if near else "/help lists them."
    return f"I understand commands only, such as /balance. {hint}"


def not_understood(reason: str, typed: str | None) -> str:
    """Say what was wrong with the arguments, and what would be right."""
    usage = f"\nUsage: {code(typed)}" if typed else ""
    return f"{escape(reason)}{usage}"


def failed(reason: str, correlation_id: str, *, is_of_venue: bool = False) -> str:
    """Say that it did not work, in the words of the error; a venue's own say little."""
    way_out = "/breaker shows how the venue answers; ask again when it does.\n"
    hint = way_out if is_of_venue else ""
    return f"⚠ {escape(reason)}\n{hint}<i>{escape(correlation_id)}</i>"


def broke(correlation_id: str) -> str:
    """Say that the fault is the bot's own."""
    return (
        "⚠ Something broke inside the bot while it worked on this. It was not tried again. "
        f"/status shows how things stand; the log has the details under {code(correlation_id)}."
    )


def too_slow(seconds: float, correlation_id: str) -> str:
    """Say that the bot stopped waiting."""
    return (
        f"⚠ No result within {age(seconds)}, so I stopped waiting. Orders already sent are "
        f"followed up all the same: /orders and /status show them. {code(correlation_id)}"
    )


def too_old(what: str, seconds: float, limit: float) -> str:
    """Say that a command was not run because of its age."""
    return (
        f"{code(what)} is too old: sent {age(seconds)} before I could run it, and I run nothing "
        f"older than {age(limit)}. Nothing was done. Send it again if you still want it."
    )


def waiting_for_storage(what: str, reason: str) -> str:
    """Say that a command waits because nothing can be written down."""
    return (
        f"⚠ {code(what)} waits: I cannot write to my database now, and nothing is done that is "
        f"not written down first. /halt and /emergency work all the same. ({escape(reason)})"
    )


def interrupted(what: str, started_at: datetime | None, did: Sequence[str], zone: tzinfo) -> str:
    """Tell what is known of a command during which the process ended."""
    began = f" at {at(started_at, zone)}" if started_at else ""
    known = "\n".join(f"• {escape(line)}" for line in did)
    facts = f"What it did before that:\n{known}" if did else "It had placed no order."
    return (
        f"{bold('Interrupted.')} {code(what)} was started{began} and the bot stopped before it "
        f"was finished. It was not repeated.\n{facts}\nSend it again if you still want it."
    )
