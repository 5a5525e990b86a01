"""Carries one request to a venue, once, and says whether it may have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Literal, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
    TraceConfig,
)
from yarl import URL

from trading.errors import OutcomeUnknown, VenueError, VenueUnavailable

_OK = 200
_UNLIMITED = 0
"""Calls are bounded by the call limits and turns. A pool that is full of calls that hang would
keep an emergency waiting for a connection."""
_KEEP_ALIVE_SECONDS = 15.0
"""Below what the venues' edges allow: a connection that the other side closes just as an order
leaves on it would make the outcome unknown for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """The exact bytes to send; `may_change` is True for whatever is not a mere question."""

    method: Literal["GET", "POST", "DELETE"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    may_change: bool = False
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAnswer:
    """What came back, whatever its status; the body is complete."""

    status: int
    body: bytes
    retry_after_seconds: float | None
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""

    @property
    def is_success(self) -> bool:
        return self.status == _OK


class _ConnectionLost(Exception):
    """Keeps aiohttp from resending: it repeats idempotent requests after errors it knows."""


class HttpTransport:
    """One session to one venue: no resending, no redirects, no cookies, no proxy guessing.

    A failure before a connection was had raises VenueUnavailable: nothing left. After that,
    VenueUnavailable for a question and OutcomeUnknown for what may have changed something.
    """

    def __init__(self, *, venue: str, timeout_seconds: float, user_agent: str) -> None:
        """Open nothing yet."""
        self._venue = venue
        self._timeout_seconds = timeout_seconds
        self._user_agent = user_agent
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session; connections are made when first used."""
        self._session = ClientSession(
            connector=TCPConnector(limit=_UNLIMITED, keepalive_timeout=_KEEP_ALIVE_SECONDS),
            cookie_jar=DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            middlewares=(_send_once,),
            trace_configs=[_departure_trace()],
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: WireRequest) -> WireAnswer:
        """Send it once and return the whole answer."""
        if self._session is None:
            raise VenueUnavailable(self._venue, "the connection is closed; nothing was sent")
        departure = SimpleNamespace(possible=False)
        seconds = request.timeout_seconds or self._timeout_seconds
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                timeout=ClientTimeout(total=seconds, sock_connect=seconds),
                trace_request_ctx=departure,
            ) as response:
                return WireAnswer(
                    status=response.status,
                    body=await response.read(),
                    retry_after_seconds=_retry_after(response.headers.get("Retry-After")),
                    headers={name.lower(): text for name, text in response.headers.items()},
                )
        except TimeoutError as error:
            reason = f"no answer within {seconds:g} s"
            raise self._failure(request, reason, departed=departure.possible) from error
        except (ClientError, _ConnectionLost, OSError) as error:
            reason = str(error) or type(error).__name__
            raise self._failure(request, reason, departed=departure.possible) from error

    def _failure(self, request: WireRequest, reason: str, *, departed: bool) -> VenueError:
        if not departed:
            reason = f"could not be reached, nothing was sent: {reason}"
            return VenueUnavailable(self._venue, reason)
        if request.may_change:
            return OutcomeUnknown(self._venue, f"the answer was lost: {reason}")
        return VenueUnavailable(self._venue, f"did not answer: {reason}")


async def _send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        reason = str(error) or type(error).__name__
        raise _ConnectionLost(reason) from error


def _departure_trace() -> TraceConfig:
    """Mark a request once it holds a connection: from then on bytes may have left."""

    async def mark(_session: object, context: SimpleNamespace, _parameters: object) -> None:
        context.trace_request_ctx.possible = True

    trace = TraceConfig()
    trace.on_connection_create_end.append(mark)
    trace.on_connection_reuseconn.append(mark)
    return trace


def _retry_after(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
