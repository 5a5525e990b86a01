"""The launcher's own address: the panel beside the demo's chat hurts the bot through it."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from types import TracebackType
from typing import Self

from aiohttp import web

from composition.bot_process import BotProcess

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LauncherServer:
    """Loopback only, on a free port; the chat page's server is its one caller."""

    def __init__(self, *, bot: BotProcess) -> None:
        """Take the process to look after."""
        self._bot = bot
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen; `url` is known from here on."""
        application = web.Application(middlewares=[_no_pages])
        application.router.add_get("/state", self._state)
        for path, handler in (
            ("/kill", self._signal(signal.SIGKILL)),
            ("/stop", self._stop),
            ("/start", self._start),
            ("/reload", self._signal(signal.SIGHUP)),
        ):
            application.router.add_post(path, handler)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self._bot.state))

    async def _start(self, _: web.Request) -> web.Response:
        self._bot.want(running=True)
        return await self._state(_)

    async def _stop(self, _: web.Request) -> web.Response:
        self._bot.want(running=False)
        self._bot.send(signal.SIGTERM)
        return await self._state(_)

    def _signal(self, number: signal.Signals) -> _Handler:
        async def send(request: web.Request) -> web.Response:
            self._bot.send(number)
            return await self._state(request)

        return send


@web.middleware
async def _no_pages(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Any web page can reach loopback; only the chat page's server, which is none, may."""
    if request.headers.get("Origin"):
        raise web.HTTPForbidden(text="not for web pages")
    return await handler(request)
