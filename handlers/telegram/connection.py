"""The connection to the Bot API: built at once, initialised in its own time, for ever retried."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from httpx import create_ssl_context
from telegram import BotCommand
from telegram.error import InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder, ExtBot
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from handlers.telegram.delivery import describe
from handlers.telegram.health import Reach, TelegramHealth
from handlers.telegram.incoming import ALLOWED_UPDATES
from trading.clock import Clock

_log = logging.getLogger(__name__)

Bot = ExtBot[int]
_EMPTY = b'{"ok":true,"result":[]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """Where Telegram is and how patient to be; `api_url` has no trailing slash."""

    token: str
    api_url: str = "https://api.telegram.org"
    poll_seconds: int = 25
    timeout_seconds: float = 10.0
    rate_limit_retries: int = 3
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 30.0

    def __repr__(self) -> str:
        """Leave the token out: a settings object may end up in a log."""
        return f"ConnectionSettings(api_url={self.api_url!r})"


class RawUpdatesRequest(HTTPXRequest):
    """Keeps the raw answer to getUpdates and shows the library an empty one.

    One malformed update makes the library fail the whole batch, again at every poll, for ever;
    raw rows are committed first and read one by one instead.
    """

    __slots__ = ("_payload",)

    def __init__(self, *, timeout_seconds: float, trust: ssl.SSLContext) -> None:
        """Use a single connection: there is one poll at a time."""
        super().__init__(
            connection_pool_size=2,
            connect_timeout=timeout_seconds,
            read_timeout=timeout_seconds,
            write_timeout=timeout_seconds,
            pool_timeout=timeout_seconds,
            httpx_kwargs={"verify": trust},
        )
        self._payload = _EMPTY

    async def do_request(  # noqa: PLR0917 - the library's own signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send as the library would; a good answer is kept aside."""
        code, payload = await super().do_request(
            url,
            method,
            request_data,
            read_timeout,
            write_timeout,
            connect_timeout,
            pool_timeout,
        )
        if 200 <= code < 300:  # noqa: PLR2004 - the range of success, as the library has it
            self._payload = payload
            return code, _EMPTY
        return code, payload

    def take(self) -> list[Any]:
        """Return the raw updates of the last good answer, once."""
        payload, self._payload = self._payload, _EMPTY
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
            result = answer["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(result, list):
            raise TelegramError("Invalid server response")
        return result


class Connection:
    """Owns the library's Application: no updater, no job queue, a rate limiter."""

    def __init__(
        self,
        *,
        settings: ConnectionSettings,
        menu: Sequence[tuple[str, str]],
        health: TelegramHealth,
        clock: Clock,
    ) -> None:
        """Build everything; nothing is sent before `run`. `menu` is (name, summary) pairs."""
        # The library's own way to say that RetryAfter may carry a timedelta; else it warns.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._settings = settings
        self._menu = tuple(BotCommand(name, summary) for name, summary in menu)
        self._health = health
        self._clock = clock
        # One for both clients: each would read all certificate authorities for itself.
        trust = create_ssl_context()
        self._updates = RawUpdatesRequest(timeout_seconds=settings.timeout_seconds, trust=trust)
        self._application = _build(settings, self._updates, trust)
        self._ready = asyncio.Event()
        self._username: str | None = None

    @property
    def bot(self) -> Bot:
        """Sends messages; works as soon as Telegram can be reached."""
        return self._application.bot

    @property
    def username(self) -> str | None:
        """The bot's own name in lower case; None before Telegram told it."""
        return self._username

    async def ready(self) -> None:
        """Wait until Telegram has accepted the token."""
        await self._ready.wait()

    async def run(self) -> None:
        """Initialise, however long it takes; then hold the connection until cancelled."""
        try:
            await self._initialise()
            await self._announce()
            await asyncio.Event().wait()
        finally:
            self._ready.clear()
            await self._application.shutdown()

    async def get_updates(self, offset: int | None, *, at_once: bool = False) -> list[Any]:
        """Poll once and return the raw updates; raises the library's errors.

        `at_once` has Telegram answer whether there is anything new or not.
        """
        settings = self._settings
        wait = 0 if at_once else settings.poll_seconds
        async with asyncio.timeout(wait + 2 * settings.timeout_seconds):
            await self.bot.get_updates(
                offset=offset, timeout=wait, allowed_updates=ALLOWED_UPDATES
            )
        return self._updates.take()

    async def drop_webhook(self) -> None:
        """Remove a webhook; while one is set, every poll is answered with a conflict."""
        try:
            await self.bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            _log.warning("webhook not removed why=%s", describe(error))

    async def _initialise(self) -> None:
        wait = self._settings.first_wait_seconds
        while True:
            try:
                await self._application.initialize()
                # A webhook set by an earlier program would answer every poll with a conflict.
                await self.bot.delete_webhook(drop_pending_updates=False)
            except TelegramError as error:
                refused = isinstance(error, InvalidToken)
                self._health.failed(
                    Reach.REFUSED if refused else Reach.UNREACHABLE, describe(error)
                )
                _log.warning("telegram not reached retry_in=%gs why=%s", wait, describe(error))
                await self._clock.sleep(wait)
                wait = min(wait * 2, self._settings.longest_wait_seconds)
            else:
                self._username = self.bot.username.lower()
                self._ready.set()
                return

    async def _announce(self) -> None:
        """Register the command menu; a menu that is out of date harms nobody."""
        wait = self._settings.first_wait_seconds
        while True:
            try:
                await self.bot.set_my_commands(self._menu)
            except TelegramError as error:
                _log.info("command menu not registered yet why=%s", describe(error))
                await self._clock.sleep(wait)
                wait = min(wait * 2, self._settings.longest_wait_seconds)
            else:
                return


def _build(
    settings: ConnectionSettings, updates: RawUpdatesRequest, trust: ssl.SSLContext
) -> Application[Bot, Any, Any, Any, Any, Any]:
    request = HTTPXRequest(
        connection_pool_size=16,
        connect_timeout=settings.timeout_seconds,
        read_timeout=settings.timeout_seconds,
        write_timeout=settings.timeout_seconds,
        pool_timeout=settings.timeout_seconds,
        httpx_kwargs={"verify": trust},
    )
    return (
        ApplicationBuilder()
        .token(settings.token)
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .request(request)
        .get_updates_request(updates)
        .rate_limiter(AIORateLimiter(max_retries=settings.rate_limit_retries))
        .updater(None)
        .job_queue(None)
        .build()
    )
