"""Shows what is done step by step, beside the doing: no step ever waits for Telegram."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from trading.errors import SteelyardError

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Screen(Protocol):
    """Where it is shown."""

    async def progress(self, text: str) -> None: ...


async def watched(
    reply: Screen,
    render: Callable[[Sequence[Item]], str],
    run: Callable[[Callable[[Item], Awaitable[None]]], Awaitable[Result]],
) -> Result:
    """Run something that tells its steps, and show all of them so far until it is done."""
    steps: list[Item] = []
    news = asyncio.Event()

    async def note(step: Item) -> None:
        steps.append(step)
        news.set()

    async def show() -> None:
        try:
            while True:
                await news.wait()
                news.clear()
                await reply.progress(render(steps))
        except Exception:  # noqa: BLE001 - nobody's way of looking on may end what is done
            _log.exception("progress not shown any more")

    async def as_value() -> Result | SteelyardError:
        """Return an expected fault as a value: inside the group it would come out wrapped."""
        try:
            return await run(note)
        except SteelyardError as error:
            return error

    async with asyncio.TaskGroup() as group:
        showing = group.create_task(show())
        outcome = await group.create_task(as_value())
        showing.cancel()
    if isinstance(outcome, SteelyardError):
        raise outcome
    return outcome
