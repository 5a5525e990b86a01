"""From raw updates to committed rows to lanes; the part of the inbox that the poller drives."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handlers.telegram.gate import Gate, command_of
from handlers.telegram.incoming import (
    MalformedUpdate,
    Message,
    Press,
    parse_update,
    update_id_of,
)
from handlers.telegram.lanes import Lane, Lanes, Work
from handlers.telegram.ports import InboxStatus, InboxStore
from trading.clock import Clock
from trading.errors import StorageError
from trading.model.identifiers import CorrelationId

_log = logging.getLogger(__name__)
COMMIT_SECONDS = 1.0
URGENT_COMMIT_SECONDS = 0.3
"""With a halting command among them: what cannot be committed by then runs without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One raw update that will be written down; `work` is None for a malformed one."""

    row: Any
    update_id: int
    work: Work | None


class Intake:
    """Commits a batch before it may be confirmed; hands each new row to its lane, once."""

    def __init__(
        self,
        *,
        inbox: InboxStore,
        make_row: Callable[..., Any],
        gate: Gate,
        lanes: Lanes,
        clock: Clock,
    ) -> None:
        """Start with nothing in doubt."""
        self._inbox = inbox
        self._make_row = make_row
        self._gate = gate
        self._lanes = lanes
        self._clock = clock
        self._in_doubt: dict[int, Arrival] = {}
        """In batches whose commit was not seen: it may have happened all the same."""
        self._begun: set[int] = set()
        """Of these, what that commit would have claimed."""
        self._rushed: set[int] = set()
        """Halting commands that ran although nothing could be committed."""
        self._told: set[int] = set()
        """Others, of which it was said that they wait."""

    async def accept(self, raws: Sequence[Any]) -> bool:
        """Commit a batch; False when it could not be, and then it must not be confirmed."""
        is_alone = len(raws) == 1 and not self._in_doubt
        read = [self._read(raw, is_alone=is_alone) for raw in raws]
        arrivals = [arrival for arrival in read if arrival is not None]
        if not arrivals:
            return True
        try:
            fresh = await self._commit(arrivals)
        except (StorageError, TimeoutError) as error:
            _log.warning("updates not committed count=%d why=%s", len(arrivals), error)
            waiting = [each for each in arrivals if each.update_id in self._in_doubt]
            self._in_doubt.update({arrival.update_id: arrival for arrival in arrivals})
            self._begun |= _claimed(arrivals)
            self._rush(arrivals)
            self._say_that_they_wait(waiting)
            return False
        self._told.clear()
        # What was in doubt comes first: it is older, and Telegram may have forgotten it by now.
        known = self._in_doubt | {arrival.update_id: arrival for arrival in arrivals}
        self._in_doubt, self._begun = {}, set()
        for update_id, arrival in known.items():
            if update_id in fresh and arrival.work is not None:
                self._submit(replace(arrival.work, is_claimed=fresh[update_id]))
        return True

    async def _commit(self, arrivals: Sequence[Arrival]) -> Mapping[int, bool]:
        """Return the ids that are new to this process: stored now, or by a commit in doubt.

        Each with whether it was claimed by the commit that stored it.
        """
        within = URGENT_COMMIT_SECONDS if self._is_urgent(arrivals) else COMMIT_SECONDS
        async with asyncio.timeout(1.5 * within):
            rows = [arrival.row for arrival in arrivals]
            stored = await self._inbox.accept(rows, within_seconds=within)
            claimed = _claimed(arrivals)
            fresh = {update_id: update_id in claimed for update_id in stored}
            if self._in_doubt:
                entries = (*await self._inbox.pending(), *await self._inbox.claimed())
                fresh |= {
                    entry.update_id: entry.status == InboxStatus.CLAIMED
                    for entry in entries
                    if entry.update_id in self._in_doubt
                    # Claimed by the commit in doubt: by none that runs it already.
                    and (entry.status == InboxStatus.NEW or entry.update_id in self._begun)
                }
        return fresh

    def _begins_at_once(self, work: Work) -> bool:
        """True for what only reads and has nobody before it: it is claimed as it is stored.

        Should the bot die before it begins, it is reported as cut off, where it would have run.
        """
        return (
            work.lane is Lane.READ
            and isinstance(work.incoming, Message)
            and not self._gate.is_halting(work.incoming)
            and self._lanes.is_free(work.key)
        )

    def _is_urgent(self, arrivals: Sequence[Arrival]) -> bool:
        """True with a halting command among them that has not run yet."""
        return any(
            arrival.work is not None
            and arrival.update_id not in self._rushed
            and self._gate.is_halting(arrival.work.incoming)
            for arrival in arrivals
        )

    def _rush(self, arrivals: Sequence[Arrival]) -> None:
        """Run halting commands at once; they are idempotent, and the rest must wait."""
        for arrival in arrivals:
            work = arrival.work
            if work is None or arrival.update_id in self._rushed:
                continue
            if self._gate.is_halting(work.incoming):
                self._rushed.add(arrival.update_id)
                self._lanes.submit(replace(work, is_committed=False))

    def _say_that_they_wait(self, arrivals: Sequence[Arrival]) -> None:
        """Have what could not be committed twice answered: silence would read as a dead bot."""
        for arrival in arrivals:
            work = arrival.work
            if work is None or arrival.update_id in self._told | self._rushed:
                continue
            if isinstance(work.incoming, Press) or command_of(work.incoming) is not None:
                self._told.add(arrival.update_id)
                self._lanes.submit(replace(work, is_committed=False))

    def _submit(self, work: Work) -> None:
        was_rushed = work.incoming.update_id in self._rushed
        self._rushed.discard(work.incoming.update_id)
        self._lanes.submit(replace(work, is_settled=was_rushed))

    def _read(self, raw: Any, *, is_alone: bool) -> Arrival | None:
        now = self._clock.now()
        try:
            incoming = parse_update(raw)
        except MalformedUpdate as error:
            _log.warning("malformed update update_id=%s why=%s", error.update_id, error)
            return self._malformed(raw, now)
        if not isinstance(incoming, Message | Press) or not self._gate.admits(incoming):
            return None
        work = self._work(incoming, received_at=now)
        if is_alone and self._begins_at_once(work):
            work = replace(work, is_claimed=True)
        status = InboxStatus.CLAIMED if work.is_claimed else InboxStatus.NEW
        return Arrival(
            row=self._row(raw, now, status=status, work=work),
            update_id=incoming.update_id,
            work=work,
        )

    def _malformed(self, raw: Any, now: datetime) -> Arrival | None:
        update_id = update_id_of(raw)
        if update_id is None:
            return None
        row = self._row(raw, now, status=InboxStatus.MALFORMED, work=None)
        return Arrival(row=row, update_id=update_id, work=None)

    def _work(self, incoming: Message | Press, *, received_at: datetime) -> Work:
        return Work(
            incoming=incoming,
            lane=self._gate.lane(incoming),
            received_at=received_at,
            correlation_id=CorrelationId(f"tg{incoming.update_id}"),
        )

    def _row(self, raw: Any, now: datetime, *, status: InboxStatus, work: Work | None) -> Any:
        origin = work.incoming.origin if work else None
        is_malformed = status is InboxStatus.MALFORMED
        return self._make_row(
            update_id=update_id_of(raw),
            raw=json.dumps(raw, ensure_ascii=False),
            received_at=now,
            chat_id=origin.chat_id if origin else None,
            user_id=origin.user_id if origin else None,
            lane=work.lane.value if work else None,
            status=status.value,
            claimed_at=now if status is InboxStatus.CLAIMED else None,
            finished_at=now if is_malformed else None,
            outcome="not understood" if is_malformed else None,
            correlation_id=work.correlation_id if work else None,
        )


def _claimed(arrivals: Sequence[Arrival]) -> set[int]:
    return {each.update_id for each in arrivals if each.work and each.work.is_claimed}
