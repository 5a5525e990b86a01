"""A private stream of the venue in memory: it pushes each change, or loses, repeats and mixes."""

import random

from tests.support.memory_account import ZERO
from tests.support.perilous_venue import PerilousVenue
from tests.support.pushing import account
from trading.balances.streamed import StreamedAccount
from trading.clock import Clock
from trading.model.fill import Fill
from trading.model.identifiers import FillId, VenueOrderId
from trading.model.order import VenueOrder
from trading.orders import client_ids
from trading.orders.intake import OrderNews
from trading.venues.streaming import StreamStatus

Row = Fill | VenueOrder


class OrderStream:
    """Tells what has changed whenever the venue says that something has.

    `dice` make it a bad stream: rows are lost, come twice, late and in any order. Without them
    each comes once, the fill before its order and the account after both.
    """

    def __init__(
        self,
        *,
        venue: PerilousVenue,
        news: OrderNews,
        balances: StreamedAccount,
        clock: Clock,
        dice: random.Random | None = None,
    ) -> None:
        self._venue = venue
        self._news = news
        self._balances = balances
        self._clock = clock
        self._dice = dice
        self._told_orders: dict[VenueOrderId, VenueOrder] = {}
        self._told_fills: set[FillId] = set()
        self._late: list[Row] = []
        self.is_mute = False
        """Live, and telling nothing: what it would have said is lost."""
        self.is_account_late = False
        """Orders and fills are told at once, and the account when a test says so."""

    def open(self) -> None:
        """Go live with a baseline; nothing of what happened before is told."""
        self._venue.has_streams = True
        self._note_all()
        self._set_live(is_live=True)
        self._balances.opening()
        self._balances.pushed(account(self._venue, self._clock, is_baseline=True))
        self._news.reset(self._venue.name)
        self._venue.on_change = self.changed

    def lose(self) -> None:
        """Go down; what happens from now on is not told."""
        self._venue.on_change = None
        self._set_live(is_live=False)
        self._balances.lost("a test took it away")
        self._news.reset(self._venue.name)

    def changed(self) -> None:
        """Tell what has changed since the last time."""
        books = self._venue.account
        rows: list[Row] = [fill for fill in books.fills if fill.fill_id not in self._told_fills]
        rows += [
            order
            for order in books.orders.values()
            if self._told_orders.get(order.venue_order_id) != order
        ]
        self._note_all()
        if self.is_mute:
            return
        for row in self._shaken(rows):
            self._tell(row)
        if not self.is_account_late:
            self.push_account()

    def push_account(self) -> None:
        """Tell of the account as it is now."""
        self._balances.pushed(account(self._venue, self._clock))

    def _note_all(self) -> None:
        books = self._venue.account
        self._told_fills = {fill.fill_id for fill in books.fills}
        self._told_orders = dict(books.orders)

    def _shaken(self, rows: list[Row]) -> list[Row]:
        dice = self._dice
        if dice is None:
            return rows
        told: list[Row] = []
        for row in (*self._late, *rows):
            told += [row] * dice.choice((0, 1, 1, 1, 2))
        self._late = [row for row in told if dice.random() < 0.3]
        now = [row for row in told if row not in self._late or dice.random() < 0.5]
        dice.shuffle(now)
        return now

    def _tell(self, row: Row) -> None:
        if isinstance(row, Fill):
            self._news.fill(row)
            return
        self._news.order(row)
        if row.client_order_id is not None and client_ids.is_ours(row.client_order_id):
            self._balances.shows_order(row.client_order_id, row.filled_quantity or ZERO)

    def _set_live(self, *, is_live: bool) -> None:
        self._venue.streams = (
            StreamStatus(
                name="private",
                is_live=is_live,
                since=self._clock.now(),
                reconnects=0,
                detail="as the test wants it",
            ),
        )
