"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<path>, faults included."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from simulators.clock import Clock
from simulators.telegram.arguments import Arguments, read_arguments
from simulators.telegram.errors import (
    ApiError,
    conflict,
    not_found,
    too_many_requests,
    unauthorized,
)
from simulators.telegram.faults import AFTER, AROUND, BEFORE, Fault, Faults
from simulators.telegram.files import Files
from simulators.telegram.polling import OTHER_POLL, Polling
from simulators.telegram.signal import first_of

Method = Callable[[Arguments], Any]
_LONGEST_HANG_SECONDS = 3600.0
_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"


class BotApi:
    def __init__(
        self,
        *,
        token: str,
        methods: Mapping[str, Method],
        polling: Polling,
        faults: Faults,
        files: Files,
        clock: Clock,
    ) -> None:
        self._token = token
        self._methods: Mapping[str, Method] = {**methods, "getupdates": polling.get_updates}
        self._polling = polling
        self._faults = faults
        self._files = files
        self._clock = clock
        self._live: set[asyncio.Transport] = set()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self.call)
        app.router.add_get("/file/bot{token}/{path:.+}", self.download)

    async def call(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            return web.Response()  # gone before we began
        self._live.add(transport)
        try:
            return await self._answer(request)
        except ApiError as refusal:
            return _refused(refusal)
        finally:
            self._live.discard(transport)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        self._check_token(request.match_info["token"])
        arguments = await read_arguments(request)
        slow = self._faults.take(method, AROUND)
        if slow is not None:
            await self._clock.sleep(slow.number("delay", 2.0))
        before = self._faults.take(method, BEFORE)
        if before is not None:
            return await self._strike(before, request)
        result = await self._run(method, arguments)
        after = self._faults.take(method, AFTER)
        if after is not None:
            return await self._strike(after, request)
        return _answered(result)

    def _check_token(self, token: str) -> None:
        if ":" not in token or not token.split(":", 1)[0].isdigit():
            raise not_found()
        if token != self._token:
            raise unauthorized()

    async def _run(self, method: str, arguments: Arguments) -> Any:
        run = self._methods.get(method)
        if run is None:
            raise ApiError(404, "Not Found: method not found")
        result = run(arguments)
        return await result if inspect.isawaitable(result) else result

    async def _strike(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        strikes: dict[str, Callable[[], Awaitable[web.StreamResponse]]] = {
            "drop_before": lambda: _dropped(request),
            "outage": lambda: _dropped(request),
            "lose_answer": lambda: _dropped(request),
            "hang": lambda: self._hang(fault, request),
        }
        strike = strikes.get(fault.name)
        return _spoiled(fault) if strike is None else await strike()

    async def _hang(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        seconds = fault.number("delay", _LONGEST_HANG_SECONDS)
        await first_of(self._faults.cleared, clock=self._clock, seconds=seconds)
        return await _dropped(request)

    def fault_added(self, fault: Fault) -> None:
        """Let a new fault be felt at once by a request that already waits."""
        if fault.name == "outage":
            for transport in self._live:
                transport.abort()
        if fault.applies_to("getupdates"):
            self._polling.release()

    async def download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request.match_info["token"])
            file = self._files.at_path(request.match_info["path"])
            if file is None:
                raise not_found()
        except ApiError as refusal:
            return _refused(refusal)
        fault = self._faults.take("file", BEFORE)
        if fault is not None:
            return await self._strike(fault, request)
        return web.Response(
            body=self._files.content(file), content_type="application/octet-stream"
        )


def _answered(result: Any) -> web.Response:
    body = json.dumps({"ok": True, "result": result}, ensure_ascii=False)
    return web.Response(text=body, content_type="application/json")


def _refused(refusal: ApiError) -> web.Response:
    headers = {}
    if refusal.parameters is not None and "retry_after" in refusal.parameters:
        headers["Retry-After"] = str(refusal.parameters["retry_after"])
    return web.json_response(refusal.body(), status=refusal.code, headers=headers)


def _spoiled(fault: Fault) -> web.Response:
    match fault.name:
        case "bad_json":
            return web.Response(text='{"ok": true, "resu', content_type="application/json")
        case "bad_gateway" | "bad_gateway_after":
            return web.Response(text=_BAD_GATEWAY, status=502, content_type="text/html")
        case "conflict":
            return _refused(conflict(OTHER_POLL))
        case "too_many_requests":
            return _refused(too_many_requests(int(fault.number("retry_after", 5))))
        case "unauthorized":
            return _refused(unauthorized())
        case _:
            code = int(fault.number("code", 400))
            return _refused(
                ApiError(code, str(fault.parameters.get("description", "Bad Request")))
            )


async def _dropped(request: web.Request) -> web.Response:
    """Cut the connection; what is returned finds nobody to go to."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
