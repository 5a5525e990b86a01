"""Which way an order goes: over the private socket while it is up, else by REST, never both.

Over the socket, orders of one pair that are submitted in the same moment leave in one request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from trading.clock import Clock
from trading.errors import (
    OrderWithdrawn,
    OutcomeUnknown,
    VenueError,
    VenueRejected,
)
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import VenueName, VenueOrderId
from trading.venues.kraken.errors import DEADLINE_ELAPSED
from trading.venues.kraken.lockout import Lockout
from trading.venues.kraken.order_batches import OrderBatches
from trading.venues.kraken.order_counters import OrderCounters
from trading.venues.kraken.settings import ORDER_BUDGETS, KrakenSettings
from trading.venues.kraken.socket_orders import OrderLine, SocketOrders
from trading.venues.kraken.stream_private import PrivateStream
from trading.venues.kraken.trading import KrakenTrading, PreparedOrder
from trading.venues.kraken.venue_time import VenueTime
from trading.venues.port import Priority, Submission

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer", bool, int)
Attempt = Callable[[], Awaitable[Answer]]


class OrderRoutes:
    """Decides once for each order, before it is sent.

    On either way its money is locked in the streamed account from before it is sent.
    """

    def __init__(
        self,
        *,
        name: VenueName,
        settings: KrakenSettings,
        trading: KrakenTrading,
        private: PrivateStream | None,
        lockout: Lockout,
        time: VenueTime,
        clock: Clock,
    ) -> None:
        """Take both ways, what keeps orders back on either, and the time of their deadlines."""
        self._name = name
        self._settings = settings
        self._trading = trading
        self._private = private
        self._lockout = lockout
        self._time = time
        self._clock = clock
        self._counters = OrderCounters(
            venue=name, budget=ORDER_BUDGETS[settings.tier], clock=clock
        )
        self._batches = OrderBatches(
            venue=name,
            clock=clock,
            timeout_seconds=settings.order_timeout_seconds,
            orders_over=self._over,
            batched=self._counters.batched,
        )

    async def run(self) -> None:
        """Send what goes over the socket, until cancelled."""
        await self._batches.run()

    async def submit(self, order: ApprovedOrder) -> Submission:
        """Send it once; an engine that calls its deadline past has another time than we think."""
        try:
            return await self._submit(order)
        except VenueRejected as error:
            if error.code == DEADLINE_ELAPSED:
                self._time.doubt()
            raise

    async def _submit(self, order: ApprovedOrder) -> Submission:
        prepared = await self._trading.prepare(order)
        remaining = prepared.not_after_monotonic - self._clock.monotonic()
        await self._counters.admit(order.intent.symbol, patience_seconds=max(0.0, remaining))
        if self._private is None:
            return Submission(venue_order_id=await self._trading.submit(prepared))
        self._private.sending(order)
        try:
            order_id = await self._send(prepared)
        except (VenueError, OrderWithdrawn) as error:
            if not isinstance(error, OutcomeUnknown):
                self._private.not_placed(order.client_order_id)
            raise
        self._private.placed(order.client_order_id, order_id)
        return Submission(venue_order_id=order_id)

    async def cancel(self, order_id: VenueOrderId, priority: Priority) -> bool:
        """Cancel one; in an emergency by REST beside a socket that does not answer."""
        self._count_cancel(order_id)
        socket, settings = self._socket(), self._settings
        if socket is None:
            return await self._trading.cancel(order_id, priority)
        if priority is not Priority.EMERGENCY:
            return await socket.cancel(order_id, timeout_seconds=settings.timeout_seconds)
        return await self._either(
            lambda: socket.cancel(order_id, timeout_seconds=settings.emergency_timeout_seconds),
            lambda: self._trading.cancel(order_id, priority),
        )

    async def cancel_all(self) -> int:
        """Cancel every open order: first where no nonce is needed, then by REST beside it."""
        socket, settings = self._socket(), self._settings
        if socket is None:
            return await self._trading.cancel_all()
        return await self._either(
            lambda: socket.cancel_all(timeout_seconds=settings.emergency_timeout_seconds),
            self._trading.cancel_all,
        )

    async def _send(self, prepared: PreparedOrder) -> VenueOrderId:
        """Send it the way that is open now; from here on there is no other way for it."""
        line = self._line()
        if line is None:
            return await self._trading.submit(prepared)
        return await self._batches.send(prepared, line)

    def _line(self) -> OrderLine | None:
        return self._private.order_line if self._private else None

    def _socket(self) -> SocketOrders | None:
        line = self._line()
        return None if line is None else self._over(line)

    def _over(self, line: OrderLine) -> SocketOrders:
        return SocketOrders(
            venue=self._name,
            line=line,
            clock=self._clock,
            lockout=self._lockout,
        )

    def _count_cancel(self, order_id: VenueOrderId) -> None:
        """Charge the pair's counter, where the stream tells of which pair and age it is."""
        order = self._private.find_order(order_id) if self._private else None
        if order is not None and order.symbol is not None and order.opened_at is not None:
            age = (self._clock.now() - order.opened_at).total_seconds()
            self._counters.cancelled(order.symbol, age_seconds=age)

    async def _either(self, first: Attempt[Answer], second: Attempt[Answer]) -> Answer:
        """Return the first success; the second begins when the first fails or takes too long."""
        async with asyncio.TaskGroup() as group:
            attempts = [group.create_task(_caught(first))]
            await asyncio.wait(attempts, timeout=self._settings.emergency_patience_seconds)
            if not attempts[0].done() or isinstance(attempts[0].result(), VenueError):
                attempts.append(group.create_task(_caught(second)))
            pending = set(attempts)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for attempt in done:
                    answer = attempt.result()
                    if not isinstance(answer, VenueError):
                        for other in pending:
                            other.cancel()
                        return answer
        fault = attempts[-1].result()
        if isinstance(fault, VenueError):
            raise fault
        return fault


async def _caught(attempt: Attempt[Answer]) -> Answer | VenueError:
    try:
        return await attempt()
    except VenueError as error:
        _log.warning("one of two ways failed reason=%s", error)
        return error
