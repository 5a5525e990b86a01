"""The stream's own door on the REST address: `/v2` for everybody, `/auth/v2` with a token."""

import random
from typing import Any

from aiohttp import WSCloseCode, web

from simulators.exchange.connection import Connection, Way
from simulators.exchange.faults import Fault
from simulators.kraken.errors import INVALID_SESSION, KrakenError
from simulators.kraken.faults import Faults
from simulators.kraken.tokens import Tokens
from simulators.kraken.websocket.session import House, Session
from simulators.kraken.websocket.speech import Speech
from simulators.kraken.websocket.subscriptions import Desk, Subscriptions
from trading.venues.paper.values import Transition

PUBLIC_PATH = "/v2"
PRIVATE_PATH = "/auth/v2"
LARGEST_FRAME = 2**20
# Connection ids are larger than a double holds exactly, as at the venue.
LEAST_IDENTIFIER, LARGEST_IDENTIFIER = 2**63, 2**64 - 1


class WebSocketServer:
    def __init__(self, *, house: House, desk: Desk, way: Way) -> None:
        self._house = house
        self._desk = desk
        self._way = way
        self._dice = random.SystemRandom()
        self._sessions: list[Session] = []
        self._status_told = house.exchange.status
        house.exchange.listeners.append(self._account_changed)
        house.exchange.market_listeners.append(self._market_changed)
        house.modes.listeners.append(self.follow)

    def routes(self) -> tuple[web.RouteDef, ...]:
        return (
            web.get(PUBLIC_PATH, self._serve_public),
            web.get(PRIVATE_PATH, self._serve_private),
        )

    def count(self) -> dict[str, int]:
        """How many clients there are, by the address they came to."""
        kinds = [session.speech.kind for session in self._sessions]
        return {kind: kinds.count(kind) for kind in ("public", "private")}

    def follow(self) -> None:
        """Tell a new status to everybody, and drop whom a fault wants dropped."""
        status = self._house.exchange.status
        if status != self._status_told:
            self._status_told = status
            for session in self._sessions:
                session.tell_status()
                session.subscriptions.market_changed()
        for session in tuple(self._sessions):
            self._drop_if_wanted(session)

    async def close(self, _: web.Application) -> None:
        """Say goodbye to everybody: the venue goes down."""
        for session in tuple(self._sessions):
            await session.connection.close(WSCloseCode.GOING_AWAY, "going down")

    async def _serve_public(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "public")

    async def _serve_private(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "private")

    async def _serve(self, request: web.Request, kind: str) -> web.StreamResponse:
        self._house.tally.count("stream", f"connect {kind}")
        if fault := self._refusal(kind):
            status = int(fault.parameters["status"])
            return web.Response(status=status, text=f"refused with {status}")
        socket = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=LARGEST_FRAME, timeout=1.0
        )
        if not socket.can_prepare(request):
            return web.Response(status=426, text="only for WebSocket clients")
        await socket.prepare(request)
        session = self._session(request, socket, kind)
        self._sessions.append(session)
        try:
            session.greet()
            self._drop_if_wanted(session)
            await session.connection.run(session)
        finally:
            self._sessions.remove(session)
            session.subscriptions.end()
        return socket

    def _session(self, request: web.Request, socket: web.WebSocketResponse, kind: str) -> Session:
        connection = Connection(
            identifier=self._dice.randint(LEAST_IDENTIFIER, LARGEST_IDENTIFIER),
            socket=socket,
            transport=request.transport,
            way=self._way,
        )
        speech = Speech(
            connection=connection,
            faults=self._house.faults,
            kind=kind,
            monotonic=self._house.clock.monotonic,
        )
        return Session(
            house=self._house,
            connection=connection,
            speech=speech,
            subscriptions=Subscriptions(desk=self._desk, speech=speech),
        )

    def _refusal(self, kind: str) -> Fault | None:
        faults = self._house.faults
        return faults.strike("ws_refuse", kind) or faults.strike("http_5xx_before", "upgrade")

    def _drop_if_wanted(self, session: Session) -> None:
        if self._house.faults.strike("ws_drop", session.speech.kind):
            session.connection.drop()

    def _account_changed(self, transition: Transition) -> None:
        for session in self._sessions:
            session.subscriptions.account_changed(transition)

    def _market_changed(self) -> None:
        for session in self._sessions:
            session.subscriptions.market_changed()


class TokenCheck:
    """Refuses tokens as the venue does, and as faults want it to."""

    def __init__(self, *, tokens: Tokens, faults: Faults) -> None:
        self._tokens = tokens
        self._faults = faults

    def __call__(self, token: Any) -> str:
        if fault := self._faults.strike("ws_refuse_token"):
            raise KrakenError(str(fault.parameters["error"]))
        if not isinstance(token, str):
            raise KrakenError(INVALID_SESSION)
        self._tokens.check(token)
        if self._faults.strike("ws_expire_token"):
            self._tokens.revoke(token)
            raise KrakenError(INVALID_SESSION)
        return token
