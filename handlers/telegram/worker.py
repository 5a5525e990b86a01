"""Claims an update, runs it once, and writes down how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from handlers.process.correlation import correlated
from handlers.rendering import chat
from handlers.telegram.dispatcher import Dispatcher, Outcome
from handlers.telegram.gate import Gate
from handlers.telegram.incoming import Message
from handlers.telegram.lanes import Work
from handlers.telegram.ports import InboxStatus, InboxStore
from trading.clock import Clock
from trading.errors import StorageError

_log = logging.getLogger(__name__)
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 10.0
_COMMIT_SECONDS = 0.3
"""So long a halting command waits for the database, before it runs and after."""
_NO_WRITES = "another program may hold the file, or the disk is full; it is run when that is over"


class Worker:
    """What a lane does with each piece of work."""

    def __init__(
        self,
        *,
        inbox: InboxStore,
        dispatcher: Dispatcher,
        gate: Gate,
        clock: Clock,
        max_command_age_seconds: float,
    ) -> None:
        """Refuse what is older than `max_command_age_seconds`, halting commands excepted."""
        self._inbox = inbox
        self._dispatcher = dispatcher
        self._gate = gate
        self._clock = clock
        self._max_age = max_command_age_seconds
        self._unsettled: deque[tuple[Work, Outcome]] = deque()

    def set_max_age(self, seconds: float) -> None:
        """Refuse what is older than this from now on."""
        self._max_age = seconds

    async def handle(self, work: Work) -> None:
        """Do the work once; what another process or an earlier run claimed is left alone."""
        with correlated(work.correlation_id):
            await self._handle(work)

    async def _handle(self, work: Work) -> None:
        if not work.is_committed:
            await self._run_uncommitted(work)
            return
        if work.is_settled:
            if await self._claim(work):
                done = Outcome(status=InboxStatus.DONE, text="ran before it could be committed")
                await self._finish(work, done)
            return
        if not work.is_claimed and not await self._claim(work):
            return
        await self._finish(work, await self._run(work))

    async def settle(self) -> None:
        """Write down the ends of halting commands that the database did not take before.

        Left open, they would run again after a restart, and halt what was resumed since.
        """
        while self._unsettled:
            work, outcome = self._unsettled[0]
            await self._inbox.finish(
                work.incoming.update_id, outcome.status.value, outcome.text, self._clock.now()
            )
            self._unsettled.popleft()

    async def _run_uncommitted(self, work: Work) -> None:
        """Halt all the same; anything else is run when it can be written down, and says so."""
        if self._is_urgent(work):
            await self._dispatcher.run(work)
            return
        text = chat.waiting_for_storage(self._dispatcher.name_of(work), _NO_WRITES)
        await self._dispatcher.tell(work, text)

    async def _run(self, work: Work) -> Outcome:
        age = self._age_seconds(work)
        if age > self._max_age and not self._gate.is_halting(work.incoming):
            text = chat.too_old(self._dispatcher.name_of(work), age, self._max_age)
            return await self._dispatcher.refuse(work, text)
        return await self._dispatcher.run(work)

    def _age_seconds(self, work: Work) -> float:
        """Age by the message's own date; a press has none and counts from its arrival."""
        incoming = work.incoming
        sent = incoming.sent_at if isinstance(incoming, Message) else work.received_at
        return (self._clock.now() - sent).total_seconds()

    async def _claim(self, work: Work) -> bool:
        """Claim before acting; a halting command does not wait for a database that is stuck."""
        wait = _FIRST_WAIT
        was_told = False
        while True:
            try:
                async with asyncio.timeout(_COMMIT_SECONDS if self._is_urgent(work) else None):
                    return await self._inbox.claim(work.incoming.update_id, self._clock.now())
            except (StorageError, TimeoutError) as error:
                _log.warning(
                    "update not claimed update_id=%d why=%s", work.incoming.update_id, error
                )
                if self._is_urgent(work):
                    return True
                if not was_told:
                    was_told = True
                    text = chat.waiting_for_storage(self._dispatcher.name_of(work), str(error))
                    await self._dispatcher.tell(work, text)
            await self._clock.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _finish(self, work: Work, outcome: Outcome) -> None:
        """Write the end down; an end that cannot be written is reported as an interruption."""
        wait = _FIRST_WAIT
        while True:
            try:
                async with asyncio.timeout(_COMMIT_SECONDS if self._is_urgent(work) else None):
                    await self._inbox.finish(
                        work.incoming.update_id,
                        outcome.status.value,
                        outcome.text,
                        self._clock.now(),
                    )
            except (StorageError, TimeoutError) as error:
                _log.warning("end not written update_id=%d why=%s", work.incoming.update_id, error)
                if self._is_urgent(work):
                    self._unsettled.append((work, outcome))
                    return
            else:
                return
            await self._clock.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _is_urgent(self, work: Work) -> bool:
        return self._gate.is_halting(work.incoming)
