"""The work of the jobs that look after the whole bot; `venue_chores` has those of one venue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from storage.database import Database
from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.model.identifiers import CorrelationId
from trading.risk.trading_state import TradingGate

_log = logging.getLogger(__name__)

_BACKUPS_KEPT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreParts:
    """Whom the chores work with."""

    balances: BalanceManager
    gate: TradingGate
    database: Database
    backups: Path
    prune: Sequence[Callable[[datetime], Awaitable[object]]]
    """Each forgets what is older than that."""
    retention: timedelta
    clock: Clock


class Chores:
    """One method a job; a failure raises and is the job's to handle."""

    def __init__(self, parts: ChoreParts) -> None:
        """Take the parts."""
        self._parts = parts

    async def heartbeat(self, _: CorrelationId) -> str:
        """Say in the log that the bot is alive, and how."""
        state = self._parts.gate.state
        statuses = [self._parts.balances.status(venue) for venue in self._parts.balances.venues]
        verified = sum(status.verified for status in statuses)
        text = f"{state.mode}, balances of {verified} of {len(statuses)} venues verified"
        _log.info("heartbeat %s", text)
        return text

    async def cleanup(self, _: CorrelationId) -> str:
        """Back up, then forget what is old."""
        name = f"daily-{self._parts.clock.now():%Y%m%d-%H%M%S}.db"
        await self._parts.database.backup(self._parts.backups / name)
        before = self._parts.clock.now() - self._parts.retention
        for forget in self._parts.prune:
            await forget(before)
        removed = await asyncio.to_thread(_drop_old, self._parts.backups)
        return f"backed up as {name}, {removed} old backups removed"


def _drop_old(backups: Path) -> int:
    old = sorted(backups.glob("daily-*.db"))[:-_BACKUPS_KEPT]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
