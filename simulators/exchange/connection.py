"""One client's socket: what comes in is done in order and late, what goes out keeps its order.

Half of the latency is spent on each way. Frames do not wait for each other: ten requests sent at
once are answered after one round trip.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import WSMsgType, web

from simulators.clock import Clock

MOST_WAITING = 50_000  # a client that reads slower than this is dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A text frame as it came, with the time the venue's clock showed."""

    text: str
    at: datetime
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The wire between client and venue."""

    clock: Clock
    now: Callable[[], datetime]
    """The venue's own clock."""
    latency: Callable[[], float]
    """Seconds of a round trip; half of them each way."""


class Server(Protocol):
    """Who answers what comes in."""

    def hears(self) -> bool:
        """Whether what comes in is done."""
        ...

    def speaks(self) -> bool:
        """Whether anything is sent."""
        ...

    def handle(self, received: Received) -> None:
        """Do one request; it waits for nothing."""
        ...

    def beat(self) -> Coroutine[None, None, None]:
        """Run beside the connection for as long as it lives."""
        ...


class Connection:
    """Knows nothing of what is said over it."""

    def __init__(
        self,
        *,
        identifier: int,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        way: Way,
    ) -> None:
        self.identifier = identifier
        self.opened_at = self.pong_at = way.clock.monotonic()
        self._socket = socket
        self._way = way
        self._transport = transport
        self._incoming: asyncio.Queue[Received | None] = asyncio.Queue()
        self._outgoing: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
        self._last_in = self._last_out = 0.0
        self._group: asyncio.TaskGroup | None = None
        self._disposable: list[asyncio.Task[None]] = []
        self._goodbye = asyncio.Event()
        self._goodbye.set()  # cleared only while one is being said
        self.is_silent = False
        """True: connected, but nothing is sent any more."""
        self.is_deaf = False
        """True: what comes in is not even read."""

    async def run(self, server: Server) -> None:
        """Serve until the client leaves or is dropped."""
        async with self._tasks() as group:
            for work in (self._write(), server.beat()):
                self._disposable.append(group.create_task(work))
            doing = group.create_task(self._do(server))
            await self._read(server)
            await self._goodbye.wait()
            self._incoming.put_nowait(None)
            await doing  # what had arrived before the client left is still done

    def send(self, text: str) -> None:
        """Put a frame on its way."""
        if self.is_silent:
            return
        if self._outgoing.qsize() >= MOST_WAITING:
            self.drop()
            return
        self._last_out = max(self._last_out, self._half_a_round_trip_from_now())
        self._outgoing.put_nowait((self._last_out, text))

    async def ping(self, data: bytes) -> None:
        """Ask the client whether it lives; `pong_at` tells when it last said so."""
        try:
            await self._socket.ping(data)
        except ConnectionError:
            self.is_silent = True

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something later, unless the connection is gone by then."""
        if self._group is not None:
            self._disposable.append(self._group.create_task(self._after(seconds, work)))

    def drop(self) -> None:
        """Cut the line: no goodbye, and what was on its way is lost."""
        self.is_silent = self.is_deaf = True
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    async def close(self, code: int, reason: str = "") -> None:
        """Say goodbye with a close code; the connection ends when that is said."""
        self._goodbye.clear()
        try:
            await self._socket.close(code=code, message=reason.encode())
        finally:
            self._goodbye.set()

    async def _read(self, server: Server) -> None:
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._take(message.data)
                case WSMsgType.PING if server.speaks():
                    await self._answer_ping(message.data)
                case WSMsgType.PONG:
                    self.pong_at = self._way.clock.monotonic()
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED | WSMsgType.ERROR:
                    return

    async def _answer_ping(self, data: bytes) -> None:
        try:
            await self._socket.pong(data)
        except ConnectionError:
            self.is_silent = True

    def _take(self, text: str) -> None:
        self._last_in = max(self._last_in, self._half_a_round_trip_from_now())
        self._incoming.put_nowait(Received(text=text, at=self._way.now(), due=self._last_in))

    async def _do(self, server: Server) -> None:
        while (received := await self._incoming.get()) is not None:
            await self._until(received.due)
            if server.hears():
                server.handle(received)

    async def _write(self) -> None:
        try:
            while True:
                due, text = await self._outgoing.get()
                await self._until(due)
                if not self.is_silent:
                    await self._socket.send_str(text)
        except (ConnectionError, RuntimeError):  # gone, or being closed; the reader hears of it
            self.is_silent = True

    async def _until(self, due: float) -> None:
        wait = due - self._way.clock.monotonic()
        if wait > 0:
            await self._way.clock.sleep(wait)

    def _half_a_round_trip_from_now(self) -> float:
        return self._way.clock.monotonic() + self._way.latency() / 2

    async def _after(self, seconds: float, work: Callable[[], None]) -> None:
        await self._way.clock.sleep(seconds)
        work()

    @asynccontextmanager
    async def _tasks(self) -> AsyncIterator[asyncio.TaskGroup]:
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield group
            finally:
                self._group = None
                for task in self._disposable:
                    task.cancel()
