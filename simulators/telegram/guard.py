"""Who may talk to a local server: never a web page from elsewhere, whatever name it uses."""

import secrets
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from simulators.telegram.errors import Refused

TOKEN_HEADER = "X-Page-Token"  # noqa: S105 -- the name of a header, not a secret
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def host_is_own(host: str) -> bool:
    """A name that leads here by somebody else's DNS is not ours."""
    return urlsplit(f"//{host}").hostname in _OWN_NAMES


PROGRAM_PATHS = ("/bot", "/file/bot")


@web.middleware
async def bot_api_for_programs(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The Bot API shares its port with the page, and is closed to web pages all the same."""
    if request.path.startswith(PROGRAM_PATHS):
        answer: web.StreamResponse = await only_programs(request, handler)
        return answer
    return await handler(request)


@web.middleware
async def only_programs(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let programs in; browsers give themselves away by headers they always send."""
    from_browser = "Origin" in request.headers or "Sec-Fetch-Site" in request.headers
    if from_browser or not host_is_own(request.host):
        return web.json_response({"error": "This address is not for web pages."}, status=403)
    return await handler(request)


@web.middleware
async def refusals_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"error": refused.reason}, status=refused.status)


class PageGuard:
    """The page proves itself by a token that only this process and the page it served know."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    def check(self, request: web.Request) -> None:
        """Raise unless the request comes from the page this process has served."""
        if not host_is_own(request.host):
            raise Refused("This page is only for this machine.", status=403)
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            raise Refused("Requests from other pages are refused.", status=403)
        if request.method == "POST" and origin is None:
            raise Refused("A page names its origin; this request does not.", status=403)
        given = request.headers.get(TOKEN_HEADER) or request.query.get("token", "")
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            raise Refused("The page is older than this server. Reload it.", status=403)
