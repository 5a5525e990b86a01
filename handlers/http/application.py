"""What the HTTP door answers: one table of paths, and one border around all of them.

Every answer ends its connection, and every refusal is JSON: outcome, message, utcTimestamp.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from handlers.http.access import DoorRules, has_token, is_own_name
from handlers.http.answers import Outcome
from handlers.process.correlation import correlated
from trading.clock import Clock
from trading.errors import SteelyardError

_log = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Routes = Mapping[tuple[str, str], Handler]
"""What is served, by method and path; a door that serves more is given more of these."""
_NOT_STORED: Mapping[str, str] = {
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
}


def build_application(
    routes: Routes, *, rules: DoorRules, clock: Clock, make_correlation_id: Callable[[], str]
) -> web.Application:
    """Return the application; asked for anything else it says what there is."""
    border = _Border(
        rules=rules,
        clock=clock,
        make_correlation_id=make_correlation_id,
        paths=tuple(sorted({path for _, path in routes})),
    )

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await border.answer(request, handler)

    application = web.Application(middlewares=[guard], client_max_size=_MAX_BODY)
    for (method, path), handler in routes.items():
        application.router.add_route(method, path, handler)
    return application


class _Border:
    """Lets in who may come in, and turns whatever goes wrong into an answer."""

    def __init__(
        self,
        *,
        rules: DoorRules,
        clock: Clock,
        make_correlation_id: Callable[[], str],
        paths: tuple[str, ...],
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._make_correlation_id = make_correlation_id
        self._paths = paths

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Return an answer, whatever happens, that ends its connection."""
        with correlated(self._make_correlation_id()):
            response = await self._answer(request, handler)
        response.headers.update(_NOT_STORED)
        response.force_close()
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            allowed = ", ".join(sorted(error.allowed_methods))
            response = self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, f"this takes {allowed}")
            response.headers[hdrs.ALLOW] = allowed
            return response
        except web.HTTPException as error:
            status = HTTPStatus(error.status)
            there_is = f"; there is {', '.join(self._paths)}"
            is_lost = status is HTTPStatus.NOT_FOUND
            return self._refuse(status, status.phrase.lower() + (there_is if is_lost else ""))
        except (SteelyardError, TimeoutError) as error:
            _log.warning("http request failed path=%s why=%s", request.path, error)
            reason = str(error) or "it took too long"
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason)
        except Exception:  # noqa: BLE001 - a border: handler dispatch
            _log.exception("http request broke path=%s", request.path)
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the program")

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not is_own_name(request.headers.get(hdrs.HOST, ""), self._rules):
            return self._refuse(
                HTTPStatus.FORBIDDEN,
                "this door is not asked for by that name; see http.host_names",
            )
        if not has_token(request.headers.get(hdrs.AUTHORIZATION, ""), self._rules):
            response = self._refuse(
                HTTPStatus.UNAUTHORIZED, "the token is missing or wrong; see http.token"
            )
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
            return response
        return None

    def _refuse(self, status: HTTPStatus, message: str) -> web.Response:
        body = {
            "outcome": Outcome.REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed",
            "message": message,
            "utcTimestamp": self._clock.now().isoformat(),
        }
        return web.json_response(body, status=status)
