"""Turns the events of the user data stream into news for the core."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from trading.clock import Clock
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, VenueName, VenueOrderId
from trading.model.order import VenueOrder
from trading.model.order_status import is_terminal
from trading.venues.binance.balances import ParsedAccount
from trading.venues.binance.instruments import Listing
from trading.venues.binance.stream_account import Doubt, PushedAccount
from trading.venues.binance.stream_rows import (
    parse_delta,
    parse_position,
    parse_report,
    progress,
)
from trading.venues.decoding import Row
from trading.venues.streaming import AccountPushed, StreamListener

_log = logging.getLogger(__name__)

_CONFIRM_SECONDS = 1.0
_MOST_EARLY = 10_000
_MOST_ORDERS = 2_000
_MOST_FILLS = 20_000
_IGNORED = frozenset({"listStatus"})
"""Each order of a list is reported by itself."""


class AccountFeed:
    """The events of one listener's lifetime, over however many connections.

    `defer` runs a call in the loop's next turn, so that a burst of events is pushed once;
    `turned` is called when a baseline is there and when it is doubted. Two connections may tell
    of the same event: nothing is pushed twice.
    """

    def __init__(
        self,
        *,
        venue: VenueName,
        account: PushedAccount,
        clock: Clock,
        listener: StreamListener,
        defer: Callable[[Callable[[], None]], object],
        turned: Callable[[], None],
    ) -> None:
        """Keep the parts; nothing is heard before `begin`."""
        self._venue = venue
        self._account = account
        self._clock = clock
        self._listener = listener
        self._defer = defer
        self._turned = turned
        self._listing: Listing | None = None
        self._early: list[Row] = []
        self._orders: dict[VenueOrderId, VenueOrder] = {}
        self._fills: dict[str, None] = {}
        self._is_reading = False
        self._shown = 0
        self._is_push_due = False
        self._confirmed_at = 0.0
        self.is_live = False
        self.doubt: str | None = None
        """Why the last baseline does not hold any more."""

    # --- a baseline ------------------------------------------------------------------------------

    def begin(self, listing: Listing) -> None:
        """Forget the amounts: from here on events are kept until the account was asked for."""
        self._listing = listing
        self._account.restart()
        self._early.clear()
        self.doubt = None
        self._is_reading = True

    def open_before(self) -> dict[VenueOrderId, VenueOrder]:
        """Return the orders that were open when they were last heard of."""
        return {
            each: order for each, order in self._orders.items() if not is_terminal(order.status)
        }

    def start(
        self, account: ParsedAccount, orders: Iterable[VenueOrder], *, asked_at: float
    ) -> None:
        """Take the answers as the baseline, then what was heard since; never raises."""
        if self._listing is None or not self._is_reading:
            return
        try:
            for order in orders:
                self._take_order(order)
            self._account.start(account, self._listing, asked_at=asked_at)
            early, self._early = self._early, []
            for event in early:
                self._read_amounts(event)
        except (Doubt, ValueError) as error:
            self.lose(str(error))
            return
        self.is_live = True
        self._push_now(is_baseline=True)
        self._turned()

    # --- what is heard ---------------------------------------------------------------------------

    def hear(self, event: Row) -> None:
        """Take one event of the stream; never raises."""
        if self._is_reading:
            try:
                self._read(event)
            except (Doubt, ValueError) as error:
                self.lose(str(error))
        self.changed()
        self.confirm()

    def answered(self, order: VenueOrder, fills: Iterable[Fill]) -> None:
        """Take what the answer to a new order told: it may be here before the stream."""
        if order.client_order_id is not None:
            self._account.take(order.client_order_id, monotonic=self._clock.monotonic())
        if self._is_reading:
            for fill in fills:
                self._take_fill(fill)
            self._take_order(order)
        self.changed()

    def sending(self, order: ApprovedOrder) -> None:
        """Lock what an order may spend, from before it is sent."""
        remaining = (order.deadline_at - self._clock.now()).total_seconds()
        self._account.send(order, monotonic=self._clock.monotonic(), remaining=remaining)
        self.changed()

    def not_placed(self, name: ClientOrderId) -> None:
        """Let go of an order that certainly was not placed."""
        self._account.refuse(name)
        self.changed()

    def lose(self, reason: str) -> None:
        """Have the account proved anew; said to the core once."""
        was_live, self.is_live = self.is_live, False
        if self._is_reading:
            self._is_reading = False
            self.doubt = reason
            self._turned()
        if was_live:
            _log.warning("streamed account lost venue=%s reason=%s", self._venue, reason)
            self._listener.account_lost(self._venue, reason)

    def pass_time(self) -> None:
        """Notice what should have come by now."""
        try:
            self._account.pass_time(self._clock.monotonic(), is_live=self.is_live)
        except Doubt as doubt:
            self.lose(str(doubt))
        self.changed()

    def changed(self) -> None:
        """Have the account pushed in the next turn, if it is another one than before."""
        if self.is_live and self._account.version != self._shown and not self._is_push_due:
            self._is_push_due = True
            self._defer(self._push)

    def confirm(self) -> None:
        """Pass on a sign of life, not more often than anybody can make use of.

        Never of an account that is another one by now: the push that is due says so itself.
        """
        now = self._clock.monotonic()
        is_current = self.is_live and not self._is_push_due
        if is_current and now >= self._confirmed_at + _CONFIRM_SECONDS:
            self._confirmed_at = now
            self._listener.account_confirmed(self._venue, self._clock.now(), now)

    def _read(self, event: Row) -> None:
        match event.text("e"):
            case "executionReport":
                self._read_report(event)
            case "outboundAccountPosition" | "balanceUpdate":
                if self._account.is_started:
                    self._read_amounts(event)
                elif len(self._early) < _MOST_EARLY:
                    self._early.append(event)
                else:
                    raise Doubt("too many events came before the account was told")
            case "externalLockUpdate":
                raise Doubt("something outside of trading locked or freed money")
            case word if word not in _IGNORED:
                # What is new and says nothing that is kept here harms nothing.
                _log.info("event not known venue=%s event=%s", self._venue, word)

    def _read_amounts(self, event: Row) -> None:
        if event.text("e") == "balanceUpdate":
            self._account.expect(parse_delta(event), monotonic=self._clock.monotonic())
        else:
            self._account.move(parse_position(event))

    def _read_report(self, event: Row) -> None:
        symbol = None if self._listing is None else self._listing.symbols.get(event.text("s"))
        if symbol is None:
            raise Doubt(f"{event.text('s')} is in no list of symbols")
        report = parse_report(event, venue=self._venue, symbol=symbol)
        order = report.order
        if order.client_order_id is not None:
            self._tell(order, order.client_order_id, report.at_ms)
        if report.fill is not None:
            self._take_fill(report.fill)
        self._take_order(order)

    def _tell(self, order: VenueOrder, name: ClientOrderId, at_ms: int) -> None:
        if is_terminal(order.status) and not order.filled_quantity:
            self._account.refuse(name)
        else:
            self._account.tell(name, at_ms, monotonic=self._clock.monotonic())

    def _take_fill(self, fill: Fill) -> None:
        if fill.fill_id in self._fills:
            return
        self._fills[fill.fill_id] = None
        _forget_oldest(self._fills, _MOST_FILLS)
        self._listener.fill_pushed(fill)

    def _take_order(self, order: VenueOrder) -> None:
        """Push an order that has come further than it was known to be."""
        known = self._orders.pop(order.venue_order_id, None)
        if known is not None and progress(known) >= progress(order):
            self._orders[order.venue_order_id] = known
            return
        self._orders[order.venue_order_id] = order
        _forget_oldest(self._orders, _MOST_ORDERS)
        self._listener.order_pushed(order)

    def _push(self) -> None:
        self._is_push_due = False
        if self.is_live:
            self._push_now(is_baseline=False)

    def _push_now(self, *, is_baseline: bool) -> None:
        self._shown = self._account.version
        self._confirmed_at = self._clock.monotonic()
        snapshot = BalanceSnapshot(
            venue=self._venue,
            balances=dict(self._account.balances),
            received_at=self._clock.now(),
            received_monotonic=self._confirmed_at,
            held_elsewhere=dict(self._account.elsewhere),
        )
        self._listener.account_pushed(AccountPushed(snapshot=snapshot, is_baseline=is_baseline))


def _forget_oldest(memory: dict[Any, Any], most: int) -> None:
    while len(memory) > most:
        del memory[next(iter(memory))]
