"""A server that answers exactly what a test scripted, over real sockets, and remembers all.

It knows no trading: for that there is the local Kraken. Here are the answers that no sane venue
would give.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to do with one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    truncate: bool = False
    hang: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One request as it arrived."""

    method: str
    verb: str
    headers: Mapping[str, str]
    query: str
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


def result(value: Any) -> Reply:
    return Reply(body=json.dumps({"error": [], "result": value}).encode())


def errors(*texts: str) -> Reply:
    return Reply(body=json.dumps({"error": list(texts)}).encode())


def html(status: int) -> Reply:
    return Reply(
        body=b"<html><body>edge</body></html>",
        status=status,
        headers={"Content-Type": "text/html"},
    )


DROP = Reply(drop=True)
HANG = Reply(hang=True)
TRUNCATED = Reply(body=b'{"error":[],"result":{"txid":["OABC', truncate=True)


class ScriptedVenue:
    """Replies queued by method; the last one of a queue stays."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.url = ""
        self._script: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self._computed: dict[str, Callable[[Heard], Reply]] = {}
        self.released = asyncio.Event()
        self.after_hang: Reply | None = None
        """What a call that hung is answered once it is released."""

    def on(self, method: str, *replies: Reply) -> None:
        """Answer so, in this order, the last one for ever."""
        self._script[method] = deque(replies)

    def compute(self, method: str, answer: Callable[[Heard], Reply]) -> None:
        """Answer by what was asked."""
        self._computed[method] = answer

    def calls(self, method: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        heard = Heard(
            method=request.match_info["method"],
            verb=request.method,
            headers=dict(request.headers),
            query=request.rel_url.raw_query_string,
            body=await request.read(),
        )
        self.heard.append(heard)
        return await self._play(request, self._reply(heard))

    def _reply(self, heard: Heard) -> Reply:
        if heard.method in self._computed:
            return self._computed[heard.method](heard)
        queue = self._script[heard.method]
        if not queue:
            return errors("EGeneral:Unknown method")
        return queue.popleft() if len(queue) > 1 else queue[0]

    async def _play(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.hang:
            await self.released.wait()
            reply = self.after_hang or reply
        if reply.drop and request.transport is not None:
            request.transport.abort()
        if not reply.truncate:
            return web.Response(body=reply.body, status=reply.status, headers=reply.headers)
        response = web.StreamResponse(headers={"Content-Length": str(len(reply.body) + 100)})
        await response.prepare(request)
        await response.write(reply.body)
        if request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def scripted_venue() -> AsyncIterator[ScriptedVenue]:
    """Serve on a free port of this machine."""
    venue = ScriptedVenue()
    application = web.Application()
    application.router.add_route("*", "/0/{kind}/{method}", venue.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        venue.url = f"http://{host}:{port}"
        yield venue
    finally:
        venue.released.set()
        await runner.cleanup()
