"""Shows how far orders are while they run, beside them: no order ever waits for Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from handlers.rendering import rebalance as rendering
from handlers.telegram.reply import Reply
from trading.errors import SteelyardError
from trading.intents.rebalance_model import OnProgress
from trading.model.identifiers import ClientOrderId
from trading.model.order import Order

T = TypeVar("T")


async def followed(reply: Reply, run: Callable[[OnProgress], Awaitable[T]]) -> T:
    """Run something that places orders, and show the newest state of each until it is done."""
    progress = _Progress(reply)
    async with asyncio.TaskGroup() as group:
        showing = group.create_task(progress.show())
        running = group.create_task(_as_value(run, progress.note))
        outcome = await running
        showing.cancel()
    if isinstance(outcome, SteelyardError):
        raise outcome
    return outcome


async def _as_value(
    run: Callable[[OnProgress], Awaitable[T]], note: OnProgress
) -> T | SteelyardError:
    """Return an expected fault as a value: inside the group it would come out wrapped."""
    try:
        return await run(note)
    except SteelyardError as error:
        return error


class _Progress:
    """The newest state of every order, shown as fast as Telegram takes it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._orders: dict[ClientOrderId, Order] = {}
        self._news = asyncio.Event()

    async def note(self, order: Order) -> None:
        """Take news of an order; waits for nobody."""
        self._orders[order.client_order_id] = order
        self._news.set()

    async def show(self) -> None:
        """Show the newest state whenever there is news, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._reply.progress(rendering.steps(tuple(self._orders.values())))
