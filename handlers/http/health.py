"""GET /health: one look at what must be well, in JSON; 200 while it is, 503 with reasons else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp import web

from trading.clock import Clock
from trading.intents.machine import Component

_WITHIN_SECONDS = 5.0
_REUSED_SECONDS = 1.0
"""Whoever asks more often is told the same again: a look costs a write."""

Look = Callable[[], Awaitable[Sequence[Component]]]


class HealthPage:
    """Answers from one look at a time."""

    def __init__(self, *, look: Look, clock: Clock) -> None:
        """`look` returns every part that counts."""
        self._look = look
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last: tuple[float, Sequence[Component]] | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Say how the bot is."""
        del request
        components = await self._components()
        reasons = [f"{each.name}: {each.detail}" for each in components if not each.healthy]
        body = {
            "healthy": not reasons,
            "reasons": reasons,
            "components": [_shown(each) for each in components],
            "utcTimestamp": self._clock.now().isoformat(),
        }
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return web.json_response(body, status=status)

    async def _components(self) -> Sequence[Component]:
        async with self._lock:
            now = self._clock.monotonic()
            if self._last is not None and now - self._last[0] < _REUSED_SECONDS:
                return self._last[1]
            try:
                async with asyncio.timeout(_WITHIN_SECONDS):
                    found = await self._look()
            except TimeoutError:
                late = f"it did not show its health within {_WITHIN_SECONDS:g} s"
                found = (Component(name="bot", healthy=False, detail=late),)
            self._last = self._clock.monotonic(), found
            return found


def _shown(component: Component) -> dict[str, object]:
    since = component.since
    return {
        "name": component.name,
        "healthy": component.healthy,
        "detail": component.detail,
        "since": None if since is None else since.isoformat(),
    }
