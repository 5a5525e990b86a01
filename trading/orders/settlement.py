"""Brings journal orders to rest: takes the venue's word, books the fills first, then the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, VenueName, VenueOrderId
from trading.model.order import Order, TimeInForce, VenueOrder
from trading.model.order_status import OrderStatus
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal, Step
from trading.orders.reconciliation import Match, acknowledgement, awaits_fills, next_status
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Between looks; the last one is repeated."""

_FILL_MARGIN = timedelta(seconds=60)
"""Fills are asked for from so long before their order opened: the two times may be rounded."""

Progress = Callable[[Order], None]


class Settlement:
    """Applies what a venue says about orders to the journal."""

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, VenueAdapter],
        journal: Journal,
        in_flight: InFlight,
        clock: Clock,
    ) -> None:
        """Keep what it needs."""
        self._venues = venues
        self._journal = journal
        self._in_flight = in_flight
        self._clock = clock

    async def settle(
        self, ids: Collection[ClientOrderId], *, within_seconds: float, progress: Progress
    ) -> tuple[Order, ...]:
        """Look at the venues until every order is at rest or the time is over.

        At rest: ended with all its fills booked, or resting in the book as it was meant to. An
        unknown order is waited for (the resolver works on it), never decided here.
        """
        until = self._clock.monotonic() + within_seconds
        orders = await self._read(ids)
        await self._look(orders, progress)
        orders = await self._read(ids)
        looks = 0
        while not all(map(_is_at_rest, orders)) and self._clock.monotonic() < until:
            await self._clock.sleep(_PAUSES_SECONDS[min(looks, len(_PAUSES_SECONDS) - 1)])
            await self._look(orders, progress)
            orders = await self._read(ids)
            looks += 1
        return orders

    async def refresh(self, orders: Sequence[Order]) -> tuple[Order, ...]:
        """Ask each venue once for orders that it has given an id, and apply what it says."""
        return await self._look(orders, _silent)

    async def take(self, venue: VenueName, matches: Sequence[Match]) -> tuple[Order, ...]:
        """Apply the venue's word to these orders; return those whose fills it still owes."""
        free = [match for match in matches if not self._in_flight.covers(match.order)]
        acknowledged = await self.acknowledge(free)
        owed = [match for match in acknowledged if awaits_fills(match)]
        if owed:
            await self._book(venue, owed)
            acknowledged = [await self._again(match) for match in acknowledged]
        late = []
        for match in acknowledged:
            order = await self._advance(match)
            if awaits_fills(match):
                late.append(order)
        return tuple(late)

    async def acknowledge(self, matches: Sequence[Match]) -> list[Match]:
        """Write down the venue's ids of orders that turned out to have one: fills go by them."""
        return [await self._acknowledge(match) for match in matches]

    async def book_known(self, fills: Sequence[Fill]) -> tuple[Fill, ...]:
        """Book the fills of orders that the journal knows; a stranger's wait for adoption."""
        known: dict[VenueOrderId, bool] = {}
        for fill in fills:
            if fill.venue_order_id not in known:
                order = await self._journal.find_by_venue_id(fill.venue, fill.venue_order_id)
                known[fill.venue_order_id] = order is not None
        return await self._journal.book([fill for fill in fills if known[fill.venue_order_id]])

    async def _look(self, orders: Sequence[Order], progress: Progress) -> tuple[Order, ...]:
        late: list[Order] = []
        by_venue: dict[VenueName, dict[VenueOrderId, Order]] = {}
        for order in orders:
            if order.is_working and order.venue_order_id is not None:
                by_venue.setdefault(order.intent.venue, {})[order.venue_order_id] = order
        for venue, wanted in by_venue.items():
            try:
                found = await self._venues[venue].fetch_orders(tuple(wanted))
                matches = [
                    Match(order=wanted[each], found=found[each])
                    for each in wanted
                    if each in found
                ]
                late += await self.take(venue, matches)
            except VenueError as error:
                _log.warning("order look failed venue=%s error=%s", venue, error)
                continue
            for order in await self._read([each.client_order_id for each in wanted.values()]):
                progress(order)
        return tuple(late)

    async def _acknowledge(self, match: Match) -> Match:
        if self._in_flight.covers(match.order):
            return match
        match = await self._put_in_doubt(match)
        status = acknowledgement(match)
        if status is None:
            return match
        found = match.found
        step = Step(
            status=status,
            detail=f"found at the venue as {found.status}",
            venue_order_id=found.venue_order_id,
            note=_proof(match.order, found),
        )
        return Match(order=await self._journal.move(match.order, step), found=found)

    async def _put_in_doubt(self, match: Match) -> Match:
        """Have an order that only the owner called placed found like any other in doubt."""
        order = match.order
        if order.status is not OrderStatus.OPEN or order.venue_order_id is not None:
            return match
        step = Step(status=OrderStatus.UNKNOWN, detail="shown by the venue after all")
        return Match(order=await self._journal.move(order, step), found=match.found)

    async def _book(self, venue: VenueName, owed: Sequence[Match]) -> None:
        since = min(match.found.opened_at for match in owed) - _FILL_MARGIN
        await self.book_known(await self._venues[venue].fetch_fills(since=since))

    async def _again(self, match: Match) -> Match:
        order = await self._journal.get(match.order.client_order_id)
        return Match(order=order, found=match.found)

    async def _advance(self, match: Match) -> Order:
        order, found = match.order, match.found
        status = next_status(match)
        if status is None:
            return order
        step = Step(
            status=status,
            detail=found.reason or f"the venue says {found.status}",
            venue_order_id=found.venue_order_id,
            note=found.reason or _proof(order, found),
        )
        return await self._journal.move(order, step)

    async def _read(self, ids: Collection[ClientOrderId]) -> tuple[Order, ...]:
        return tuple([await self._journal.get(each) for each in ids])


def _is_at_rest(order: Order) -> bool:
    if not order.is_working:
        return True
    is_resting = order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)
    return is_resting and order.intent.time_in_force is TimeInForce.GTC


def _proof(order: Order, found: VenueOrder) -> str | None:
    if order.status is not OrderStatus.UNKNOWN:
        return None
    return f"found at the venue: {found.venue_order_id}, {found.status}"


def _silent(_: Order) -> None:
    """Tell nobody."""
