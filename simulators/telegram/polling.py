"""getUpdates: offsets that confirm, long polls, the server's brakes, 409 for the older poll."""

from dataclasses import dataclass
from typing import Any

from simulators.clock import Clock
from simulators.telegram.arguments import Arguments
from simulators.telegram.database import Database
from simulators.telegram.errors import ApiError, bad_request, conflict
from simulators.telegram.update_queue import UpdateQueue

MAX_UPDATES = 100
MAX_TIMEOUT_SECONDS = 50
HASTY_SECONDS = 3.0  # the same offset again so soon: the poll is made at least this long
VERY_HASTY_SECONDS = 0.5  # and so very soon: one update at a time
CONFLICT_PAUSE_SECONDS = 3.0
ABSENT_AFTER_SECONDS = 3.0
OTHER_POLL = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
    "webhook first"
)


@dataclass(slots=True, kw_only=True)
class _Poll:
    """The one request that waits at the moment."""

    superseded: bool = False
    released: bool = False


class Polling:
    def __init__(self, *, database: Database, clock: Clock, updates: UpdateQueue) -> None:
        self._database = database
        self._clock = clock
        self._updates = updates
        self._current: _Poll | None = None
        self._previous_offset: int | None = None
        self._previous_start = float("-inf")
        self._next_conflict = 0.0

    async def get_updates(self, arguments: Arguments) -> list[dict[str, Any]]:
        if self._database.remembered("webhook", ""):
            raise await self._conflict(WEBHOOK_ACTIVE)
        offset = arguments.integer("offset")
        limit = min(MAX_UPDATES, max(1, arguments.integer("limit", MAX_UPDATES)))
        timeout = float(min(MAX_TIMEOUT_SECONDS, max(0, arguments.integer("timeout"))))
        self._note_allowed(arguments)
        limit, timeout = self._braked(offset, limit, timeout)
        if self._current is not None:
            self._current.superseded = True
            self._updates.changed.notify()
        return await self._wait(offset, limit, timeout)

    def _note_allowed(self, arguments: Arguments) -> None:
        kinds = arguments.json("allowed_updates", what="allowed_updates")
        if kinds is None:
            return
        if not isinstance(kinds, list):
            raise bad_request("can't parse allowed updates: expected an Array of String")
        self._updates.allow_only([str(kind) for kind in kinds])

    def _braked(self, offset: int, limit: int, timeout: float) -> tuple[int, float]:
        now = self._clock.monotonic()
        if offset == self._previous_offset:
            since = now - self._previous_start
            if since < HASTY_SECONDS:
                timeout = max(timeout, HASTY_SECONDS)
            if since < VERY_HASTY_SECONDS:
                limit = 1
        self._previous_offset, self._previous_start = offset, now
        return limit, timeout

    async def _wait(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        poll = _Poll()
        self._current = poll
        until = self._clock.monotonic() + timeout
        try:
            while True:
                if poll.superseded:
                    raise await self._conflict(OTHER_POLL)
                found = self._updates.fetch(offset=offset, limit=limit)
                remaining = until - self._clock.monotonic()
                if found or poll.released or remaining <= 0:
                    return found
                offset = max(offset, 0)  # a negative one has done its work
                await self._updates.changed.wait(remaining)
        finally:
            if self._current is poll:
                self._current = None

    async def _conflict(self, reason: str) -> ApiError:
        """The refusal; repeated ones come after a pause, so that two bots do not spin."""
        now = self._clock.monotonic()
        if now < self._next_conflict:
            await self._clock.sleep(CONFLICT_PAUSE_SECONDS)
        else:
            self._next_conflict = now + CONFLICT_PAUSE_SECONDS
        return conflict(reason)

    def release(self) -> None:
        """End the waiting poll with an empty answer, so that its bot asks again."""
        if self._current is not None:
            self._current.released = True
            self._updates.changed.notify()

    @property
    def is_polled(self) -> bool:
        return self._current is not None

    @property
    def is_heard_of(self) -> bool:
        """Whether a bot polls, or did a moment ago."""
        since = self._clock.monotonic() - self._previous_start
        return self.is_polled or since < ABSENT_AFTER_SECONDS
