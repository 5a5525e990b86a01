"""One WebSocket connection to a venue: opened in time, never silent unnoticed, closed cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from aiohttp import (
    ClientConnectionResetError,
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    WSMsgType,
    WSServerHandshakeError,
)

from trading.clock import Clock
from trading.errors import VenueError

_POLICY = 1008
_TOO_MANY = 429
_SERVER_ERROR = 500
_CLOSE_SECONDS = 1.0
_SLICE_SECONDS = 0.002
_SLICE_FRAMES = 16
_NEVER_WRITTEN = "Cannot write to closing transport"
"""What aiohttp says before it writes anything; whatever else it says may come after."""


class Ending(Enum):
    """Why a connection is no more, by what to do about it."""

    DROPPED = auto()
    """Connect again, a little later each time."""
    FORBIDDEN = auto()
    """We are not wanted or not known there: trying again soon makes it worse."""
    RENEW = auto()
    """It must be a new one, and at once: a token ended, or the owner asked."""


class ConnectionEnded(Exception):
    """The connection could not be had, or is over; the text is for people."""

    def __init__(
        self,
        reason: str,
        *,
        ending: Ending = Ending.DROPPED,
        retry_after_seconds: float | None = None,
    ) -> None:
        """Carry what to do about it."""
        super().__init__(reason)
        self.ending = ending
        self.retry_after_seconds = retry_after_seconds


@contextmanager
def one_end() -> Iterator[None]:
    """Let several parts of one connection end as one: the first reason stands for all."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise _reason_of(group) from group


def _reason_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first reason; the whole group where anything else went wrong too."""
    _, others = group.split((ConnectionEnded, VenueError))
    reason: BaseException = group
    while others is None and isinstance(reason, BaseExceptionGroup):
        reason = reason.exceptions[0]
    return reason


class NotSent(Exception):
    """Not a byte of it left this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """How long each thing may take, and how large one message may be."""

    connect_seconds: float = 10.0
    send_seconds: float = 5.0
    quiet_seconds: float = 5.0
    """Without any frame for so long, ask for one."""
    dead_seconds: float = 10.0
    """Without any frame for so long, it is dead, however connected it looks."""
    largest_message: int = 8 * 2**20


class WebSocket:
    """An open connection: texts out, texts in, and since when nothing was heard."""

    def __init__(
        self, *, connection: ClientWebSocketResponse, limits: SocketLimits, clock: Clock
    ) -> None:
        """Take a connection that is open; `open_websocket` makes one."""
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._heard = clock.monotonic()

    @property
    def silent_seconds(self) -> float:
        """Since the last frame, of whatever kind."""
        return self._clock.monotonic() - self._heard

    @property
    def is_open(self) -> bool:
        """False once either side has begun to close it."""
        return not self._connection.closed

    async def send(self, text: str) -> None:
        """Hand a text to the wire; NotSent when it certainly stayed here, else ConnectionEnded."""
        if self._connection.closed:
            raise NotSent("the connection is closed")
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._connection.send_str(text)
        except TimeoutError as error:
            raise ConnectionEnded("the other side takes nothing any more") from error
        except ClientConnectionResetError as error:
            if str(error) == _NEVER_WRITTEN:
                raise NotSent(str(error)) from error
            raise ConnectionEnded(f"sending failed: {error}") from error
        except (ClientError, OSError) as error:
            raise ConnectionEnded(f"sending failed: {error}") from error

    async def texts(self) -> AsyncIterator[str]:
        """Yield what comes in, and let others run in between; ConnectionEnded at the end."""
        frames, since = 0, self._clock.monotonic()
        while True:
            message = await self._connection.receive()
            self._heard = now = self._clock.monotonic()
            if message.type is WSMsgType.TEXT:
                yield message.data
            elif message.type is not WSMsgType.BINARY:
                raise self._ended(message.type, message.data)
            frames += 1
            if frames >= _SLICE_FRAMES or now - since >= _SLICE_SECONDS:
                # What is there already is handed out without a turn of the loop: a flood of it
                # would keep everybody else waiting.
                await self._clock.sleep(0)
                frames, since = 0, self._clock.monotonic()

    async def watch(self, ping: str) -> None:
        """Send `ping` when it is quiet; ConnectionEnded when nothing at all comes."""
        asked_at = float("-inf")
        while True:
            silent = self.silent_seconds
            if silent >= self._limits.dead_seconds:
                raise ConnectionEnded(f"nothing was heard for {silent:.0f} s")
            if silent >= self._limits.quiet_seconds and asked_at <= self._heard:
                asked_at = self._clock.monotonic()
                await self._ask(ping)
            await self._clock.sleep(self._until_next_look(silent))

    async def _ask(self, ping: str) -> None:
        try:
            await self.send(ping)
        except NotSent as error:
            raise ConnectionEnded(str(error)) from error

    def _until_next_look(self, silent: float) -> float:
        limits = self._limits
        due = limits.quiet_seconds if silent < limits.quiet_seconds else limits.dead_seconds
        return max(0.01, due - silent)

    def _ended(self, kind: WSMsgType, detail: object) -> ConnectionEnded:
        code = self._connection.close_code
        if code == _POLICY:
            reason = "the venue closed the connection for its policy (1008)"
            return ConnectionEnded(reason, ending=Ending.FORBIDDEN)
        if kind is WSMsgType.ERROR:
            return ConnectionEnded(f"the connection broke: {detail}")
        return ConnectionEnded(f"the connection was closed ({code})")


@asynccontextmanager
async def open_websocket(
    url: str, *, user_agent: str, limits: SocketLimits, clock: Clock
) -> AsyncIterator[WebSocket]:
    """Connect, or raise ConnectionEnded saying what to do about it; closes on the way out."""
    async with ClientSession(
        cookie_jar=DummyCookieJar(), headers={"User-Agent": user_agent}
    ) as session:
        connection = await _connect(session, url, limits)
        try:
            yield WebSocket(connection=connection, limits=limits, clock=clock)
        finally:
            await connection.close()


async def _connect(
    session: ClientSession, url: str, limits: SocketLimits
) -> ClientWebSocketResponse:
    seconds = limits.connect_seconds
    try:
        async with asyncio.timeout(seconds):
            return await session.ws_connect(
                url,
                max_msg_size=limits.largest_message,
                timeout=ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            )
    except TimeoutError as error:
        raise ConnectionEnded(f"no connection within {seconds:g} s") from error
    except WSServerHandshakeError as error:
        raise _refused(error) from error
    except (ClientError, OSError) as error:
        raise ConnectionEnded(f"could not be reached: {error}") from error


def _refused(error: WSServerHandshakeError) -> ConnectionEnded:
    """Judge an upgrade that was answered with a status: 429 and 5xx pass, other 4xx do not."""
    reason = f"the connection was refused with HTTP {error.status}"
    if error.status == _TOO_MANY or error.status >= _SERVER_ERROR:
        text = error.headers.get("Retry-After", "") if error.headers else ""
        seconds = float(text) if text.isascii() and text.isdigit() else None
        return ConnectionEnded(reason, retry_after_seconds=seconds)
    return ConnectionEnded(reason, ending=Ending.FORBIDDEN)
