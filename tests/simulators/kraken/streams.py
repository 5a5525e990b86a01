"""A venue in this process behind a real socket, on a clock the test moves, and clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.simulators.kraken.desk import Desk, open_desk
from tests.support.waiting import PATIENCE_SECONDS

Frame = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Stream:
    """One client. What it was told and did not ask for stays in `told`, in order."""

    socket: aiohttp.ClientWebSocketResponse
    token: str | None = None
    told: list[Frame] = field(default_factory=list)
    code: int | None = None
    """What the venue said when it closed; None when it was cut."""
    _last_request: int = 0

    async def send(self, method: str, params: Frame | None = None) -> int:
        """Send a request with the token, if there is one; answer its number."""
        self._last_request += 1
        words = dict(params or {})
        if self.token is not None:
            words.setdefault("token", self.token)
        frame: Frame = {"method": method, "req_id": self._last_request}
        if words:
            frame["params"] = words
        await self.socket.send_str(json.dumps(frame, default=_number))
        return self._last_request

    async def ask(self, method: str, **params: Any) -> Frame:
        """Send a request and wait for its answer."""
        number = await self.send(method, params)
        return await self.until(lambda frame: frame.get("req_id") == number)

    async def subscribe(self, channel: str, **params: Any) -> Frame:
        return await self.ask("subscribe", channel=channel, **params)

    async def until(self, wanted: Callable[[Frame], Any]) -> Frame:
        """Read on until a frame fits; the others are kept in `told`."""
        while True:
            frame = await self.next()
            if wanted(frame):
                return frame
            self.told.append(frame)

    async def channel(self, name: str, kind: str = "update") -> Frame:
        """Find the next word of a channel, among what was told already or still to come."""

        def fits(frame: Frame) -> bool:
            return frame.get("channel") == name and frame.get("type") == kind

        for place, frame in enumerate(self.told):
            if fits(frame):
                return self.told.pop(place)
        return await self.until(fits)

    async def row(self, channel: str) -> Frame:
        """Find the only row of the next update."""
        (row,) = (await self.channel(channel))["data"]
        assert isinstance(row, dict)
        return row

    async def steps(self, *wanted: str) -> list[Frame]:
        """Read the next rows of `executions`, which must be these steps."""
        rows = [await self.row("executions") for _ in wanted]
        assert [row["exec_type"] for row in rows] == list(wanted)
        return rows

    async def executions(self) -> list[Frame]:
        """Give all rows told until now, each with its frame's number, in the wire's order."""
        frames = self.told + await self.silence()
        self.told.clear()
        return [
            {**row, "number": frame["sequence"]}
            for frame in frames
            if frame.get("channel") == "executions"
            for row in frame["data"]
        ]

    async def next(self) -> Frame:
        frame = json.loads(await self.next_text(), parse_float=Decimal)
        assert isinstance(frame, dict)
        return frame

    async def next_text(self) -> str:
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.CLOSE:
            self.code = message.data
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionResetError(f"{message.type.name} {message.data}")
        assert isinstance(message.data, str)
        return message.data

    async def ended(self) -> int | None:
        """Read to the end of the connection; answer the venue's close code."""
        try:
            while True:
                await self.next_text()
        except (ConnectionError, aiohttp.ClientError):
            return self.code

    async def silence(self) -> list[Frame]:
        """Ping, and give all that was said before the pong."""
        before = self.told
        self.told = []
        await self.ask("ping")
        said, self.told = self.told, before
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The venue and its door."""

    desk: Desk
    url: str
    session: aiohttp.ClientSession
    stack: AsyncExitStack

    @property
    def exchange(self) -> Any:
        return self.desk.venue.exchange

    def fault(self, name: str, **wish: Any) -> None:
        self.desk.venue.faults.add({"name": name, **wish})
        self.desk.venue.modes.follow()

    def heal(self) -> None:
        self.desk.venue.faults.remove(None)
        self.desk.venue.modes.follow()

    def filled(self) -> int:
        """How many fills the books hold."""
        return len(self.exchange.archive.all_trades())

    def new_token(self) -> str:
        return str(self.desk.private("GetWebSocketsToken")["token"])

    async def public(self) -> Stream:
        return await self._stream("/v2")

    async def private(self, token: str | None = None) -> Stream:
        stream = await self._stream("/auth/v2")
        stream.token = token or self.new_token()
        return stream

    async def account(self) -> Stream:
        """Open a private stream that follows everything, its snapshots read."""
        stream = await self.private()
        for channel in ("balances", "executions"):
            assert (await stream.subscribe(channel))["success"] is True
            await stream.channel(channel, "snapshot")
        stream.told.clear()
        return stream

    async def _stream(self, path: str) -> Stream:
        socket = await self.session.ws_connect(f"{self.url}{path}", autoping=False)
        self.stack.push_async_callback(socket.close)
        return Stream(socket=socket)


@asynccontextmanager
async def open_floor(state: Path, *arguments: str) -> AsyncIterator[Floor]:
    async with AsyncExitStack() as stack:
        desk = stack.enter_context(open_desk(state, *arguments))
        url = await stack.enter_async_context(_served(desk.venue.application()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        clients = await stack.enter_async_context(AsyncExitStack())
        yield Floor(desk=desk, url=url, session=session, stack=clients)


@asynccontextmanager
async def _served(application: web.Application) -> AsyncIterator[str]:
    """Serve as the process does: a client that leaves cancels nothing (in TestServer it does)."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port = runner.addresses[0][:2]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value))
