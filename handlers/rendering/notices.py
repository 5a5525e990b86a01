"""Words for the structured notices of the outbox; every figure exactly as it was booked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from handlers.rendering import chat, closing, happenings, incidents, orders, runs
from handlers.rendering.figures import age, at, moment_of
from handlers.rendering.text import bold, code, escape

_log = logging.getLogger(__name__)
Payload = Mapping[str, Any]


def render_notice(kind: str, payload: Payload, *, zone: tzinfo) -> str:
    """Return a notice in words; one that is not understood is shown as it was written."""
    renderer = _RENDERERS.get(kind)
    try:
        if renderer is not None:
            return renderer(payload, zone)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        _log.exception("notice not understood kind=%s", kind)
    return _as_written(kind, payload)


def _as_written(kind: str, payload: Payload) -> str:
    if set(payload) <= {"text", "key", "at"} and "text" in payload:
        return escape(payload["text"])
    lines = [f"{escape(name)}: {code(value)}" for name, value in payload.items()]
    return "\n".join([bold(kind.replace("_", " ")), *lines])


def _answer(payload: Payload, _zone: tzinfo) -> str:
    """An answer that could not be given at once; its text is markup already."""
    tail = "\n<i>Late: Telegram did not take this answer at once.</i>"
    if payload.get("buttons_lost"):
        tail += "\n<i>Its buttons have expired; send the command again for new ones.</i>"
    return str(payload["text"]) + tail


def _interrupted(payload: Payload, zone: tzinfo) -> str:
    started_at = payload["started_at"]
    return chat.interrupted(
        str(payload["what"]),
        moment_of(started_at) if started_at else None,
        [str(line) for line in payload["did"]],
        zone,
    )


def _outage(payload: Payload, zone: tzinfo) -> str:
    return (
        f"{bold('Telegram is back.')} I could not hear it from "
        f"{at(moment_of(payload['began']), zone)} to {at(moment_of(payload['ended']), zone)} "
        f"({age(float(payload['seconds']))}). Trading went on meanwhile. "
        f"Last reason: {escape(payload['reason'])}"
    )


def _text(payload: Payload, _zone: tzinfo) -> str:
    return escape(payload["text"])


def _headed(head: str) -> Callable[[Payload, tzinfo], str]:
    """Return a renderer of a plain text under a head that tells its kind."""

    def render(payload: Payload, _zone: tzinfo) -> str:
        return f"{bold(head)}\n{escape(payload['text'])}"

    return render


_RENDERERS: Mapping[str, Callable[[Payload, tzinfo], str]] = {
    "answer": _answer,
    "interrupted": _interrupted,
    "telegram_outage": _outage,
    "fill": orders.fill_notice,
    "order": orders.order_notice,
    "order_incident": incidents.shortage,
    "order_unknown": orders.unknown_notice,
    "external_order": orders.external_notice,
    "run_finished": runs.finished,
    "run_interrupted": runs.interrupted,
    "trading_state": happenings.trading_state,
    "balances_questioned": happenings.balances_questioned,
    "balances_verified": happenings.balances_verified,
    "part_trouble": happenings.part_trouble,
    "job_trouble": happenings.job_trouble,
    "reload": happenings.reload,
    "started": happenings.started,
    "closed_at_the_end": closing.at_the_end,
    "breaker": _headed("⚡ Circuit breaker"),
    "stream": _headed("📡 Stream"),
    "venue_mode": _headed("🏛 Venue"),
    "risk": _headed("⚠ Risk"),
    "dead_man_switch": _headed("⛔ Dead-man's switch"),
    "key": _headed("⛔ API key"),
    "nonce": _headed("🔑 API key"),
    "lockout": _headed("🔒 Locked out"),
    "notice": _text,
}
