"""The loop that asks for updates: commit, and only then ask again, which confirms them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from handlers.telegram.connection import Connection, ConnectionSettings
from handlers.telegram.delivery import describe, says
from handlers.telegram.health import Outage, Reach, TelegramHealth
from handlers.telegram.incoming import update_id_of
from handlers.telegram.intake import Intake
from handlers.telegram.ports import InboxStore, OutboxStore
from handlers.telegram.recovery import Recovery
from handlers.telegram.worker import Worker
from trading.clock import Clock
from trading.errors import StorageError

_log = logging.getLogger(__name__)
_PAUSE = 1.0
_LONGEST_ADVICE = 60.0
_CONFLICTS_TO_HALT = 2
_EMPTY_TOO_SOON = 0.5
_STORAGE_WAIT = 1.0
_UNCOMMITTED_WAIT = 0.55
"""After a batch that could not be committed: a /halt may be the next thing that is said, but
Telegram gives only the first update to whoever asks again within half a second.
"""


class Poller:
    """One poll after the other, for ever; no error ends it but cancellation."""

    def __init__(
        self,
        *,
        connection: Connection,
        inbox: InboxStore,
        outbox: OutboxStore,
        make_notice: Callable[..., Any],
        intake: Intake,
        recovery: Recovery,
        worker: Worker,
        health: TelegramHealth,
        second_copy: Callable[[str], Awaitable[None]],
        clock: Clock,
        settings: ConnectionSettings,
        outage_seconds: float,
    ) -> None:
        """Tell the owner of outages longer than `outage_seconds` once they are over."""
        self._connection = connection
        self._inbox = inbox
        self._outbox = outbox
        self._make_notice = make_notice
        self._intake = intake
        self._recovery = recovery
        self._worker = worker
        self._health = health
        self._second_copy = second_copy
        self._clock = clock
        self._outage_seconds = outage_seconds
        self._conflicts = 0
        self._settings = settings
        self._wait = settings.first_wait_seconds
        self._untold: list[Outage] = []
        self._recovered = False
        self._is_listening = True

    async def run(self) -> None:
        """Recover once, then poll until cancelled."""
        offset = await self._recover()
        await self._connection.ready()
        while self._is_listening:
            offset = await self._step(offset)
        await asyncio.Event().wait()

    def stop_listening(self) -> None:
        """Take nothing in any more; what arrives stays with Telegram for the next start."""
        self._is_listening = False

    async def _recover(self) -> int | None:
        while True:
            try:
                if not self._recovered:
                    await self._recovery.run()
                    self._recovered = True
                return await self._inbox.next_offset()
            except StorageError as error:
                _log.warning("inbox not read retry_in=%gs why=%s", _STORAGE_WAIT, error)
                await self._clock.sleep(_STORAGE_WAIT)

    async def _step(self, offset: int | None) -> int | None:
        """Poll once; returns the offset of the next poll, which confirms what is below it."""
        began = self._clock.monotonic()
        # A long poll tells nothing for as long as it lasts: ask whether Telegram is back at all.
        # Not in a conflict: an answer at once would say nothing of whoever else polls.
        at_once = self._health.reach in (Reach.STARTING, Reach.UNREACHABLE, Reach.DEAF)
        try:
            raws = await self._connection.get_updates(offset, at_once=at_once)
        except (TelegramError, TimeoutError) as error:
            await self._failed(error)
            return offset
        await self._good()
        if not self._is_listening:
            return offset
        if not raws:
            if not at_once and self._clock.monotonic() - began < _EMPTY_TOO_SOON:
                await self._clock.sleep(_PAUSE)  # an empty answer at once is no long poll
            return offset
        if not await self._intake.accept(raws):
            # Asked for again unconfirmed, together with what came since: a /halt among it
            # is dispatched although nothing can be committed.
            await self._clock.sleep(_UNCOMMITTED_WAIT)
            return offset
        await self._settle()
        ids = [update_id for raw in raws if (update_id := update_id_of(raw)) is not None]
        if not ids:
            await self._clock.sleep(_PAUSE)
            return offset
        return ids[-1] + 1

    async def _good(self) -> None:
        self._conflicts = 0
        self._wait = self._settings.first_wait_seconds
        outage = self._health.good_poll()
        if outage is not None and outage.seconds >= self._outage_seconds:
            self._untold.append(outage)
        await self._tell_outages()

    async def _failed(self, error: TelegramError | TimeoutError) -> None:
        reach, wait = Reach.UNREACHABLE, self._wait
        self._wait = min(self._wait * 2, self._settings.longest_wait_seconds)
        reason = describe(error) if isinstance(error, TelegramError) else "no answer in time"
        if isinstance(error, Conflict):
            reach = Reach.CONFLICT
            await self._conflict(reason)
            if says(error, "webhook"):
                await self._connection.drop_webhook()
        else:
            self._conflicts = 0
        if isinstance(error, InvalidToken):
            reach = Reach.REFUSED
        if isinstance(error, RetryAfter):
            wait = min(_seconds(error), _LONGEST_ADVICE)
        self._health.failed(reach, reason)
        _log.warning("poll failed retry_in=%gs why=%s", wait, reason)
        await self._clock.sleep(wait)

    async def _conflict(self, reason: str) -> None:
        """One conflict may be our own poll of a moment ago; two in a row are somebody else."""
        self._conflicts += 1
        if self._conflicts == _CONFLICTS_TO_HALT:
            await self._second_copy(f"another program polls Telegram with this token ({reason})")

    async def _tell_outages(self) -> None:
        while self._untold:
            outage = self._untold[0]
            notice = self._make_notice(
                kind="telegram_outage",
                payload=json.dumps(
                    {
                        "began": outage.began.isoformat(),
                        "ended": outage.ended.isoformat(),
                        "seconds": outage.seconds,
                        "reason": outage.reason,
                    }
                ),
                chat_id=None,
                dedupe_key=None,
            )
            try:
                await self._outbox.add([notice])
            except StorageError as error:
                _log.warning("outage not noted yet why=%s", error)
                return
            self._untold.pop(0)

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(_STORAGE_WAIT):
                await self._worker.settle()
        except (StorageError, TimeoutError) as error:
            _log.warning("ends not written yet why=%s", error)


def _seconds(error: RetryAfter) -> float:
    advice = error.retry_after
    return advice.total_seconds() if isinstance(advice, timedelta) else float(advice)
