"""Keeps one connection of a venue up for ever, and says how it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from trading.clock import Clock
from trading.errors import VenueError, VenueFatal, VenueUnavailable
from trading.venues.reconnection import Reconnection
from trading.venues.streaming import StreamStatus
from trading.venues.websocket import ConnectionEnded, Ending, one_end

_log = logging.getLogger(__name__)

Serve = Callable[[], Awaitable[None]]
Lost = Callable[[str], None]


class StreamLine:
    """Runs one connection after another; whoever serves it says when it is live.

    `serve` opens and serves one connection until it ends, which raises ConnectionEnded or a
    VenueError. `lost` is told the reason before the pause. When somebody asks for a new
    connection, `serve` is cancelled wherever it is: also while it waits for what it needs to
    connect at all.
    """

    def __init__(self, *, venue: str, name: str, clock: Clock, reconnection: Reconnection) -> None:
        """`name` is "private" or "public"."""
        self._venue = venue
        self._name = name
        self._clock = clock
        self._reconnection = reconnection
        self._is_running = False
        self._asked = asyncio.Event()
        self._is_demanded = False
        self._settled = asyncio.Event()
        self._live_since: float | None = None
        self._since: datetime | None = None
        self._connections = 0
        self._detail = "not started"
        self._silence: Callable[[], float] | None = None

    @property
    def status(self) -> StreamStatus:
        """How it is now."""
        return StreamStatus(
            name=self._name,
            is_live=self._live_since is not None,
            since=self._since,
            reconnects=max(0, self._connections - 1),
            detail=self._detail,
            silent_seconds=None if self._silence is None else self._silence(),
        )

    @property
    def is_demanded(self) -> bool:
        """True while the connection is one that a person asked for."""
        return self._is_demanded

    async def run(self, serve: Serve, lost: Lost) -> None:
        """Connect, serve, pause, and so on until cancelled."""
        self._is_running = True
        try:
            while True:
                ended = await self._serve_once(serve, lost)
                pause = self._end(ended, lost)
                await self._rest(pause)
        finally:
            self._is_running = False
            self._turn(is_live=False, detail="stopped")
            lost("the streams were stopped")

    def connected(self, silence: Callable[[], float]) -> None:
        """Note a connection, and who says for how long nothing was heard on it."""
        self._silence = silence

    def live(self, *, is_new: bool = True) -> None:
        """Note that the connection does now what it is for, for the first time if it is new."""
        if self._live_since is None:
            self._connections += is_new
            self._turn(is_live=True, detail="live")
            _log.info("stream live venue=%s stream=%s", self._venue, self._name)
        self._settled.set()

    def waiting(self, detail: str) -> None:
        """Say what keeps it from being live, or what it is asked to do."""
        self._turn(is_live=False, detail=detail)

    async def reconnect(self, *, within_seconds: float) -> None:
        """Have a new connection now; returns when it is live, or has failed, or took too long."""
        if not self._is_running:
            return
        self._reconnection.forgive()
        self._settled.clear()
        self._asked.set()
        try:
            async with asyncio.timeout(within_seconds):
                await self._settled.wait()
        except TimeoutError:
            _log.warning("stream not live in time venue=%s stream=%s", self._venue, self._name)

    async def _serve_once(self, serve: Serve, lost: Lost) -> ConnectionEnded:
        self._is_demanded = self._asked.is_set()
        self._asked.clear()
        self._reconnection.attempted(self._clock.monotonic())
        try:
            with one_end():
                async with asyncio.TaskGroup() as group:
                    watching = group.create_task(self._until_asked(lost))
                    await serve()
                    watching.cancel()
        except ConnectionEnded as ended:
            return ended
        except VenueError as error:
            return _ended_by(error)
        finally:
            self._silence = None
        return ConnectionEnded("there is nothing to listen to")

    async def _until_asked(self, lost: Lost) -> None:
        """End whatever is served when a new connection is asked for."""
        await self._asked.wait()
        ended = ConnectionEnded("a new connection was asked for", ending=Ending.RENEW)
        # Said before the farewell, which takes its time where nobody answers.
        lost(str(ended))
        raise ended

    def _end(self, ended: ConnectionEnded, lost: Lost) -> float:
        """Say that it is over, and return how long to wait."""
        now = self._clock.monotonic()
        lived = 0.0 if self._live_since is None else now - self._live_since
        pause = self._reconnection.pause_after(ended, lived=lived, monotonic=now)
        if not self._asked.is_set():
            # Whoever asked for a new connection waits for that one, not for the end of this.
            self._settled.set()
        self._turn(is_live=False, detail=f"{ended}; trying again in {pause:.0f} s")
        _log.warning(
            "stream down venue=%s stream=%s pause=%.1f reason=%s",
            self._venue, self._name, pause, ended,
        )  # fmt: skip
        lost(str(ended))
        return pause

    async def _rest(self, seconds: float) -> None:
        """Wait, unless somebody asks for a connection now."""
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(self._clock.sleep(seconds)),
                group.create_task(self._asked.wait()),
            )
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    def _turn(self, *, is_live: bool, detail: str) -> None:
        if self._since is None or is_live is not (self._live_since is not None):
            self._since = self._clock.now()
            self._live_since = self._clock.monotonic() if is_live else None
        self._detail = detail


def _ended_by(error: VenueError) -> ConnectionEnded:
    """Take a fault of REST for the end of a connection that needed its answer."""
    if isinstance(error, VenueFatal):
        return ConnectionEnded(str(error), ending=Ending.FORBIDDEN)
    after = error.retry_after_seconds if isinstance(error, VenueUnavailable) else None
    return ConnectionEnded(str(error), retry_after_seconds=after)
