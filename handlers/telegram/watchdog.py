"""Notices a deaf bot: a process that lives and polls nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from handlers.telegram.health import Reach, TelegramHealth
from trading.clock import Clock

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 5.0


async def watch(
    poll: Callable[[], Awaitable[None]],
    *,
    health: TelegramHealth,
    clock: Clock,
    silence_seconds: float,
) -> None:
    """Run `poll`, and start it afresh when no poll succeeded for so long and none failed either.

    A poll that fails and is retried is not deaf: the health says so and retries go on.
    """
    while True:
        async with asyncio.TaskGroup() as group:
            polling = group.create_task(_until_cancelled(poll))
            await _silence(health, clock, silence_seconds)
            health.failed(Reach.DEAF, "no poll succeeded and none failed")
            _log.error("telegram poller is deaf, started afresh silence=%gs", silence_seconds)
            polling.cancel()


async def _until_cancelled(poll: Callable[[], Awaitable[None]]) -> None:
    await poll()


async def _silence(health: TelegramHealth, clock: Clock, limit: float) -> None:
    """Return when the last sign of life, good or bad, is older than the limit."""
    began = clock.monotonic()
    while min(health.quiet_seconds, clock.monotonic() - began) < limit:
        await clock.sleep(_LOOK_SECONDS)
