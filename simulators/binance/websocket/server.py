"""The streams' own doors on the REST address: the WebSocket API, and the market streams."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode, web

from simulators.binance.calls import Calls, Ground
from simulators.binance.public import PublicEndpoints
from simulators.binance.websocket.account_events import AccountEvent, AccountEvents
from simulators.binance.websocket.api_session import ApiSession
from simulators.binance.websocket.clients import Client, Lifetime
from simulators.binance.websocket.market_session import MarketSession
from simulators.binance.websocket.speech import Speech
from simulators.binance.websocket.stream_source import Source
from simulators.exchange.connection import Connection, Way
from trading.venues.paper.values import Transition

API_PATH = "/ws-api/v3"
RAW_PATH, STREAM_PATH = "/ws", "/stream"
LARGEST_FRAME = 2**20
KEPT_EVENTS = 100

Session = ApiSession | MarketSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the sockets need of the venue beside its ground."""

    calls: Calls
    public: PublicEndpoints
    latency: Callable[[], float]
    lifetime: Lifetime


class SocketServer:
    def __init__(self, *, ground: Ground, doors: Doors) -> None:
        self._ground = ground
        self._doors = doors
        self._way = Way(clock=ground.clock, now=ground.exchange.now, latency=doors.latency)
        self._source = Source(exchange=ground.exchange, public=doors.public)
        self._events = AccountEvents(exchange=ground.exchange)
        self._past: deque[AccountEvent] = deque(maxlen=KEPT_EVENTS)
        self._api: list[ApiSession] = []
        self._market: list[MarketSession] = []
        self._identifiers = 0
        ground.exchange.listeners.append(self._account_changed)
        ground.exchange.market_listeners.append(self._market_changed)
        ground.modes.listeners.append(self.follow)

    def routes(self) -> tuple[web.RouteDef, ...]:
        return (
            web.get(API_PATH, self._serve_api),
            web.get(RAW_PATH, self._serve_raw),
            web.get(f"{RAW_PATH}/{{streams:.*}}", self._serve_raw),
            web.get(STREAM_PATH, self._serve_combined),
        )

    def count(self) -> dict[str, int]:
        """How many clients there are, and how many follow the account."""
        subscribed = [session for session in self._api if session.subscriptions]
        return {"api": len(self._api), "market": len(self._market), "account": len(subscribed)}

    def follow(self) -> None:
        """Do to everybody what a fault wants done now."""
        for session in self._sessions():
            self._hurt_if_wanted(session)

    async def close(self, _: web.Application) -> None:
        """Say goodbye to everybody: the venue goes down."""
        for session in self._sessions():
            await session.client.connection.close(WSCloseCode.GOING_AWAY, "going down")

    def _sessions(self) -> list[Session]:
        return [*self._api, *self._market]

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        socket = await self._opened(request, "api")
        if not isinstance(socket, web.WebSocketResponse):
            return socket
        session = ApiSession(
            client=self._client(request, socket, "api"), calls=self._doors.calls, past=self._past
        )
        self._api.append(session)
        try:
            self._hurt_if_wanted(session)
            await session.client.connection.run(session)
        finally:
            self._api.remove(session)
        return socket

    async def _serve_raw(self, request: web.Request) -> web.StreamResponse:
        names = request.match_info.get("streams", "")
        return await self._serve_market(request, names, is_combined=False)

    async def _serve_combined(self, request: web.Request) -> web.StreamResponse:
        names = request.query.get("streams", "")
        return await self._serve_market(request, names, is_combined=True)

    async def _serve_market(
        self, request: web.Request, names: str, *, is_combined: bool
    ) -> web.StreamResponse:
        socket = await self._opened(request, "market")
        if not isinstance(socket, web.WebSocketResponse):
            return socket
        session = MarketSession(
            client=self._client(request, socket, "market"),
            source=self._source,
            is_combined=is_combined,
        )
        self._market.append(session)
        try:
            session.follow([name for name in names.split("/") if name])
            self._hurt_if_wanted(session)
            await session.client.connection.run(session)
        finally:
            self._market.remove(session)
        return socket

    async def _opened(self, request: web.Request, door: str) -> web.StreamResponse:
        """Accept a client, unless a fault says no."""
        self._ground.tally.count("stream", f"connect {door}")
        if fault := self._ground.faults.strike("ws_refuse", door):
            status = int(fault.parameters["status"])
            return web.Response(status=status, text=f"refused with {status}")
        socket = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=LARGEST_FRAME, timeout=1.0
        )
        if not socket.can_prepare(request):
            return web.Response(status=426, text="only for WebSocket clients")
        await socket.prepare(request)
        return socket

    def _client(self, request: web.Request, socket: web.WebSocketResponse, door: str) -> Client:
        self._identifiers += 1
        connection = Connection(
            identifier=self._identifiers,
            socket=socket,
            transport=request.transport,
            way=self._way,
        )
        return Client(
            exchange=self._ground.exchange,
            faults=self._ground.faults,
            connection=connection,
            speech=Speech(connection=connection, faults=self._ground.faults, door=door),
            clock=self._ground.clock,
            lifetime=self._doors.lifetime,
        )

    def _hurt_if_wanted(self, session: Session) -> None:
        faults, door = self._ground.faults, session.client.speech.door
        if faults.strike("ws_drop", door):
            session.client.connection.drop()
        if isinstance(session, ApiSession) and session.subscriptions:
            self._end_if_wanted(session)
        if faults.strike("ws_shutdown", door):
            session.client.shut_down(session.announce_shutdown)

    def _end_if_wanted(self, session: ApiSession) -> None:
        if self._ground.faults.strike("ws_terminate", "api"):
            session.terminate(self._events.terminated())

    def _account_changed(self, transition: Transition) -> None:
        events = self._events.of(transition)
        self._past.extend(events)
        for session in self._api:
            session.tell(events)

    def _market_changed(self) -> None:
        for session in self._market:
            session.tell()
