"""The HTTP door: a long-lived part that listens while it runs, and suffers nobody for long.

One connection carries one request and lives for a few seconds, whatever the other side does; so
many at a time and no more. A door that cannot listen falls, and its supervisor tries again: the
rest of the bot does not notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aiohttp import web

from handlers.http.unix_socket import listen, reachable
from trading.clock import Clock
from trading.errors import DoorNotOpened

_log = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 1.0
_TICK_SECONDS = 1.0
_BACKLOG = 16
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Where it listens: an address of this machine."""

    host: str
    number: int

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"[{self.host}]:{self.number}" if ":" in self.host else f"{self.host}:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """How long one connection may live, and how many there may be."""

    connection_seconds: float = 15.0
    connections: int = 32


class HttpDoor:
    """Serves an application that is built anew each time; `run` is a supervised part."""

    def __init__(
        self,
        *,
        build: Callable[[], web.Application],
        place: Port | Path,
        clock: Clock,
        limits: DoorLimits | None = None,
    ) -> None:
        """Take what to serve, and a port or the path of a socket; nothing listens yet."""
        self._build = build
        self._place = place
        self._clock = clock
        self._limits = limits or DoorLimits()

    async def run(self) -> None:
        """Listen until cancelled; DoorNotOpened when that cannot be."""
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(
                self._build(),
                access_log=None,
                shutdown_timeout=_SHUTDOWN_SECONDS,
                lingering_time=0,
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            visitors = _Visitors(runner=runner, clock=self._clock, limits=self._limits)
            stack.callback(visitors.send_all_off)
            server = await self._listen(visitors)
            stack.callback(server.close)
            if isinstance(self._place, Path):
                stack.callback(self._place.unlink, missing_ok=True)
            _log.info("http door open at=%s", self._place)
            while True:
                await self._clock.sleep(_TICK_SECONDS)
                visitors.send_off()

    async def _listen(self, visitors: _Visitors) -> asyncio.Server:
        loop, place = asyncio.get_running_loop(), self._place
        try:
            if isinstance(place, Path):
                await _check_free(place)
                return await loop.create_unix_server(
                    visitors.admit, sock=listen(place), backlog=_BACKLOG
                )
            return await loop.create_server(
                visitors.admit, host=place.host, port=place.number, backlog=_BACKLOG
            )
        except OSError as error:
            raise DoorNotOpened(
                f"the HTTP door cannot listen on {place}: {error.strerror or error}. Everything "
                "else goes on, and it is tried again; free that place, or set http.listen to "
                "another and restart"
            ) from error


class _Visitors:
    """Every connection of the door, and since when it was seen."""

    def __init__(self, *, runner: web.AppRunner, clock: Clock, limits: DoorLimits) -> None:
        self._runner = runner
        self._clock = clock
        self._limits = limits
        self._since: dict[web.RequestHandler, float] = {}

    def admit(self) -> asyncio.Protocol:
        """Return who talks to a new connection: nobody, when there are too many."""
        server = self._runner.server
        if server is None or len(server.connections) >= self._limits.connections:
            return _TurnedAway()
        return server()

    def send_off(self) -> None:
        """End every connection that has lived too long, answered or not."""
        now, server = self._clock.monotonic(), self._runner.server
        live = () if server is None else server.connections
        self._since = {handler: self._since.get(handler, now) for handler in live}
        for handler, since in self._since.items():
            if now - since >= self._limits.connection_seconds:
                _end(handler)

    def send_all_off(self) -> None:
        """Leave none behind: one that reads nothing would keep its answer for ever."""
        server = self._runner.server
        for handler in () if server is None else server.connections:
            _end(handler)


class _TurnedAway(asyncio.Protocol):
    """Hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()  # uvloop's own class is no subclass of it


def _end(handler: web.RequestHandler) -> None:
    """Break it off: a close would wait for what the other side does not read."""
    if handler.transport is not None:
        handler.transport.abort()


async def _check_free(path: Path) -> None:
    """Raise OSError unless nothing lies at the path, or a socket that nobody serves any more."""
    if not await asyncio.to_thread(_is_socket, path):
        return
    with reachable(path) as name:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                _, writer = await asyncio.open_unix_connection(name)
        except (ConnectionError, TimeoutError):
            return
    writer.close()
    raise OSError(0, "another program listens there")


def _is_socket(path: Path) -> bool:
    """Tell a socket from nothing; whatever else lies there is somebody's, and stays."""
    if path.exists() and not path.is_socket():
        raise OSError(0, "something else than a socket lies there")
    return path.exists()
