"""The REST interface on aiohttp: the wire, its latency and its faults around the endpoints."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from simulators.clock import Clock
from simulators.exchange.modes import Modes
from simulators.exchange.tally import Tally
from simulators.kraken.errors import UNAVAILABLE, UNKNOWN_METHOD, KrakenError
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.gate import Call, Gate
from simulators.kraken.spelling import Spelling, encode

Words = Mapping[str, Any]
Endpoint = Callable[[Words], Any]
LARGEST_BODY = 2**20
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Endpoints that still answer while the venue is under maintenance.
ALWAYS_ANSWERED = frozenset({"Time", "SystemStatus"})
BALANCES = frozenset({"Balance", "BalanceEx"})
EDGE_PAGE = (
    "<!DOCTYPE html><html><head><title>{status} | Web server error</title></head>"
    "<body><h1>Error {status}</h1>"
    "<p>The edge could not get an answer from the venue.</p></body></html>"
)


class EdgeError(Exception):
    """The answer is not the venue's: HTML from the edge in front of it."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class ConnectionDroppedError(Exception):
    """The connection is closed instead of answered."""


class RestServer:
    """`latency_seconds` is spent half before and half after a call is executed."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        public: Mapping[str, Endpoint],
        private: Mapping[str, Endpoint],
        gate: Gate,
        faults: Faults,
        modes: Modes,
        tally: Tally,
        clock: Clock,
        latency_seconds: float,
    ) -> None:
        self._exchange = exchange
        self.public = public
        self.private = private
        self._gate = gate
        self._faults = faults
        self._modes = modes
        self._tally = tally
        self._clock = clock
        self.latency_seconds = latency_seconds

    def application(self, *more: web.RouteDef) -> web.Application:
        """Serve REST, and `more` on the same address."""
        application = web.Application(client_max_size=LARGEST_BODY)
        application.add_routes(more)
        application.router.add_route("*", "/0/public/{endpoint}", self._answer_public)
        application.router.add_route("*", "/0/private/{endpoint}", self._answer_private)
        application.router.add_route("*", "/{tail:.*}", _unknown)
        return application

    async def _answer_public(self, request: web.Request) -> web.StreamResponse:
        endpoint = request.match_info["endpoint"]
        work = self.public.get(endpoint)
        if work is None:
            return await _unknown(request)
        if request.method != "GET":
            return _json({"error": [UNKNOWN_METHOD]}, status=405)
        words = dict(request.query)
        return await self._answer(request, endpoint, lambda: work(words))

    async def _answer_private(self, request: web.Request) -> web.StreamResponse:
        endpoint = request.match_info["endpoint"]
        work = self.private.get(endpoint)
        if work is None:
            return await _unknown(request)
        if request.method != "POST":
            return _json({"error": [UNKNOWN_METHOD]}, status=405)
        call = Call(
            endpoint=endpoint,
            path=request.path,
            body=await request.read(),
            content_type=request.headers.get("Content-Type", ""),
            key=request.headers.get("API-Key", ""),
            signature=request.headers.get("API-Sign", ""),
        )
        return await self._answer(request, endpoint, lambda: work(self._gate.admit(call)))

    async def _answer(
        self, request: web.Request, endpoint: str, work: Callable[[], Any]
    ) -> web.StreamResponse:
        self._tally.count("rest", endpoint)
        try:
            await self._before(endpoint)
            answer = self._execute(endpoint, work)
            await self._after(endpoint)
        except EdgeError as error:
            page = EDGE_PAGE.format(status=error.status)
            return web.Response(text=page, status=error.status, content_type="text/html")
        except ConnectionDroppedError:
            return _drop(request)
        if self._faults.strike("malformed_json", endpoint):
            text = json.dumps(answer)
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if self._faults.strike("truncate_body", endpoint):
            return await _truncate(request, answer)
        if endpoint in BALANCES and (fault := self._faults.strike("spell_numbers", endpoint)):
            text = encode(_with_numbers(answer), Spelling(fault.parameters["spelling"]))
            return web.Response(text=text, content_type="application/json")
        return _json(answer)

    async def _before(self, endpoint: str) -> None:
        """Spend the way to the venue; what goes wrong here leaves the call unexecuted."""
        if fault := self._faults.strike("delay", endpoint):
            await self._clock.sleep(fault.seconds())
        if self._faults.strike("drop_before", endpoint):
            raise ConnectionDroppedError
        if fault := self._faults.strike("http_5xx_before", endpoint):
            raise EdgeError(int(fault.parameters["status"]))
        if fault := self._faults.strike("hang_before", endpoint):
            await self._clock.sleep(fault.seconds())
        await self._half_the_latency()

    def _execute(self, endpoint: str, work: Callable[[], Any]) -> dict[str, Any]:
        exchange = self._exchange
        self._modes.enter(endpoint)
        try:
            if exchange.status == "maintenance" and endpoint not in ALWAYS_ANSWERED:
                raise KrakenError(UNAVAILABLE)
            if fault := self._faults.strike("error", endpoint):
                raise KrakenError(str(fault.parameters["error"]))
            exchange.settle_time()
            result = work()
        except KrakenError as error:
            return {"error": [error.text]}
        return {"error": [], "result": self._spoiled(endpoint, result)}

    async def _after(self, endpoint: str) -> None:
        """Spend the way back; what goes wrong here leaves the caller in doubt."""
        await self._half_the_latency()
        if fault := self._faults.strike("hang_after", endpoint):
            await self._clock.sleep(fault.seconds())
        if self._faults.strike("lose_answer", endpoint):
            raise ConnectionDroppedError
        if fault := self._faults.strike("http_5xx_after", endpoint):
            raise EdgeError(int(fault.parameters["status"]))

    async def _half_the_latency(self) -> None:
        if self.latency_seconds > 0:
            await self._clock.sleep(self.latency_seconds / 2)

    def _spoiled(self, endpoint: str, result: Any) -> Any:
        """Spoil an answer about balances, if that was asked for."""
        if endpoint not in BALANCES:
            return result
        left = self._faults.spoil_balances(list(result), endpoint)
        return {code: row for code, row in result.items() if code in left}


async def _unknown(request: web.Request) -> web.StreamResponse:
    del request
    return _json({"error": [UNKNOWN_METHOD]}, status=404)


def _json(answer: dict[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(
        text=json.dumps(answer, separators=(",", ":")),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def _with_numbers(answer: Any) -> Any:
    """Make numbers of the texts that are numbers, for them to be spelled differently."""
    match answer:
        case dict():
            return {name: _with_numbers(value) for name, value in answer.items()}
        case str() if NUMBER.fullmatch(answer):
            return Decimal(answer)
        case _:
            return answer


def _drop(request: web.Request) -> web.StreamResponse:
    """Close the connection; what is answered after that goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _truncate(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    """Promise the whole answer, send half of it and close the connection."""
    body = json.dumps(answer).encode()
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
