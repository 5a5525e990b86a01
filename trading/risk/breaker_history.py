"""What a breaker went through: since when it is as it is, and the last faults with their times."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from trading.risk.circuit_breaker import BreakerPhase, BreakerState

MOST_FAULTS = 5
_LONGEST = 300
"""A venue may answer a page; its beginning tells enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failure, in words."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerHistory:
    """For people alone; the breaker decides nothing by it."""

    since: datetime | None = None
    """Since when it has been closed, or not closed; None where that was never seen to change."""
    faults: tuple[Fault, ...] = ()
    """The last ones, the newest last."""

    def failed(self, at: datetime, reason: str) -> BreakerHistory:
        """Note a fault."""
        fault = Fault(at=at, reason=reason[:_LONGEST])
        return replace(self, faults=(*self.faults, fault)[-MOST_FAULTS:])

    def moved(self, before: BreakerState, after: BreakerState, at: datetime) -> BreakerHistory:
        """Note a change of state; a probe under way does not make an open breaker another one."""
        was_closed = before.phase is BreakerPhase.CLOSED
        is_closed = after.phase is BreakerPhase.CLOSED
        return self if was_closed is is_closed else replace(self, since=at)

    def as_text(self) -> str:
        """Return it as it is kept."""
        return json.dumps(
            {
                "since": None if self.since is None else self.since.isoformat(),
                "faults": [[fault.at.isoformat(), fault.reason] for fault in self.faults],
            },
            sort_keys=True,
        )


def read_history(text: str | None) -> BreakerHistory:
    """Read what was kept; what cannot be read is forgotten, nothing rests on it."""
    if text is None:
        return BreakerHistory()
    try:
        kept = json.loads(text)
        since = kept["since"]
        return BreakerHistory(
            since=None if since is None else datetime.fromisoformat(since),
            faults=tuple(
                Fault(at=datetime.fromisoformat(at), reason=str(reason))
                for at, reason in kept["faults"]
            )[-MOST_FAULTS:],
        )
    except (ValueError, KeyError, TypeError):
        return BreakerHistory()
