"""After a restart: what was never started runs now, what was cut off is reported."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from handlers.telegram.dispatcher import Dispatcher
from handlers.telegram.gate import Gate
from handlers.telegram.incoming import MalformedUpdate, Message, Press, parse_update
from handlers.telegram.lanes import Lanes, Work
from handlers.telegram.ports import InboxEntry, InboxStatus, InboxStore, OutboxStore
from trading.clock import Clock
from trading.model.identifiers import CorrelationId

_log = logging.getLogger(__name__)


class Recovery:
    """Runs before the first poll, once for each start of the process."""

    def __init__(
        self,
        *,
        inbox: InboxStore,
        outbox: OutboxStore,
        make_notice: Callable[..., Any],
        aftermath: Callable[[str], Awaitable[tuple[str, ...]]],
        gate: Gate,
        dispatcher: Dispatcher,
        lanes: Lanes,
        clock: Clock,
    ) -> None:
        """Take what is needed to tell what did and did not happen."""
        self._inbox = inbox
        self._outbox = outbox
        self._make_notice = make_notice
        self._aftermath = aftermath
        self._gate = gate
        self._dispatcher = dispatcher
        self._lanes = lanes
        self._clock = clock

    async def run(self) -> None:
        """Take up where the last process stopped; may be repeated after a failure half-way."""
        for entry in await self._inbox.claimed():
            await self._cut_off(entry)
        for entry in await self._inbox.pending():
            work = await self._read(entry)
            if work is not None:
                self._lanes.submit(work)

    async def _cut_off(self, entry: InboxEntry) -> None:
        """Halting commands run again, since they are idempotent; no other is repeated."""
        work = await self._read(entry)
        if work is None:
            return
        if self._gate.is_halting(work.incoming):
            self._lanes.submit(replace(work, is_claimed=True))
            return
        what = self._dispatcher.name_of(work)
        _log.warning("command was interrupted update_id=%d name=%s", entry.update_id, what)
        notice = self._make_notice(
            kind="interrupted",
            payload=json.dumps(
                {
                    "what": what,
                    "started_at": entry.claimed_at.isoformat() if entry.claimed_at else None,
                    "did": list(await self._aftermath(work.correlation_id)),
                    "thread_id": work.incoming.origin.thread_id,
                }
            ),
            chat_id=work.incoming.origin.chat_id,
            dedupe_key=f"interrupted:{entry.update_id}:{entry.received_at.isoformat()}",
        )
        # The notice first: dying between the two writes repeats a key, not a message.
        now = self._clock.now()
        await self._outbox.add([notice])
        await self._inbox.finish(
            entry.update_id, InboxStatus.INTERRUPTED.value, "reported after a restart", now
        )

    async def _read(self, entry: InboxEntry) -> Work | None:
        try:
            incoming = parse_update(json.loads(entry.raw))
        except (MalformedUpdate, ValueError) as error:
            _log.warning("stored update not read update_id=%d why=%s", entry.update_id, error)
            incoming = None
        if not isinstance(incoming, Message | Press):
            await self._inbox.finish(
                entry.update_id, InboxStatus.MALFORMED.value, "not understood", self._clock.now()
            )
            return None
        if not self._gate.admits(incoming):  # the owners may have changed since
            await self._inbox.finish(
                entry.update_id, InboxStatus.REFUSED.value, "not admitted", self._clock.now()
            )
            return None
        return Work(
            incoming=incoming,
            lane=self._gate.lane(incoming),
            received_at=entry.received_at,
            correlation_id=CorrelationId(entry.correlation_id or f"tg{entry.update_id}"),
        )
