"""Signals in words: what each strategy says and why, where a target would go, what would trade."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from handlers.rendering.figures import age_since, exact, price
from handlers.rendering.tables import table
from handlers.rendering.text import bold, escape, preformatted
from trading.intents.signals import SignalsView
from trading.intents.workflow_model import A_FEW, Decision, Stage, SymbolResult, WorkflowRun
from trading.model.signal import NoSignal, Signal

_MARKS = {
    Decision.BUY: "🟢 buy",
    Decision.SELL: "🔴 sell",
    Decision.HOLD: "⚪ hold",
    Decision.NONE: "⚠ nothing",
}


class PastView(Protocol):
    """What was decided of one symbol."""

    @property
    def symbol(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def strength(self) -> Decimal | None: ...
    @property
    def decision(self) -> str: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def data_ms(self) -> Decimal | None: ...
    @property
    def signal_ms(self) -> Decimal | None: ...
    @property
    def risk_ms(self) -> Decimal | None: ...
    @property
    def decision_ms(self) -> Decimal | None: ...
    @property
    def order_ms(self) -> Decimal | None: ...


def signals(view: SignalsView, now: datetime) -> str:
    """Show every run, then by name what is not there."""
    parts = [_run(run, now) for run in view.runs]
    parts += [f"⚠ {escape(problem)}" for problem in view.problems]
    nothing = "No venue has targets or bounds: name a symbol, such as /signals BTC."
    return "\n\n".join(parts) or nothing


def _run(run: WorkflowRun, now: datetime) -> str:
    is_short = len(run.results) > A_FEW
    head = f"{bold(run.venue)}, {run.interval} candles"
    blocks = [_symbol(result, now, is_short=is_short) for result in run.results]
    rows = [(str(each.symbol), *_durations(each)) for each in run.results]
    spent = preformatted(table(("ms", "data", "sig", "risk", "dec"), rows, align="lrrrr"))
    tail = f"<i>{len(run.results)} in {run.milliseconds:.0f} ms · {escape(run.run_id)}</i>"
    problems = [f"⚠ {escape(problem)}" for problem in run.problems]
    return "\n\n".join((head, *blocks, f"{spent}\n{tail}", *problems))


def _symbol(result: SymbolResult, now: datetime, *, is_short: bool) -> str:
    lines = [f"{bold(result.symbol)} {_MARKS[result.verdict.decision]}"]
    if result.price is not None:
        lines[0] += f" · {escape(price(result.price.value, result.symbol.quote))}"
    lines += [_opinion(each, now, is_full=not is_short) for each in result.said]
    if result.weights is not None:
        lines.append(_weights(result))
    lines.append(escape(f"→ {result.verdict.reason}"))
    planned = result.verdict.planned
    if planned is not None:
        lines.append(
            f"{planned.side.value} {exact(planned.quantity)} {escape(planned.symbol.base)} "
            f"at {price(planned.limit_price)} or better"
        )
    return "\n".join(lines)


def _opinion(said: Signal | NoSignal, now: datetime, *, is_full: bool) -> str:
    if isinstance(said, NoSignal):
        return f"{escape(said.strategy)}: no signal, {escape(said.reason)}"
    head = (
        f"{escape(said.strategy)} {said.strength:+.2f} for {age_since(said.since, now)}: "
        f"{escape(said.reason)}"
    )
    if not is_full:
        return head
    figures = ", ".join(f"{name} {_figure(value)}" for name, value in said.figures.items())
    until = age_since(said.candles_until, now)
    return f"{head}\n<i>{escape(figures)}; the last candle ended {until} ago</i>"


def _figure(value: Decimal) -> str:
    return f"{value:.5g}" if abs(value) < 1 else f"{value:,.2f}"


def _weights(result: SymbolResult) -> str:
    weights = result.weights
    if weights is None:
        return ""
    words = f"target of {weights.asset}: {weights.target * 100:.1f} %"
    if weights.proposed is None:
        return escape(words)
    where = "moved to" if weights.is_moved else "would be moved to"
    return escape(f"{words}, {where} {weights.proposed * 100:.1f} %")


def _durations(result: SymbolResult) -> tuple[str, ...]:
    stages = (Stage.DATA, Stage.SIGNAL, Stage.RISK, Stage.DECISION)
    return tuple(_milliseconds(result.milliseconds.get(stage)) for stage in stages)


def _milliseconds(spent: Decimal | None) -> str:
    if spent is None:
        return "–"
    return f"{spent:.0f}" if spent >= 10 else f"{spent:.1f}"  # noqa: PLR2004 - two digits do


def past(rows: Sequence[PastView], now: datetime) -> str:
    """Show what was decided last, newest first, with the duration of every stage."""
    if not rows:
        return "No signal was looked at yet."
    lines = [bold("Decided last")]
    for each in rows:
        strength = "no signal" if each.strength is None else f"{each.strength:+.2f}"
        lines.append(
            f"{bold(each.symbol)} {escape(each.decision)}, {strength} · "
            f"{age_since(each.started_at, now)} ago"
        )
        spent = (each.data_ms, each.signal_ms, each.risk_ms, each.decision_ms, each.order_ms)
        named = ", ".join(
            f"{stage} {_milliseconds(one)}"
            for stage, one in zip(Stage, spent, strict=True)
            if one is not None
        )
        ended = "" if each.outcome is None else f"; order {each.outcome}"
        lines.append(f"<i>{escape(named)} ms{escape(ended)}</i>")
    return "\n".join(lines)
