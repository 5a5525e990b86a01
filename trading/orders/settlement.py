"""Brings journal orders to rest: takes the venue's word, books the fills first, then the end."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, VenueName, VenueOrderId
from trading.model.order import Order
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.live import has_live_orders
from trading.orders.reconciliation import Match, awaits_fills
from trading.orders.verdicts import VenueNews, newest_words
from trading.orders.verdicts import matches as pair
from trading.orders.watching import Following, within
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)

_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Between looks; the last one is repeated."""

_SILENCE_SECONDS = 2.0
"""A live stream that says nothing for so long is asked about by other means."""

_SLICE_SECONDS = 0.25
"""A stream is seen to be down after so long at most."""

_FILL_MARGIN = timedelta(seconds=60)
"""Fills are asked for from so long before their order opened: the two times may be rounded."""


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

    async def settle(self, following: Following, *, within_seconds: float) -> tuple[Order, ...]:
        """Follow orders until every one is at rest or the time is over.

        At rest: ended with all its fills booked, or resting in the book as it was meant to. An
        unknown order is waited for (the resolver works on it), never decided here. What a live
        stream will push is waited for; a venue without one, or one that stays silent, is asked.
        """
        until = self._clock.monotonic() + within_seconds
        if self._will_be_told(following):
            await self._hear(following, until, _SILENCE_SECONDS)
        looks = 0
        while following.restless and self._clock.monotonic() < until:
            if looks:
                await self._hear(following, until, _pause(looks))
            await self._look(following.restless)
            for order in await self._journal.get_many(_ids(following.restless)):
                following.hear(order)
            looks += 1
        return following.orders

    async def refresh(self, orders: Sequence[Order]) -> tuple[Order, ...]:
        """Ask each venue once for orders that it has given an id, and apply what it says."""
        return await self._look(orders)

    async def take(self, venue: VenueName, matches: Sequence[Match]) -> tuple[Order, ...]:
        """Apply the venue's word to these orders; return those whose fills it still owes."""
        free = [match for match in matches if self._is_free(match.order)]
        words = newest_words(match.found for match in free)
        owed = [match for match in free if awaits_fills(match)]
        fills: tuple[Fill, ...] = ()
        try:
            if owed:
                since = min(match.found.opened_at for match in owed) - _FILL_MARGIN
                fills = await self._venues[venue].fetch_fills(
                    since=since, symbols={match.found.symbol for match in owed}
                )
        finally:
            # Also where the fills were not told: what is known by then must not be lost.
            settled = await self._journal.settle(
                VenueNews(venue=venue, orders=words, fills=fills),
                may_touch=self._is_free,
            )
        return tuple(match.order for match in pair(settled.orders, words) if awaits_fills(match))

    async def acknowledge(self, matches: Sequence[Match]) -> list[Match]:
        """Write down the venue's ids of orders that turned out to have one: fills go by them."""
        if not matches:
            return []
        settled = await self._journal.settle(
            VenueNews(
                venue=matches[0].found.venue,
                orders=newest_words(match.found for match in matches),
            ),
            may_touch=self._is_free,
        )
        now = {order.client_order_id: order for order in settled.orders}
        return [replace(match, order=now[match.order.client_order_id]) for match in matches]

    def _is_free(self, order: Order) -> bool:
        return not self._in_flight.covers(order)

    def _will_be_told(self, following: Following) -> bool:
        """True when news of all that is followed is pushed."""
        return all(has_live_orders(self._venues[venue]) for venue in following.venues)

    async def _hear(self, following: Following, until: float, silence: float) -> None:
        """Take in what the journal tells until all is at rest, or nothing came for so long.

        Whoever was to be told by a stream that goes down meanwhile is not kept waiting for it.
        """
        was_told = self._will_be_told(following)
        now = silent_since = self._clock.monotonic()
        while following.restless and now < until and now - silent_since < silence:
            is_news = await within(following.news, min(silence, _SLICE_SECONDS), self._clock)
            now = self._clock.monotonic()
            if is_news:
                following.news.clear()
                silent_since = now
            elif was_told and not self._will_be_told(following):
                return

    async def _look(self, orders: Sequence[Order]) -> tuple[Order, ...]:
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
        return tuple(late)


def _pause(looks: int) -> float:
    return _PAUSES_SECONDS[min(looks, len(_PAUSES_SECONDS)) - 1]


def _ids(orders: Iterable[Order]) -> tuple[ClientOrderId, ...]:
    return tuple(order.client_order_id for order in orders)
