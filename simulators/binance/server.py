"""The REST interface on aiohttp: the wire, its latency and its faults around the calls."""

import json

from aiohttp import web

from simulators.binance.authentication import signed_call
from simulators.binance.calls import Answer, Calls
from simulators.binance.endpoints import Endpoint
from simulators.binance.errors import BinanceError
from simulators.binance.faults import Faults
from simulators.binance.gate import Call
from simulators.binance.words import parse
from simulators.clock import Clock

LARGEST_BODY = 2**20
KEY_HEADER = "X-MBX-APIKEY"
GARBAGE = b"\x00\xff\xfe{]garbage\x80"
PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
RESTRICTED = {
    "code": 0,
    "msg": "Service unavailable from a restricted location. Please contact customer service.",
}
LISTEN_KEYS = "/api/v3/userDataStream"
GONE = {"code": -1020, "msg": "This operation is not supported."}


class EdgeError(Exception):
    """The answer is not the venue's: a page from the edge in front of it."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class ConnectionDroppedError(Exception):
    """The connection is closed instead of answered."""


class RestServer:
    """`latency_seconds` is spent half before and half after a call is executed."""

    def __init__(
        self, *, calls: Calls, faults: Faults, clock: Clock, latency_seconds: float
    ) -> None:
        self.calls = calls
        self._faults = faults
        self._clock = clock
        self.latency_seconds = latency_seconds

    def application(self, *more: web.RouteDef) -> web.Application:
        """Serve REST, and `more` on the same address."""
        application = web.Application(client_max_size=LARGEST_BODY)
        application.add_routes(more)
        application.router.add_route("*", LISTEN_KEYS, self._gone)
        application.router.add_route("*", "/{tail:.*}", self._answer)
        return application

    async def _gone(self, request: web.Request) -> web.StreamResponse:
        """Listen keys were switched off on 2026-02-20; the WebSocket API took their place."""
        self.calls.count("rest", f"{request.method} userDataStream")
        return _json(Answer(body=GONE, status=410), self.calls.headers(with_orders=False))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        endpoint = self.calls.by_path.get((request.method, request.path))
        if endpoint is None:
            return _page(404)
        self.calls.count("rest", endpoint.names[1])
        try:
            await self._before(endpoint)
            answer = self._execute(endpoint, request, await request.text())
            await self._after(endpoint)
        except EdgeError as error:
            return _refused(error.status)
        except ConnectionDroppedError:
            return _drop(request)
        headers = self.calls.headers(with_orders=endpoint.counts_orders and not answer.is_error)
        return await self._said(request, endpoint, answer, headers)

    def _execute(self, endpoint: Endpoint, request: web.Request, body: str) -> Answer:
        query = request.raw_path.partition("?")[2]
        try:
            words = parse(query, body)
        except BinanceError as error:
            return Answer.of_error(error)
        return self.calls.execute(
            Call(
                endpoint=endpoint,
                words=words,
                key=request.headers.get(KEY_HEADER),
                signed=signed_call(query, body),
            )
        )

    async def _before(self, endpoint: Endpoint) -> None:
        """Spend the way to the venue; what goes wrong here leaves the call unexecuted."""
        names, faults = endpoint.names, self._faults
        if fault := faults.strike("delay", *names):
            await self._clock.sleep(fault.seconds())
        if faults.strike("drop_before", *names):
            raise ConnectionDroppedError
        if fault := faults.strike("firewall", *names):
            raise EdgeError(int(fault.parameters["status"]))
        if fault := faults.strike("http_5xx_before", *names):
            raise EdgeError(int(fault.parameters["status"]))
        if fault := faults.strike("hang_before", *names):
            await self._clock.sleep(fault.seconds())
        await self._half_the_latency()

    async def _after(self, endpoint: Endpoint) -> None:
        """Spend the way back; what goes wrong here leaves the caller in doubt."""
        names, faults = endpoint.names, self._faults
        await self._half_the_latency()
        if fault := faults.strike("hang_after", *names):
            await self._clock.sleep(fault.seconds())
        if faults.strike("lose_answer", *names):
            raise ConnectionDroppedError
        if fault := faults.strike("http_5xx_after", *names):
            raise EdgeError(int(fault.parameters["status"]))

    async def _said(
        self, request: web.Request, endpoint: Endpoint, answer: Answer, headers: dict[str, str]
    ) -> web.StreamResponse:
        if self._faults.strike("malformed_json", *endpoint.names):
            text = json.dumps(answer.body)
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if self._faults.strike("garbage", *endpoint.names):
            return web.Response(body=GARBAGE, content_type="application/json")
        if self._faults.strike("truncate_body", *endpoint.names):
            return await _truncate(request, answer)
        return _json(answer, headers)

    async def _half_the_latency(self) -> None:
        if self.latency_seconds > 0:
            await self._clock.sleep(self.latency_seconds / 2)


def _json(answer: Answer, headers: dict[str, str]) -> web.Response:
    more = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return web.Response(
        text=json.dumps(answer.body, separators=(",", ":")),
        status=answer.status,
        headers={**headers, **more},
        content_type="application/json",
        charset="utf-8",
    )


def _page(status: int) -> web.Response:
    return web.Response(
        text=PAGE.format(title=f"{status} error"), status=status, content_type="text/html"
    )


def _refused(status: int) -> web.Response:
    is_about_place = status == 451  # noqa: PLR2004 -- unavailable for legal reasons
    return _json(Answer(body=RESTRICTED, status=451), {}) if is_about_place else _page(status)


def _drop(request: web.Request) -> web.StreamResponse:
    """Close the connection; what is answered after that goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _truncate(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Promise the whole answer, send half of it and close the connection."""
    body = json.dumps(answer.body).encode()
    response = web.StreamResponse(
        status=answer.status,
        headers={"Content-Type": "application/json", "Content-Length": str(len(body))},
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
