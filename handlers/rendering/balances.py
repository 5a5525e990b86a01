"""Balances in words: source and age on every figure, unknown never shown as zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.rendering.figures import age, exact, percent
from handlers.rendering.tables import table
from handlers.rendering.text import bold, escape, preformatted
from handlers.rendering.views import AccessView, RefreshView, VerifyView
from trading.model.balance import BalanceReading, BalanceStatus, VenueBalances
from trading.model.identifiers import Asset

ROWS_A_PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The moment that ages are counted from, on both clocks."""

    wall: datetime
    monotonic: float

    def age_of(self, reading: BalanceReading) -> str:
        """Age of a reading."""
        return age(reading.age_seconds(monotonic=self.monotonic, now=self.wall))


def verdict(status: BalanceStatus) -> str:
    """Say in one line how far a venue's balances can be trusted."""
    if status.verified:
        source = status.source.value if status.source else "unknown source"
        return f"✅ verified · {source} · {age(status.age_seconds)} old"
    if status.source is None:
        return "❌ unknown: never read"
    kind = "last stored figures" if status.fallback_in_use else "not verified"
    return f"⚠ {kind} · {status.source.value} · {age(status.age_seconds)} old"


def problems(status: BalanceStatus) -> str:
    """Return the troubles of a venue's balances, a line each; empty when there are none."""
    lines = [f"• {escape(problem)}" for problem in status.problems]
    if status.acceptable:
        lines.append(f"If this is right: /refresh accept {escape(status.venue)}")
    return "\n".join(lines)


def balances(
    venues: Sequence[VenueBalances], now: Now, *, only: Asset | None = None, page: int = 0
) -> tuple[str, int]:
    """Return the page's text and how many pages there are."""
    rows = [
        (venue, reading)
        for venue in venues
        for reading in sorted(venue.readings.values(), key=lambda reading: reading.asset)
        if only is None or reading.asset == only
    ]
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    shown = rows[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]
    parts = []
    for venue in venues:
        mine = [reading for owner, reading in shown if owner is venue]
        if mine or not venue.readings or only is not None or page == 0:
            parts.append(_venue(venue, mine, now, only))
    return "\n\n".join(parts), pages


def _venue(
    venue: VenueBalances, readings: Sequence[BalanceReading], now: Now, only: Asset | None
) -> str:
    parts = [f"{bold(venue.status.venue)} {escape(verdict(venue.status))}"]
    if readings:
        rows = [
            (
                reading.asset,
                exact(reading.total),
                f"{_mark(reading)}{reading.source.value} {now.age_of(reading)}",
            )
            for reading in readings
        ]
        parts.append(preformatted(table(("asset", "total", "source, age"), rows, align="lrr")))
        parts.extend(
            _details(venue, reading) for reading in readings if _has_detail(venue, reading)
        )
        parts.append(_last_change(readings, now))
    elif only is not None:
        parts.append(_absent(venue, only))
    elif not venue.readings:
        parts.append(
            "Nothing is known of this venue's balances."
            if venue.status.source is None
            else "This account is empty."
        )
    if only is None and venue.held_elsewhere:
        held = ", ".join(
            f"{exact(amount)} {code}" for code, amount in venue.held_elsewhere.items()
        )
        parts.append(f"<i>Not spendable here (staked or earning): {escape(held)}</i>")
    parts.append(problems(venue.status))
    return "\n".join(part for part in parts if part)


def _last_change(readings: Sequence[BalanceReading], now: Now) -> str:
    """Say when an amount last changed, which is another age than when it was confirmed."""
    newest = max(readings, key=lambda reading: reading.changed_at)
    ago = age(max(0.0, (now.wall - newest.changed_at).total_seconds()))
    return f"<i>Last change seen: {escape(newest.asset)}, {ago} ago</i>"


def _absent(venue: VenueBalances, asset: Asset) -> str:
    if venue.status.verified:
        return f"No {escape(asset)}: a complete, verified answer does not mention it, so it is 0."
    return f"{escape(asset)}: unknown. It may be there; no verified answer says so."


def _mark(reading: BalanceReading) -> str:
    return "" if reading.verified else "⚠"


def _has_detail(venue: VenueBalances, reading: BalanceReading) -> bool:
    return bool(reading.locked or venue.reserved.get(reading.asset))


def _details(venue: VenueBalances, reading: BalanceReading) -> str:
    free = venue.free_to_spend(reading.asset)
    parts = [f"free {exact(free)}"]
    if reading.locked:
        parts.append(f"in orders {exact(reading.locked)}")
    reserved = venue.reserved.get(reading.asset)
    if reserved:
        parts.append(f"reserved {exact(reserved)}")
    return f"<i>{escape(reading.asset)}: {escape(', '.join(parts))}</i>"


def refreshed(results: Sequence[RefreshView], now: Now) -> str:
    """Say how asking the venues went."""
    parts = []
    for result in results:
        took = f"{result.duration_seconds:.2f} s"
        if result.balances is None:
            parts.append(
                f"{bold(result.venue)} ❌ no fresh balances after {took}: "
                f"{escape(result.error or 'no reason given')}\n"
                "What was known before still stands; it is older now."
            )
        else:
            text, _ = balances([result.balances], now)
            parts.append(f"{text}\n<i>asked just now, answered in {took}</i>")
    return "\n\n".join(parts) or "No venue is configured."


def verification(view: VerifyView, now: Now) -> str:
    """Say whether an amount can be spent, with every figure that decides it."""
    reading = view.reading
    head = "✅ Yes, enough" if view.sufficient else "❌ No, not enough"
    rows = [
        ("asked about", exact(view.amount)),
        ("needed", exact(view.required)),
        ("buffer in it", percent(view.buffer_fraction)),
        ("free", exact(view.free)),
        ("reserved", exact(view.reserved)),
        ("spendable", exact(view.spendable)),
    ]
    origin = f"{reading.source.value}, {now.age_of(reading)} old"
    trust = "verified" if reading.verified else "NOT verified: no order may rest on it"
    if view.asked_seconds is not None:
        origin += (
            f"; {reading.venue} was asked just now and answered in {view.asked_seconds:.2f} s"
        )
    return "\n".join(
        (
            f"{bold(head)} {escape(reading.asset)} on {escape(reading.venue)}",
            preformatted(table((reading.asset, "amount"), rows, align="lr")),
            f"<i>{escape(trust)} · {escape(origin)}</i>",
        )
    )


def accesses(views: Sequence[AccessView], now: datetime) -> str:
    """List who read which balance, the newest first."""
    lines = [
        f"{age((now - view.at).total_seconds())} ago {view.point.path.value} "
        f"{view.venue or 'all venues'} {_read(view)} "
        f"[{view.source.value if view.source else view.error or '–'}] "
        f"{view.point.file}:{view.point.line} {view.point.function}"
        for view in views
    ]
    return preformatted("\n".join(lines)) if lines else "No balance has been read yet."


def _read(view: AccessView) -> str:
    """What was read; a whole account has no single figure."""
    return "whole account" if view.asset is None else f"{view.asset} = {exact(view.value)}"
