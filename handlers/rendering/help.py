"""/start and /help, made from the table of commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.rendering.text import bold, code, escape

HelpRow = tuple[str, str]
"""A command as it is typed, and its summary."""


def overview(groups: Mapping[str, Sequence[HelpRow]]) -> str:
    """List the commands under their headings."""
    parts = []
    for heading, rows in groups.items():
        lines = [f"{escape(typed)} – {escape(summary)}" for typed, summary in rows]
        parts.append("\n".join((bold(heading), *lines)))
    return "\n\n".join(parts)


def one(typed: str, summary: str, details: str) -> str:
    """Explain one command."""
    parts = [code(typed), escape(summary)]
    if details:
        parts.append(escape(details.replace("`", "")))
    return "\n".join(parts)


def welcome(state: str, venues: Sequence[str]) -> str:
    """Greet an owner or a viewer, and say first what matters first."""
    where = ", ".join(venues) or "no venue yet"
    return (
        f"{bold('Steelyard')} keeps your portfolio in balance on {escape(where)} and tells you "
        f"the truth about it.\n{escape(state)}\n\n"
        "Every figure comes with its source and its age. Anything that trades shows what it "
        "will do, in money and in percent, and waits for your button.\n\n"
        "Start with /balance, /portfolio or /rebalance. /halt stops trading at any time. "
        "/help lists everything."
    )
