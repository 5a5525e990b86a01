"""The control socket: the running bot's own command line, and nobody else, may talk to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from handlers.http.answers import (
    Answer,
    CandleRequest,
    Desk,
    EmergencyAction,
    EmergencyRequest,
    Outcome,
)
from handlers.http.unix_socket import listen
from handlers.process.correlation import correlated
from trading.clock import Clock
from trading.errors import SteelyardError
from trading.model.candles import CandleInterval

_log = logging.getLogger(__name__)

BY = "command line"
_STATUS = {Outcome.DONE: 200, Outcome.REFUSED: 409, Outcome.FAILED: 500}
_MAX_BODY = 64 * 1024
_MOST_LINES = 2000
_SHUTDOWN_SECONDS = 1.0
_Door = Callable[[dict[str, Any]], Awaitable[Answer]]


class BadRequest(ValueError):
    """The body is not what the call takes."""


class ControlServer:
    """Serves a desk on a unix socket while it is entered; take the state directory's lock first.

    Every answer is one JSON object: outcome, message, details and utcTimestamp.
    """

    def __init__(
        self, *, path: Path, desk: Desk, clock: Clock, make_correlation_id: Callable[[], str]
    ) -> None:
        """Take the parts; the socket appears when the block is entered."""
        self._path = path
        self._desk = desk
        self._clock = clock
        self._make_correlation_id = make_correlation_id
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        application = web.Application(client_max_size=_MAX_BODY)
        for method, path, door in (
            ("GET", "/ping", _ping),
            ("GET", "/status", self._status),
            ("GET", "/logs", self._logs),
            ("POST", "/halt", self._halt),
            ("POST", "/resume", self._resume),
            ("POST", "/reload", self._reload),
            ("POST", "/backup", self._backup),
            ("POST", "/candles", self._candles),
            ("POST", "/emergency", self._emergency),
        ):
            application.router.add_route(method, path, self._served(door))
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        self._runner = runner
        await web.SockSite(runner, listen(self._path)).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish what is being answered, for a second at most, and remove the socket."""
        self._path.unlink(missing_ok=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _status(self, _: dict[str, Any]) -> Answer:
        return await self._desk.status()

    async def _halt(self, body: dict[str, Any]) -> Answer:
        return await self._desk.halt(by=BY, cancel_orders=bool(body.get("cancel_orders", False)))

    async def _resume(self, _: dict[str, Any]) -> Answer:
        return await self._desk.resume(by=BY)

    async def _reload(self, _: dict[str, Any]) -> Answer:
        return await self._desk.reload(by=BY)

    async def _backup(self, body: dict[str, Any]) -> Answer:
        path = body.get("path")
        return await self._desk.backup(path=None if path is None else str(path))

    async def _candles(self, body: dict[str, Any]) -> Answer:
        try:
            interval = CandleInterval(str(body.get("interval")))
        except ValueError:
            message = f"interval is one of {', '.join(CandleInterval)}"
            raise BadRequest(message) from None
        request = CandleRequest(
            symbol=str(body.get("symbol")),
            interval=interval,
            venue=_text_or_none(body.get("venue")),
            path=Path(str(body.get("path"))),
        )
        return await self._desk.candles(request)

    async def _emergency(self, body: dict[str, Any]) -> Answer:
        try:
            action = EmergencyAction(str(body.get("action")))
        except ValueError:
            message = f"action is one of {', '.join(EmergencyAction)}"
            raise BadRequest(message) from None
        request = EmergencyRequest(
            action=action,
            **{name: _text_or_none(body.get(name)) for name in ("venue", "asset", "amount")},
        )
        return await self._desk.emergency(request, by=BY)

    async def _logs(self, body: dict[str, Any]) -> Answer:
        count = str(body.get("count", "100"))
        if not count.isdecimal():
            message = f"count is a number of lines, was {count!r}"
            raise BadRequest(message)
        level, containing = str(body.get("level", "debug")), body.get("containing")
        if level.upper() not in logging.getLevelNamesMapping():
            message = f"level is debug, info, warning or error, was {level!r}"
            raise BadRequest(message)
        return await self._desk.logs(
            count=min(int(count), _MOST_LINES),
            level=level,
            containing=None if containing is None else str(containing),
        )

    def _served(self, door: _Door) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            with correlated(self._make_correlation_id()):
                _log.info("control request method=%s path=%s", request.method, request.path)
                status, answer = await _answered(door, request)
                _log.info("control answer path=%s outcome=%s", request.path, answer.outcome)
                return self._response(status, answer)

        return serve

    def _response(self, status: int, answer: Answer) -> web.Response:
        body = {
            "outcome": answer.outcome.value,
            "message": answer.message,
            "details": dict(answer.details),
            "utcTimestamp": self._clock.now().isoformat(),
        }
        return web.json_response(body, status=status)


async def _ping(_: dict[str, Any]) -> Answer:
    """Show that the loop turns, without asking any part of the bot."""
    return Answer(outcome=Outcome.DONE, message="here")


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


async def _answered(door: _Door, request: web.Request) -> tuple[int, Answer]:
    try:
        answer = await door(await _body(request))
    except BadRequest as error:
        return 422, Answer(outcome=Outcome.FAILED, message=str(error))
    except SteelyardError as error:
        return 500, Answer(outcome=Outcome.FAILED, message=f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - a border: handler dispatch
        _log.exception("control request failed path=%s", request.path)
        return 500, Answer(outcome=Outcome.FAILED, message=f"{type(error).__name__}: {error}")
    return _STATUS[answer.outcome], answer


async def _body(request: web.Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.query)
    raw = await request.read()
    try:
        value = json.loads(raw or b"{}")
    except ValueError as error:
        message = f"the body is not JSON: {error}"
        raise BadRequest(message) from None
    if not isinstance(value, dict):
        message = "the body is a JSON object"
        raise BadRequest(message)
    return value
