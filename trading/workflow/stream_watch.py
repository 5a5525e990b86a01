"""Watches one venue's streams: tells the owner of a lasting loss, and resets its breaker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from trading.balances.streamed import StreamedAccount
from trading.clock import Clock
from trading.events import EventBus, OwnerNotice
from trading.risk.breakers import Breakers, CallKind
from trading.venues.port import VenueAdapter
from trading.venues.streaming import StreamStatus

_log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
_PROOF_SECONDS = 60.0
"""A breaker that opens again is reset by the stream at most so often."""
_MEANWHILE = {
    "private": "balances and orders are asked for instead, and orders go by REST",
    "public": "prices are asked for instead",
}


@dataclass(slots=True)
class _Line:
    """One connection: since when it has not been well for long, and whether that was told."""

    unwell_since: float | None = None
    live_since: float | None = None
    is_told: bool = False


class StreamWatch:
    """Runs beside the streams of one venue."""

    def __init__(
        self,
        *,
        venue: VenueAdapter,
        account: StreamedAccount,
        breakers: Breakers,
        bus: EventBus,
        clock: Clock,
        is_wanted: Callable[[str], bool],
        grace_seconds: float = 60.0,
    ) -> None:
        """`grace_seconds` is how long a stream may be down, or flap, before that is news.

        One that is not wanted by its name has nothing to be up for.
        """
        self._is_wanted = is_wanted
        self._venue = venue
        self._account = account
        self._breakers = breakers
        self._bus = bus
        self._clock = clock
        self._grace = grace_seconds
        self._lines: dict[str, _Line] = {}
        self._news = account.news
        self._proved_at: float | None = None

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            for status in self._venue.stream_status():
                if self._is_wanted(status.name):
                    await self._look(status)
            await self._prove()

    async def _look(self, status: StreamStatus) -> None:
        """Tell of trouble once it has lasted, and of its end once that has: not of each flap."""
        line, now = self._lines.setdefault(status.name, _Line()), self._clock.monotonic()
        if not status.is_live:
            line.live_since = None
            line.unwell_since = now if line.unwell_since is None else line.unwell_since
        elif line.live_since is None:
            line.live_since = now
        is_well = line.live_since is not None and now - line.live_since >= self._grace
        if is_well:
            line.unwell_since = None
        if is_well and line.is_told:
            line.is_told = False
            await self._tell(f"the {status.name} stream of {self._venue.name} is live again")
        elif not (line.is_told or status.is_live) and self._has_lasted(line, now):
            line.is_told = True
            await self._tell(
                f"the {status.name} stream of {self._venue.name} does not stay up: "
                f"{status.detail}. {_MEANWHILE.get(status.name, '').capitalize()}; it is tried "
                "again all the time, and nothing need be done unless this lasts"
            )

    def _has_lasted(self, line: _Line, now: float) -> bool:
        return line.unwell_since is not None and now - line.unwell_since >= self._grace

    async def _prove(self) -> None:
        """Let fresh data close the breaker that keeps the venue from being asked for it."""
        if self._account.news == self._news or not self._account.is_live:
            return
        self._news, now = self._account.news, self._clock.monotonic()
        if self._proved_at is not None and now - self._proved_at < _PROOF_SECONDS:
            return
        if await self._breakers.prove(
            self._venue.name, CallKind.BALANCES, "its stream brought fresh, verified balances"
        ):
            self._proved_at = now

    async def _tell(self, text: str) -> None:
        _log.warning("%s", text)
        await self._bus.publish(OwnerNotice(kind="stream", text=text, at=self._clock.now()))
