"""Circuit breakers and streams in words: what is wrong, since when, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from handlers.rendering import balances
from handlers.rendering.balances import Now
from handlers.rendering.figures import age, age_since, at
from handlers.rendering.text import bold, escape
from handlers.rendering.views import BreakerView
from trading.intents.breakers import ResetOutcome, VenueStreams

_KINDS = {"market_data": "market data"}
_FAULTS_SHOWN = 3


def breakers(
    views: Sequence[BreakerView], streams: Sequence[VenueStreams], now: datetime, zone: tzinfo
) -> str:
    """List the breakers venue by venue, then the venue's streams; closed is the good state."""
    by_venue: dict[str, list[str]] = {}
    for view in views:
        by_venue.setdefault(view.venue, []).append(_breaker(view, now, zone))
    for each in streams:
        lines = by_venue.setdefault(each.venue, [])
        for stream in each.streams:
            sign = "✅" if stream.is_live else "❌"
            since = "" if stream.since is None else f" for {age_since(stream.since, now)}"
            state = "live" if stream.is_live else "down"
            again = f", {stream.reconnects} reconnects" if stream.reconnects else ""
            detail = f": {escape(stream.detail)}" if stream.detail not in ("", state) else ""
            lines.append(f"{sign} {escape(stream.name)} stream {state}{since}{again}{detail}")
    parts = ["\n".join((bold(venue), *lines)) for venue, lines in by_venue.items()]
    return "\n\n".join(parts) or "No venue is configured, so there is no breaker."


def _breaker(view: BreakerView, now: datetime, zone: tzinfo) -> str:
    is_closed = view.state == "closed"
    kind = _KINDS.get(view.kind, view.kind)
    state = "a probe is under way" if view.state == "half_open" else view.state
    line = f"{'✅' if is_closed else '❌'} {escape(kind)}: {escape(state)}"
    if view.since is not None:
        line += f" for {age_since(view.since, now)}"
    facts = []
    if view.failures:
        facts.append(f"{view.failures} failures in a row")
    if view.failed_probes:
        probes = "1 probe" if view.failed_probes == 1 else f"{view.failed_probes} probes"
        facts.append(f"{probes} of them")
    if view.open_until and view.state == "open":
        wait = (view.open_until - now).total_seconds()
        facts.append(
            f"next probe in {age(max(0.0, wait))}, at {at(view.open_until, zone)}"
            if wait > 0
            else "the next call probes"
        )
    lines = [line, *([f"   {', '.join(facts)}"] if facts else [])]
    lines.extend(
        f"   {age_since(fault.at, now)} ago: {escape(fault.reason)}"
        for fault in tuple(view.faults)[-1 : -_FAULTS_SHOWN - 1 : -1]
    )
    if view.reason and not view.faults:
        lines.append(f"   {escape(view.reason)}")
    return "\n".join(lines)


def reset(outcome: ResetOutcome, now: Now) -> str:
    """Say what was closed, and whether the venues answer now."""
    if outcome.closed:
        closed = ", ".join(
            f"{view.venue} {_KINDS.get(view.kind, view.kind)} (was {view.state} after "
            f"{view.failures} failures)"
            for view in outcome.closed
        )
        head = f"Closed: {escape(closed)}."
    else:
        head = "No breaker was open, and none had counted a failure."
    answered = [each for each in outcome.balances if each.balances is not None]
    failed = len(outcome.balances) - len(answered)
    verdict = "✅ Every venue answers." if not failed else f"❌ {failed} did not answer."
    tries = ", ".join(
        f"{each.venue} {each.attempts} {'try' if each.attempts == 1 else 'tries'}"
        for each in outcome.balances
    )
    return (
        f"{bold('Breakers are reset')} in {outcome.duration_seconds:.2f} s. {head}\n"
        f"{verdict} <i>{escape(tries)}</i>\n\n{balances.refreshed(outcome.balances, now)}"
    )
