"""The bot about itself: state, health, jobs, breakers, configuration, log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from handlers.rendering.figures import age_since, at
from handlers.rendering.text import bold, code, escape, preformatted
from handlers.rendering.views import ComponentView, JobView
from trading.model.trading_state import TradingMode, TradingState

_SIGNS = {TradingMode.ACTIVE: "🟢", TradingMode.REDUCING: "🟠", TradingMode.HALTED: "🔴"}
LOG_LINE = 300


def trading_state(state: TradingState, now: datetime) -> str:
    """Say whether the bot may trade, why, since when and by whom; plain text."""
    return (
        f"{_SIGNS[state.mode]} Trading is {state.mode.value}: {state.reason} "
        f"(since {age_since(state.since, now)}, by {state.by})"
    )


def components(views: Sequence[ComponentView], now: datetime) -> str:
    """List the parts of the bot and how each does."""
    lines = []
    for view in views:
        since = f" (for {age_since(view.since, now)})" if view.since else ""
        sign = "✅" if view.healthy else "❌"
        lines.append(f"{sign} {bold(view.name)} {escape(view.detail)}{since}")
    return "\n".join(lines) or "Nothing reports its health yet."


def health(views: Sequence[ComponentView], now: datetime) -> str:
    """Lead with the verdict: healthy, or what is not."""
    sick = [view.name for view in views if not view.healthy]
    verdict = "✅ Healthy" if not sick else f"❌ Not healthy: {', '.join(sick)}"
    return f"{bold(verdict)}\n{components(views, now)}"


def jobs(views: Sequence[JobView], zone: tzinfo, now: datetime) -> str:
    """List the scheduled jobs with their next runs in the owner's time zone."""
    parts = []
    for view in views:
        state = "⏸ paused" if view.paused else "▶ running now" if view.running else "⏱"
        following = at(view.next_run_at, zone) if view.next_run_at else "not scheduled"
        lines = [f"{bold(view.name)} {state} · {escape(view.schedule)}", f"next: {following}"]
        if view.last_finished_at:
            outcome = escape(view.last_outcome or "done")
            lines.append(f"last: {age_since(view.last_finished_at, now)} ago, {outcome}")
        if view.last_error:
            lines.append(f"❌ {view.failures} in a row: {escape(view.last_error)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) or "There are no scheduled jobs."


def settings(values: Mapping[str, str]) -> str:
    """List names and values; secrets have been taken out before."""
    return "\n".join(f"{escape(name)}: {code(value)}" for name, value in values.items())


def log(lines: Sequence[str]) -> str:
    """Show the last lines of the log, the newest last."""
    if not lines:
        return "The log is empty."
    cut = [line if len(line) <= LOG_LINE else f"{line[:LOG_LINE]}…" for line in lines]
    return preformatted("\n".join(cut))
