"""The other end of the control socket: how a second process asks the running bot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aiohttp

from handlers.http.answers import Answer, CandleRequest, EmergencyAction, EmergencyRequest, Outcome
from handlers.http.unix_socket import reachable
from trading.errors import CommandError

_HOST = "http://steelyard"  # a unix socket needs none, HTTP does
_TIMEOUT_SECONDS = 60.0
_CONNECT_SECONDS = 5.0
_PROMPT_SECONDS = 5.0
_CANDLE_SECONDS = 90.0
"""A bot that is well halts, resumes and tells its state at once; a stuck one is found out soon."""
_CANCEL_SECONDS = 20.0
"""Venues are asked to cancel; a stuck bot must all the same not hold up a halt for long."""
_EMERGENCY_SECONDS: Mapping[EmergencyAction, float] = {
    EmergencyAction.REPAIR: 90.0,
    EmergencyAction.CANCEL_ALL: 30.0,
    EmergencyAction.CLOSE_ALL: 150.0,
}
"""A little more than each may take by its own deadlines."""


class BotNotRunning(CommandError):
    """Nobody listens on the control socket."""


class BotNotAnswering(CommandError):
    """Somebody holds the control socket, and did not answer as the bot does."""


class ControlClient:
    """Asks the bot that owns a state directory; a new connection for each request."""

    def __init__(self, *, path: Path, timeout_seconds: float | None = None) -> None:
        """Take the socket's path, and how long an answer may take where that is to be less."""
        self._path = path
        self._timeout_seconds = timeout_seconds

    async def status(self) -> Answer:
        """Ask how the bot is."""
        return await self._ask("GET", "/status", within=_PROMPT_SECONDS)

    async def halt(self, *, cancel_orders: bool) -> Answer:
        """Stop trading."""
        within = _CANCEL_SECONDS if cancel_orders else _PROMPT_SECONDS
        return await self._ask("POST", "/halt", {"cancel_orders": cancel_orders}, within=within)

    async def resume(self) -> Answer:
        """Trade again."""
        return await self._ask("POST", "/resume", within=_PROMPT_SECONDS)

    async def reload(self) -> Answer:
        """Read the configuration anew."""
        return await self._ask("POST", "/reload")

    async def backup(self, *, path: Path | None) -> Answer:
        """Write a copy of the database; the path is absolute, the bot has its own folder."""
        return await self._ask("POST", "/backup", {"path": str(path)} if path else {})

    async def candles(self, request: CandleRequest) -> Answer:
        """Have candles written to a file; a venue may have to be asked for them first."""
        wanted = {
            "symbol": request.symbol,
            "interval": request.interval.value,
            "venue": request.venue,
            "path": str(request.path),
        }
        return await self._ask("POST", "/candles", wanted, within=_CANDLE_SECONDS)

    async def emergency(self, request: EmergencyRequest) -> Answer:
        """Have the bot do what must work when little else does; a stuck one is found out soon."""
        await self._ask("GET", "/ping", within=_PROMPT_SECONDS)
        wanted = {
            "action": request.action.value,
            "venue": request.venue,
            "asset": request.asset,
            "amount": request.amount,
        }
        within = _EMERGENCY_SECONDS.get(request.action, _TIMEOUT_SECONDS)
        return await self._ask("POST", "/emergency", wanted, within=within)

    async def logs(self, *, count: int, level: str, containing: str | None) -> Answer:
        """Return the last log lines."""
        wanted = {"count": str(count), "level": level}
        return await self._ask(
            "GET", "/logs", wanted if containing is None else {**wanted, "containing": containing}
        )

    async def _ask(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        within: float = _TIMEOUT_SECONDS,
    ) -> Answer:
        limit = self._timeout_seconds
        seconds = within if limit is None else min(within, limit)
        if not self._path.exists():
            message = f"no bot is running on {self._path.parent}"
            raise BotNotRunning(message)
        timeout = aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)
        try:
            with reachable(self._path) as name:
                session = aiohttp.ClientSession(
                    connector=aiohttp.UnixConnector(name, force_close=True), timeout=timeout
                )
                async with session:
                    return await _exchange(session, method, path, dict(arguments or {}))
        except aiohttp.ClientConnectorError as error:
            # The socket's file outlives a killed process.
            message = f"no bot is running on {self._path.parent}: {error.os_error.strerror}"
            raise BotNotRunning(message) from None
        except TimeoutError:
            message = f"the bot did not answer within {seconds:g} s; it may be stuck"
            raise BotNotAnswering(message) from None
        except (aiohttp.ClientError, ValueError, KeyError) as error:
            message = f"the bot broke off its answer; ask for its status ({error!r})"
            raise BotNotAnswering(message) from None


async def _exchange(
    session: aiohttp.ClientSession, method: str, path: str, arguments: dict[str, object]
) -> Answer:
    in_query = method == "GET"
    async with session.request(
        method,
        _HOST + path,
        params={key: str(value) for key, value in arguments.items()} if in_query else None,
        json=None if in_query else arguments,
    ) as response:
        body = await response.json()
    return Answer(
        outcome=Outcome(body["outcome"]), message=body["message"], details=body["details"]
    )
