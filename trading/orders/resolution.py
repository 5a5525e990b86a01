"""Settles orders whose outcome is not known: by finding them, or by proving their absence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from trading.clock import Clock
from trading.errors import CommandError, StorageError, VenueError
from trading.model.identifiers import ClientOrderId, VenueName
from trading.model.order import Order
from trading.model.order_status import OrderStatus
from trading.orders.journal import Journal
from trading.orders.reconciliation import AbsenceProof, Match, is_same
from trading.orders.settlement import Settlement
from trading.orders.steps import Step
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

_EARLY_LOOK_SECONDS = 1.0
"""After the first look one more is made early: it proves nothing but finds what was slow."""

_FAILED_LOOK_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses after looks that the venue did not answer; the last one is repeated."""

_OWNER_ONLY_SECONDS = 60.0
"""Between looks for an order whose absence the venue cannot prove."""


class UnknownResolver:
    """A long-lived part: works on every unknown order at once until it is settled.

    An order that the venue once gave an id cannot be proven absent: it waits for the venue to
    show it again, or for the owner's word.
    """

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, VenueAdapter],
        journal: Journal,
        settlement: Settlement,
        clock: Clock,
    ) -> None:
        """Keep what it needs."""
        self._venues = venues
        self._journal = journal
        self._settlement = settlement
        self._clock = clock
        self._news = asyncio.Event()
        self._at_work: set[ClientOrderId] = set()

    def wake(self) -> None:
        """Say that there may be a new unknown order."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        self._at_work.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                for order in await self._journal.working():
                    id_ = order.client_order_id
                    if order.status is OrderStatus.UNKNOWN and id_ not in self._at_work:
                        self._at_work.add(id_)
                        group.create_task(self._resolve(order))
                await self._news.wait()

    async def look(self, order: Order) -> Order:
        """Look for one order once; return it as it then stands in the journal."""
        adapter = self._venues[order.intent.venue]
        if order.venue_order_id is not None:
            by_id = await adapter.fetch_orders((order.venue_order_id,))
            found = tuple(by_id.values())
        else:
            found = await adapter.find_orders(order.client_order_id, symbol=order.intent.symbol)
        same = sorted(
            (each for each in found if is_same(order, each)), key=lambda each: each.opened_at
        )
        if same:
            await self._settlement.take(order.intent.venue, (Match(order=order, found=same[0]),))
        return await self._journal.get(order.client_order_id)

    async def settle_by_owner(self, order: Order, *, placed: bool, by: str) -> Order:
        """Settle an unknown order by the owner's word; what the venue shows counts for more.

        Raises CommandError where the word cannot be taken: the order is not in doubt, or may
        still reach the venue.
        """
        if not _is_in_doubt(order):
            message = (
                f"{order.client_order_id} is {order.status}, not in doubt; nothing was changed"
            )
            raise CommandError(message)
        order = await self.look(order)
        if not _is_in_doubt(order):
            return order
        if not placed:
            await self._check_past_deadline(order)
        note = f"{'placed' if placed else 'never placed'}, by the word of {by}"
        if order.status is not OrderStatus.UNKNOWN:
            step = Step(status=OrderStatus.UNKNOWN, detail="put in doubt again", note=note)
            order = await self._journal.move(order, step)
        status = OrderStatus.OPEN if placed else OrderStatus.NOT_PLACED
        return await self._journal.move(order, Step(status=status, detail=note, note=note))

    async def _check_past_deadline(self, order: Order) -> None:
        """Refuse to write off an order that the venue's engine might still take."""
        adapter = self._venues[order.intent.venue]
        proof = AbsenceProof(
            rule=adapter.traits.absence, deadline_at=order.deadline_at or order.updated_at
        )
        wait = proof.wait_seconds(
            venue_time=await adapter.fetch_time(), monotonic=self._clock.monotonic()
        )
        if wait > 0:
            message = (
                f"{order.client_order_id} may still reach {order.intent.venue} for another "
                f"{wait:.0f} s; nothing was changed, say it again after that"
            )
            raise CommandError(message)

    async def _resolve(self, order: Order) -> None:
        try:
            await self._until_settled(order)
        finally:
            self._at_work.discard(order.client_order_id)

    async def _until_settled(self, order: Order) -> None:
        rule = self._venues[order.intent.venue].traits.absence
        proof = AbsenceProof(rule=rule, deadline_at=order.deadline_at or order.updated_at)
        looks = failures = 0
        while True:
            try:
                proof, order, pause = await self._step(proof, order, is_early=looks == 0)
                failures = 0
            except (VenueError, StorageError) as error:
                pause = _FAILED_LOOK_SECONDS[min(failures, len(_FAILED_LOOK_SECONDS) - 1)]
                failures += 1
                _log.warning("look failed id=%s error=%s", order.client_order_id, error)
            looks += 1
            if order.status is not OrderStatus.UNKNOWN:
                return
            await self._clock.sleep(pause)

    async def _step(
        self, proof: AbsenceProof, order: Order, *, is_early: bool
    ) -> tuple[AbsenceProof, Order, float]:
        """Look once; return what is proven by then, the order, and how long to wait."""
        order = await self._journal.get(order.client_order_id)
        if order.status is not OrderStatus.UNKNOWN:
            return proof, order, 0.0
        # Read before the look begins, so it is never later than the look's own time.
        venue_time = await self._venues[order.intent.venue].fetch_time()
        begun = self._clock.monotonic()
        order = await self.look(order)
        if order.status is not OrderStatus.UNKNOWN:
            return proof, order, 0.0
        if order.venue_order_id is not None or not proof.rule.provable:
            return proof, order, _OWNER_ONLY_SECONDS
        proof = proof.add(venue_time=venue_time, monotonic=begun)
        if proof.is_complete:
            return proof, await self._settle_absent(proof, order), 0.0
        now = self._clock.monotonic()
        wait = proof.wait_seconds(
            venue_time=venue_time + timedelta(seconds=now - begun), monotonic=now
        )
        return proof, order, min(wait, _EARLY_LOOK_SECONDS) if is_early else wait

    async def _settle_absent(self, proof: AbsenceProof, order: Order) -> Order:
        note = (
            f"never placed: its deadline {proof.deadline_at:%H:%M:%S} UTC passed and "
            f"{proof.looks} complete looks at the venue found nothing"
        )
        step = Step(status=OrderStatus.NOT_PLACED, detail="absence proven", note=note)
        return await self._journal.move(order, step)


def _is_in_doubt(order: Order) -> bool:
    """True for an unknown order, and for one the owner called placed that never showed up."""
    if order.status is OrderStatus.UNKNOWN:
        return True
    return order.status is OrderStatus.OPEN and order.venue_order_id is None
