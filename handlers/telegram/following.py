"""Shows how far orders are while they run, beside them: no order ever waits for Telegram."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from handlers.rendering import rebalance as rendering
from handlers.telegram.watching import Screen, watched
from trading.intents.rebalance_model import OnProgress
from trading.model.order import Order

T = TypeVar("T")


async def followed(reply: Screen, run: Callable[[OnProgress], Awaitable[T]]) -> T:
    """Run something that places orders, and show the newest state of each until it is done."""
    return await watched(reply, _newest, run)


def _newest(told: Sequence[Order]) -> str:
    return rendering.steps(tuple({order.client_order_id: order for order in told}.values()))
