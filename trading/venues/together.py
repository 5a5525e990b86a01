"""Several questions at once: all their answers, or the first fault as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from trading.venues.websocket import one_end

Answer = TypeVar("Answer")


async def together(calls: Iterable[Coroutine[Any, Any, Answer]]) -> list[Answer]:
    """Return the answers in the order of the questions; a fault ends the others."""
    with one_end():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]
