"""Takes the orders and fills that a venue pushes, and applies them to the journal.

The stream's callbacks must return at once, so what they say is put down in memory, and a task of
this part applies all that has come together in one commit. Nothing rests on hearing everything:
rows may come twice, late and in any order, and whatever does not fit, or never came, is found by
the reconciler, which is asked to look.

What a push shows is at the venue: that settles an order in doubt, and one still being sent, whose
answer then finds it settled. That a push never came proves nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from trading.clock import Clock
from trading.errors import StorageUnavailable
from trading.model.fill import Fill
from trading.model.identifiers import VenueName, VenueOrderId
from trading.model.order import Order, VenueOrder
from trading.model.order_status import OrderStatus
from trading.orders.journal import Journal
from trading.orders.reconciliation import awaits_fills
from trading.orders.verdicts import Settled, VenueNews, matches, newest_words
from trading.orders.watching import within

_log = logging.getLogger(__name__)

_MOST_WAITING = 20_000
"""More than this is not kept: the reconciler finds it all."""
_OWED_SECONDS = 2.0
"""An order that ended with more filled than its fills show is asked about after so long."""
_STORE_SECONDS = 0.5
"""Between two tries to write news down."""


class OrderNews(Protocol):
    """What the listener of a stream tells of orders; every method returns at once."""

    def order(self, order: VenueOrder) -> None:
        """Hear of an order: everything known of it so far."""
        ...

    def fill(self, fill: Fill) -> None:
        """Hear of a fill."""
        ...

    def reset(self, venue: VenueName) -> None:
        """Hear that the stream begins anew, or is lost: anything may have been missed."""
        ...


@dataclass(slots=True)
class _Waiting:
    """What has come from one venue and is not applied yet."""

    orders: list[VenueOrder] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.orders) + len(self.fills)


@dataclass(slots=True, kw_only=True)
class _Owed:
    """An order's end that waits for fills, and until when."""

    word: VenueOrder
    until: float


class OrderIntake:
    """A long-lived part; it is the `OrderNews` of every venue with a stream."""

    def __init__(
        self, *, journal: Journal, look_again: Callable[[VenueName], None], clock: Clock
    ) -> None:
        """Take the journal, and whom to ask for a look at a venue."""
        self._journal = journal
        self._look_again = look_again
        self._clock = clock
        self._waiting: dict[VenueName, _Waiting] = {}
        self._news = asyncio.Event()
        self._owed: dict[tuple[VenueName, VenueOrderId], _Owed] = {}

    def order(self, order: VenueOrder) -> None:
        """Hear of an order."""
        self._room(order.venue).orders.append(order)
        self._news.set()

    def fill(self, fill: Fill) -> None:
        """Hear of a fill."""
        self._room(fill.venue).fills.append(fill)
        self._news.set()

    def reset(self, venue: VenueName) -> None:
        """Hear that something may have been missed."""
        self._look_again(venue)

    async def run(self) -> None:
        """Apply what comes, until cancelled."""
        while True:
            await self._hear()
            self._news.clear()
            came, self._waiting = self._waiting, {}
            with self._or_look_again(came):
                for venue, waiting in came.items():
                    await self._take_in(venue, waiting)

    @contextmanager
    def _or_look_again(self, venues: Iterable[VenueName]) -> Iterator[None]:
        """Have the venues asked for what is in hand, should it be lost with this life."""
        try:
            yield
        except BaseException:
            for each in venues:
                self._look_again(each)
            raise

    def _room(self, venue: VenueName) -> _Waiting:
        waiting = self._waiting.setdefault(venue, _Waiting())
        if waiting.size >= _MOST_WAITING:
            _log.error("too much news, left to the reconciler venue=%s", venue)
            waiting = self._waiting[venue] = _Waiting()
            self._look_again(venue)
        return waiting

    async def _hear(self) -> None:
        """Wait for news; ends that wait for their fills too long are looked at meanwhile."""
        while self._owed:
            first = min(owed.until for owed in self._owed.values())
            pause = max(0.0, first - self._clock.monotonic())
            if await within(self._news, pause, self._clock):
                return
            await self._look_at_owed()
        await self._news.wait()

    async def _look_at_owed(self) -> None:
        """Have the venue asked for fills that did not come, unless they came another way."""
        now = self._clock.monotonic()
        late = {key: owed.word for key, owed in self._owed.items() if owed.until <= now}
        for (venue, venue_order_id), word in late.items():
            del self._owed[venue, venue_order_id]
            with self._or_look_again((venue,)):
                settled = await self._settle(VenueNews(venue=venue, orders=(word,)))
            if any(map(awaits_fills, matches(settled.orders, (word,)))):
                _log.warning("fills not pushed venue=%s venue_id=%s", venue, venue_order_id)
                self._look_again(venue)

    async def _take_in(self, venue: VenueName, came: _Waiting) -> None:
        words = newest_words((*self._now_due(venue, came.fills), *came.orders))
        news = VenueNews(venue=venue, orders=words, fills=came.fills)
        settled = await self._settle(news)
        self._keep_owed(venue, settled, words)
        if _has_strangers(settled, news):
            self._look_again(venue)

    async def _settle(self, news: VenueNews) -> Settled:
        """Apply it, as soon as the store can be written."""
        while True:
            try:
                return await self._journal.settle(news, may_touch=_was_sent)
            except StorageUnavailable as error:
                _log.warning("news not written down venue=%s error=%s", news.venue, error)
                await self._clock.sleep(_STORE_SECONDS)

    def _now_due(self, venue: VenueName, fills: Iterable[Fill]) -> list[VenueOrder]:
        """Return the ends that waited for these fills."""
        keys = {(venue, fill.venue_order_id) for fill in fills}
        return [self._owed[key].word for key in keys if key in self._owed]

    def _keep_owed(self, venue: VenueName, settled: Settled, words: Sequence[VenueOrder]) -> None:
        for match in matches(settled.orders, words):
            key = (venue, match.found.venue_order_id)
            if not awaits_fills(match):
                self._owed.pop(key, None)
            elif key in self._owed:
                self._owed[key].word = match.found
            else:
                until = self._clock.monotonic() + _OWED_SECONDS
                self._owed[key] = _Owed(word=match.found, until=until)


def _was_sent(order: Order) -> bool:
    """A planned order cannot be at the venue: if it is, that is for the reconciler to judge."""
    return order.status is not OrderStatus.PLANNED


def _has_strangers(settled: Settled, news: VenueNews) -> bool:
    """True when something pushed is of no order in the journal, or contradicts it."""
    known = {
        match.found.venue_order_id
        for match in matches(settled.orders, news.orders)
        if _was_sent(match.order)
    }
    if any(word.venue_order_id not in known for word in news.orders):
        return True
    named = {order.venue_order_id for order in settled.orders}
    ours = {order.client_order_id for order in settled.orders}
    return any(
        fill.venue_order_id not in named and fill.client_order_id not in ours
        for fill in news.fills
    )
