"""The streams' own doors on the REST address."""

from aiohttp import web

API_PATH = "/ws-api/v3"
STREAM_PATH = "/stream"


class SocketServer:
    def routes(self) -> tuple[web.RouteDef, ...]:
        return ()

    def count(self) -> dict[str, int]:
        return {}

    async def close(self, _: web.Application) -> None:
        return
