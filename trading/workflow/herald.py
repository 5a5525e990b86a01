"""Turns what happened into notices for the owner: structured, in the outbox, words come later.

Orders, fills and runs bring their notices along in the transaction that made them true; what
is told here has no row of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from storage.outbox import OutboxRepository
from storage.records import NewNotice
from trading.clock import Clock
from trading.errors import StorageError
from trading.events import (
    BalancesQuestioned,
    BalancesVerified,
    Event,
    FillBooked,
    OrderChanged,
    OwnerNotice,
    RunFinished,
    TradingStateChanged,
)
from trading.workflow.jobs import JobTrouble
from trading.workflow.supervisor import PartTrouble

_log = logging.getLogger(__name__)

QUIET_SECONDS = 900
"""One trouble is told once in so long, however often it comes back."""


class Herald:
    """Hears the bus, the supervisor and the jobs; what cannot be stored is at least logged."""

    def __init__(self, *, outbox: OutboxRepository, clock: Clock) -> None:
        """Take where notices go."""
        self._outbox = outbox
        self._clock = clock
        self._cleared_at: dict[str, str] = {}
        """When the last all-clear was given: trouble after it is news, however soon it comes."""

    async def hear(self, event: Event) -> None:
        """Listen to the bus."""
        match event:
            case TradingStateChanged():
                state = event.state
                await self.tell(
                    "trading_state",
                    {
                        "mode": state.mode,
                        "reason": state.reason,
                        "by": state.by,
                        "since": state.since.isoformat(),
                    },
                )
            case BalancesQuestioned():
                payload = {
                    "venue": event.venue,
                    "problems": list(event.problems),
                    "acceptable": event.acceptable,
                }
                about = f"{event.venue}:{event.problems}:{self._all_clear(event.venue)}"
                await self.tell("balances_questioned", payload, about=about)
            case BalancesVerified():
                self._cleared_at[event.venue] = self._clock.now().isoformat()
                await self.tell("balances_verified", {"venue": event.venue})
            case OwnerNotice():
                await self._pass_on(event)
            case FillBooked() | OrderChanged() | RunFinished():
                return  # their notices were committed with them
            case _:
                assert_never(event)

    async def part_trouble(self, trouble: PartTrouble) -> None:
        """Tell of a part of the bot that keeps falling, and of its recovery."""
        about = None
        if trouble.is_over:
            self._cleared_at[trouble.name] = self._clock.now().isoformat()
        else:
            about = f"{trouble.name}:{self._all_clear(trouble.name)}"
        await self.tell(
            "part_trouble",
            {"name": trouble.name, "error": trouble.error, "is_over": trouble.is_over},
            about=about,
        )

    async def job_trouble(self, trouble: JobTrouble) -> None:
        """Tell of a job that began to fail, and of its recovery."""
        await self.tell(
            "job_trouble",
            {
                "name": trouble.name,
                "error": trouble.error,
                "failures": trouble.failures,
                "is_over": trouble.is_over,
            },
        )

    async def tell(
        self, kind: str, payload: Mapping[str, object], *, about: str | None = None
    ) -> None:
        """Queue a notice; `about` names a trouble that is not told again for a while."""
        now = self._clock.now()
        key = None if about is None else f"{kind}:{about}:{_window(now)}"
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        notice = NewNotice(kind=kind, payload=text, chat_id=None, dedupe_key=key)
        try:
            await self._outbox.add((notice,))
        except StorageError:
            _log.exception("notice not stored kind=%s payload=%s", kind, text)

    def _all_clear(self, name: str) -> str:
        return self._cleared_at.get(name, "")

    async def _pass_on(self, event: OwnerNotice) -> None:
        await self.tell(
            event.kind,
            {"text": event.text, "key": event.key, "at": event.at.isoformat()},
            about=event.key,
        )


def _window(now: datetime) -> int:
    return int(now.timestamp()) // QUIET_SECONDS
