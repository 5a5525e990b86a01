"""A venue in this process behind a real socket, on a clock the test moves, and clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from simulators.binance.options import DEMO_KEY
from tests.simulators.binance.desk import Desk, open_desk, sign
from tests.support.waiting import PATIENCE_SECONDS

Frame = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Stream:
    """One client. What it was told and did not ask for stays in `told`, in order."""

    socket: aiohttp.ClientWebSocketResponse
    desk: Desk
    told: list[Any] = field(default_factory=list)
    pings: list[bytes] = field(default_factory=list)
    code: int | None = None
    """What the venue said when it closed; None when it was cut."""
    _last_request: int = 0

    async def send(self, method: str, params: Any = None, **more: Any) -> int:
        self._last_request += 1
        frame = {"id": self._last_request, "method": method, **more}
        if params is not None:
            frame["params"] = params
        await self.socket.send_str(json.dumps(frame))
        return self._last_request

    async def ask(self, method: str, params: Any = None) -> Frame:
        """Send a request and wait for its answer."""
        return await self.answer_to(await self.send(method, params))

    async def answer_to(self, number: int) -> Frame:
        frame = await self.until(
            lambda frame: isinstance(frame, dict) and frame.get("id") == number
        )
        assert isinstance(frame, dict)
        return frame

    def signed(self, **words: Any) -> Frame:
        """Sign words as the WebSocket API wants it: sorted by name, as they are written."""
        whole = {"apiKey": DEMO_KEY, "timestamp": self.desk.milliseconds(), **words}
        payload = "&".join(f"{name}={value}" for name, value in sorted(whole.items()))
        return {**whole, "signature": sign(payload)}

    async def ask_signed(self, method: str, **words: Any) -> Frame:
        return await self.ask(method, self.signed(**words))

    async def subscribe(self) -> int:
        """Follow the account; answer the number of the subscription."""
        answer = await self.ask_signed("userDataStream.subscribe.signature")
        assert answer["status"] == 200, answer
        return int(answer["result"]["subscriptionId"])

    async def frame(self) -> Any:
        """Read the next frame, whatever it is."""
        return json.loads(await self.next_text())

    async def until(self, wanted: Callable[[Any], Any]) -> Any:
        """Read on until a frame fits; the others are kept in `told`."""
        while True:
            frame = await self.frame()
            if wanted(frame):
                return frame
            self.told.append(frame)

    async def event(self) -> Frame:
        """Read the next event of the account."""
        if self.told:
            frame = self.told.pop(0)
        else:
            frame = await self.until(lambda frame: "event" in frame)
        event: Frame = frame["event"]
        return event

    async def events(self, *wanted: str) -> list[Frame]:
        """Read the next events, which must be of these kinds."""
        found = [await self.event() for _ in wanted]
        assert [event["e"] for event in found] == list(wanted)
        return found

    async def next_text(self) -> str:
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                message = await self.socket.receive()
            if message.type is aiohttp.WSMsgType.PING:
                self.pings.append(bytes(message.data))
                continue
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

    async def silence(self) -> list[Any]:
        """Ask something, and give all that was said before its answer."""
        before, self.told = self.told, []
        await self.ask("time")
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

    async def open(self, path: str) -> Stream:
        socket = await self.session.ws_connect(f"{self.url}{path}", autoping=False)
        self.stack.push_async_callback(socket.close)
        return Stream(socket=socket, desk=self.desk)

    async def api(self) -> Stream:
        return await self.open("/ws-api/v3")

    async def account(self) -> Stream:
        stream = await self.api()
        await stream.subscribe()
        return stream


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
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port = runner.addresses[0][:2]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
