"""The end of a process that was asked to stop: nothing new begins, what runs is finished.

Everything here is bounded. A stop that keeps the positions takes at most 45 s, one that closes
them at most 60 s, and systemd must wait longer than that (`TimeoutStopSec=90`). What is not done
by then is journaled: the next start settles it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from composition.core import Core
from handlers.telegram.edge import TelegramEdge
from trading.clock import Clock
from trading.errors import StorageError
from trading.intents.close_all import CloseAllIntents
from trading.intents.closing import closing_payload
from trading.intents.closing_parts import ClosingRequest
from trading.model.identifiers import CorrelationId
from trading.workflow.herald import Herald
from trading.workflow.jobs import JobBoard

_log = logging.getLogger(__name__)

_COMMANDS_SECONDS = 15.0
"""So long for commands that run, then so long for orders under way."""
_ORDERS_SECONDS = 30.0
_CLOSING_SECONDS = 35.0
_LAST_ORDERS_SECONDS = 3.0
_LAST_WORDS_SECONDS = 4.0
_LOOK_SECONDS = 0.1
_CLOSING_SIGNALS = frozenset({"SIGTERM", "SIGINT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WindDown:
    """Whom to bring to rest."""

    core: Core
    board: JobBoard
    edge: TelegramEdge | None
    herald: Herald
    closing: CloseAllIntents
    closes: Callable[[], bool]
    """Whether `on_shutdown` says so, as it is in force at that moment."""

    async def run(self, reason: str) -> None:
        """Begin nothing new, finish what is under way; sell everything where that is wished."""
        closes = reason in _CLOSING_SIGNALS and self.closes()
        if closes:
            self.core.gate.begin_ending()
        self.board.silence_all()
        if self.edge is not None:
            self.edge.stop_listening()
        await self._finish_commands()
        orders_seconds = _ORDERS_SECONDS
        if closes:
            orders_seconds = _LAST_ORDERS_SECONDS
            await self._close(reason)
        if not await self.core.desk.executor.drain(within_seconds=orders_seconds):
            _log.warning("orders still under way are left to the next start")
        if closes and self.edge is not None:
            await self._last_words(self.core.ground.clock)

    async def _finish_commands(self) -> None:
        try:
            async with asyncio.timeout(_COMMANDS_SECONDS):
                await self.board.idle()
                if self.edge is not None:
                    await self.edge.idle()
        except TimeoutError:
            _log.warning("commands and jobs still running are left to the next start")

    async def _close(self, reason: str) -> None:
        """Sell everything; what could not be sold in time is said, and left to its owner."""
        closed = await self.closing.execute(
            ClosingRequest(
                venue=None,
                by=f"on_shutdown, {reason}",
                correlation_id=CorrelationId("shutdown"),
                halts=False,
                within_seconds=_CLOSING_SECONDS,
            )
        )
        venues = [closing_payload(each) for each in closed]
        for each in closed:
            level = logging.INFO if each.is_whole else logging.WARNING
            _log.log(level, "closed at shutdown venue=%s whole=%s", each.venue, each.is_whole)
        await self.herald.tell("closed_at_the_end", {"venues": venues})

    async def _last_words(self, clock: Clock) -> None:
        """Give the report a moment to reach its owner; else the next start sends it."""
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await _until(self._all_said, clock)
        except (TimeoutError, StorageError):
            _log.warning("messages that wait are left to the next start")

    async def _all_said(self) -> bool:
        return await self.core.stores.outbox.unsent_count() == 0


async def _until(holds: Callable[[], Awaitable[bool]], clock: Clock) -> None:
    while not await holds():
        await clock.sleep(_LOOK_SECONDS)
