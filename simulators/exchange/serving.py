"""The addresses a simulator listens on: loopback only."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    port: int


@asynccontextmanager
async def serving(application: web.Application, address: Address) -> AsyncIterator[str]:
    """Serve until the block is left; answer the URL, with the port that was found free."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        listener = socket.create_server((address.host, address.port), family=family)
        host, port = listener.getsockname()[:2]
        await web.SockSite(runner, listener).start()
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        await runner.cleanup()
