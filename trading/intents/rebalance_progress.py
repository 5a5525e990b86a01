"""Tells who is watching how a run goes, and never lets the telling stop it."""

from __future__ import annotations

import asyncio
import logging

from trading.intents.rebalance_model import OnProgress
from trading.model.order import Order

_log = logging.getLogger(__name__)


class Progress:
    """Passes progress on until that fails or hangs once; then the run goes on in silence."""

    def __init__(self, tell: OnProgress | None, *, within_seconds: float = 10.0) -> None:
        """Take whom to tell; the bound is for each time."""
        self._tell = tell
        self._within = within_seconds

    async def __call__(self, order: Order) -> None:
        """Tell of one order."""
        if self._tell is None:
            return
        try:
            async with asyncio.timeout(self._within):
                await self._tell(order)
        except Exception:  # noqa: BLE001 - between sells and buys no chat's fault may end a run
            _log.exception("progress not told id=%s; no more is told", order.client_order_id)
            self._tell = None
