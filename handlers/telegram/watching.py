"""Shows what is done step by step, beside the doing: no step ever waits for Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from handlers.telegram.reply import Reply
from trading.errors import SteelyardError

Item = TypeVar("Item")
Result = TypeVar("Result")


async def watched(
    reply: Reply,
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
        while True:
            await news.wait()
            news.clear()
            await reply.progress(render(steps))

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
