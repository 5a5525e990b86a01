"""Orders of one pair that are to leave in the same moment leave in one request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from trading.clock import Clock
from trading.errors import OrderWithdrawn, OutcomeUnknown, VenueError, VenueUnavailable
from trading.model.identifiers import Symbol, VenueName, VenueOrderId
from trading.venues.kraken.batch_rows import LARGEST
from trading.venues.kraken.socket_orders import OrderLine, SocketOrders
from trading.venues.kraken.trading import PreparedOrder

_log = logging.getLogger(__name__)

_DEADLINES_APART = timedelta(seconds=1)
"""A batch has one deadline, the earliest: no order loses more than this of its time by that."""


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """An order between its sender and the line it goes over."""

    prepared: PreparedOrder
    line: OrderLine
    answer: asyncio.Future[VenueOrderId]
    has_left: bool = False
    """True from the moment before its bytes may leave."""

    @property
    def symbol(self) -> Symbol:
        """The pair that it is for."""
        return self.prepared.order.intent.symbol

    def goes_with(self, batch: Sequence[Waiting]) -> bool:
        """Tell whether one request can hold it and all of these."""
        deadlines = [each.prepared.deadline for each in (*batch, self)]
        return (
            len(batch) < LARGEST
            and batch[0].line is self.line
            and batch[0].symbol == self.symbol
            and max(deadlines) - min(deadlines) <= _DEADLINES_APART
        )

    def settle(self, outcome: VenueOrderId | VenueError | OrderWithdrawn) -> None:
        """Tell the sender, if he still waits."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


def into_batches(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """Put together what one request can hold, each in the first that has room for it."""
    batches: list[list[Waiting]] = []
    for each in waiting:
        batch = next((one for one in batches if each.goes_with(one)), None)
        if batch is None:
            batches.append([each])
        else:
            batch.append(each)
    return batches


class OrderBatches:
    """Collects for one turn of the loop, then sends; nothing is sent twice.

    What goes out is sent by `run`, not by the senders: one who is cancelled takes nobody along.
    """

    def __init__(
        self,
        *,
        venue: VenueName,
        clock: Clock,
        timeout_seconds: float,
        orders_over: Callable[[OrderLine], SocketOrders],
        batched: Callable[[Symbol, int], None],
    ) -> None:
        """`batched` hears how many orders of a pair left in one request."""
        self._venue = venue
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._orders_over = orders_over
        self._batched = batched
        self._is_running = False
        self._waiting: list[Waiting] = []
        self._under_way: set[Waiting] = set()
        self._filled = asyncio.Event()

    async def send(self, prepared: PreparedOrder, line: OrderLine) -> VenueOrderId:
        """Send it over this line, with whatever else of its pair is sent now."""
        if not self._is_running:
            raise VenueUnavailable(self._venue, "the streams have ended; nothing was sent")
        answer: asyncio.Future[VenueOrderId] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(prepared=prepared, line=line, answer=answer))
        self._filled.set()
        return await answer

    async def run(self) -> None:
        """Send until cancelled; who still waits then is told what is known."""
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._filled.wait()
                    self._filled.clear()
                    taken, self._waiting = self._waiting, []
                    self._under_way.update(taken)
                    for batch in into_batches(taken):
                        group.create_task(self._send(batch))
        finally:
            self._is_running = False
            for each in (*self._waiting, *self._under_way):
                each.settle(self._cut_short(each))
            self._waiting.clear()
            self._under_way.clear()

    async def _send(self, batch: Sequence[Waiting]) -> None:
        leaving = [each for each in batch if self._leaves(each)]
        try:
            if leaving:
                outcomes = await self._ask(leaving)
                for each, outcome in zip(leaving, outcomes, strict=True):
                    each.settle(outcome)
        finally:
            for each in batch:
                each.settle(self._cut_short(each))
            self._under_way.difference_update(batch)

    async def _ask(self, leaving: Sequence[Waiting]) -> Sequence[VenueOrderId | VenueError]:
        deadline = min(each.prepared.deadline for each in leaving)
        orders = [each.prepared.order for each in leaving]
        socket, timeout = self._orders_over(leaving[0].line), self._timeout_seconds
        for each in leaving:
            each.has_left = True
        if len(orders) > 1:
            self._batched(leaving[0].symbol, len(orders))
            return await socket.add_many(orders, deadline=deadline, timeout_seconds=timeout)
        try:
            return [await socket.add(orders[0], deadline=deadline, timeout_seconds=timeout)]
        except VenueError as error:
            return [error]

    def _leaves(self, waiting: Waiting) -> bool:
        """Judge it once more, as late as can be; nothing is sent for who waits no more."""
        if waiting.answer.done():
            return False
        if self._clock.monotonic() >= waiting.prepared.not_after_monotonic:
            reason = "the order waited past its deadline; nothing was sent"
            waiting.settle(VenueUnavailable(self._venue, reason))
            return False
        denied = waiting.prepared.order.withdrawn()
        if denied is not None:
            waiting.settle(OrderWithdrawn(str(denied)))
            return False
        return True

    def _cut_short(self, waiting: Waiting) -> VenueError:
        if waiting.has_left:
            return OutcomeUnknown(self._venue, "the streams ended before the answer came")
        return VenueUnavailable(self._venue, "the streams have ended; nothing was sent")
