"""Turns the frames of the private channels into news for the core, in sequence or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import VenueName
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.order_holds import OrderHolds
from trading.venues.kraken.sent_orders import SentOrders
from trading.venues.kraken.sequence import Sequences
from trading.venues.kraken.stream_account import DerivedAccount, Doubt, Spending, Taken, spent_by
from trading.venues.kraken.stream_orders import LiveOrders, TrackedOrder, changes_of
from trading.venues.kraken.stream_rows import (
    StreamNames,
    WalletKey,
    objects,
    optional_stream_time,
    parse_move,
    parse_wallets,
)
from trading.venues.streaming import AccountPushed, StreamListener

_log = logging.getLogger(__name__)

BALANCES = "balances"
EXECUTIONS = "executions"
CHANNELS = frozenset({BALANCES, EXECUTIONS})
_CONFIRM_SECONDS = 1.0
_CLOCKS_APART = timedelta(seconds=0.1)
_CLOCK_WRONG = timedelta(seconds=30)
"""How wrong our own clock may be, where Kraken's answer does not tell the time."""
_UNDESCRIBED_SECONDS = 2.0
"""How long an order may be without the row that says what it is: rows may overtake each other."""

Deferred = Callable[[], None]


class AccountFeed:
    """The private channels of one connection; a doubt ends the account until a baseline.

    `defer` runs a call in the loop's next turn, so that a burst of frames is pushed once;
    `turned` is called when a baseline is there and when it is doubted.
    """

    def __init__(
        self,
        *,
        venue: VenueName,
        account: DerivedAccount,
        orders: LiveOrders,
        sent: SentOrders,
        clock: Clock,
        listener: StreamListener,
        defer: Callable[[Deferred], object],
        turned: Callable[[], None],
    ) -> None:
        """Keep the parts; nothing is heard before `begin`."""
        self._venue = venue
        self._account = account
        self._orders = orders
        self._sent = sent
        self._clock = clock
        self._listener = listener
        self._defer = defer
        self._turned = turned
        self._names: StreamNames | None = None
        self._holds: OrderHolds | None = None
        self._sequences = Sequences()
        self._is_reading = False
        self._asked_at = 0.0
        self._taken: Taken | None = None
        self._wallets: dict[WalletKey, Decimal] | None = None
        self._waiting: list[Row] = []
        self._undescribed: dict[str, float] = {}
        self._shown = 0
        self._is_push_due = False
        self._confirmed_at = 0.0
        self.is_live = False
        self.doubt: str | None = None
        """Why the last baseline does not hold any more."""
        self.unlisted: set[str] = set()
        """Names of spendable assets that no list of ours has."""

    @property
    def holds(self) -> OrderHolds | None:
        """What reckons holds; None before the first connection."""
        return self._holds

    def begin(self, names: StreamNames, holds: OrderHolds) -> None:
        """Forget what is known: both snapshots are about to be asked for."""
        self._names, self._holds = names, holds
        self._account.restart()
        self._orders.restart()
        self._asked_at = self._clock.monotonic()
        self._taken = self._wallets = None
        self._waiting.clear()
        self._undescribed.clear()
        self.unlisted.clear()
        self.doubt = None
        self._sequences.expect_snapshots(CHANNELS)
        self._is_reading = True

    def hear(self, frame: Row) -> None:
        """Take one frame of the wire; never raises."""
        channel = frame.fields.get("channel")
        try:
            if channel in CHANNELS and self._is_reading:
                if self._sequences.admits(channel, frame):
                    self._read(channel, frame)
            elif frame.fields.get("method") == "subscribe":
                self._acknowledged(frame)
            self._start_when_complete()
        except (Doubt, ValueError) as error:
            self.lose(str(error))
        self.changed()
        self._confirm()

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
        now = self._clock.monotonic()
        try:
            self._sent.pass_time(is_live=self.is_live)
            if self.is_live:
                self._account.pass_time(now)
                for order_id, since in self._undescribed.items():
                    if now >= since + _UNDESCRIBED_SECONDS:
                        raise Doubt(f"nothing says what order {order_id} is")
        except Doubt as doubt:
            self.lose(str(doubt))
        self.changed()

    def changed(self) -> None:
        """Have the account pushed in the next turn, if it is another one than before."""
        if self.is_live and self._account.version != self._shown and not self._is_push_due:
            self._is_push_due = True
            self._defer(self._push)

    def _read(self, channel: str, frame: Row) -> None:
        is_snapshot = frame.raw("type") == "snapshot"
        if channel == EXECUTIONS:
            for row in objects(frame):
                self._execution(row, is_snapshot=is_snapshot)
        elif is_snapshot:
            if self._account.is_started:
                raise Doubt("a snapshot of balances that was not asked for")
            self._wallets = self._all_wallets(frame)
        elif self._account.is_started:
            self._move(frame)
        else:
            self._waiting.append(frame)

    def _all_wallets(self, frame: Row) -> dict[WalletKey, Decimal]:
        wallets: dict[WalletKey, Decimal] = {}
        for row in objects(frame):
            for key, amount in parse_wallets(row).items():
                if key in wallets:
                    raise Malformed(f"{BALANCES} mentions {key} twice")
                wallets[key] = amount
                self._look_for(key)
        return wallets

    def _move(self, frame: Row) -> None:
        for row in objects(frame):
            move = parse_move(row)
            self._look_for(move.key)
            self._account.move(move, monotonic=self._clock.monotonic())

    def _look_for(self, key: WalletKey) -> None:
        is_known = self._names is None or self._names.asset(key.name) is not None
        if key.is_spendable and not is_known:
            self.unlisted.add(key.name)

    def _execution(self, row: Row, *, is_snapshot: bool) -> None:
        if self._names is None or self._holds is None:
            return
        told = self._orders.tell(row, self._names, is_snapshot=is_snapshot)
        order, fill = told.order, told.fill
        if fill is not None:
            spending = Spending(
                fill_id=fill.fill_id, at=fill.executed_at, amounts=spent_by(changes_of(fill))
            )
            self._account.spend(spending, monotonic=self._clock.monotonic())
            self._listener.fill_pushed(fill)
        is_open = self._orders.is_open(order)
        self._account.hold(
            ("order", order.order_id, ""), self._holds.of(order) if is_open else None
        )
        self._describe(order, is_open=is_open)
        self._sent.tell(order)
        if is_open or order.ending is not None:
            self._push_order(order)

    def _describe(self, order: TrackedOrder, *, is_open: bool) -> None:
        if is_open and not order.is_known:
            self._undescribed.setdefault(order.order_id, self._clock.monotonic())
        elif self._undescribed:
            self._undescribed.pop(order.order_id, None)

    def _push_order(self, order: TrackedOrder) -> None:
        shown = order.as_venue_order(self._venue)
        if shown is not None:
            self._listener.order_pushed(shown)

    def _acknowledged(self, answer: Row) -> None:
        """Learn from the answer to `balances` when its snapshot was taken, by Kraken's clock."""
        result = answer.fields.get("result")
        if not isinstance(result, dict) or result.get("channel") != BALANCES:
            return
        at = optional_stream_time(answer, "time_in")
        apart = _CLOCKS_APART
        if at is None:
            at, apart = self._clock.now() - _CLOCK_WRONG, 2 * _CLOCK_WRONG
        taking = timedelta(seconds=self._clock.monotonic() - self._asked_at)
        self._taken = Taken(earliest=at, latest=at + taking + apart)

    def _start_when_complete(self) -> None:
        is_complete = self._is_reading and not self.is_live and self._sequences.is_complete
        if not is_complete or self._wallets is None or self._taken is None or not self._names:
            return
        self._account.start(
            self._wallets,
            names=self._names,
            taken=self._taken,
            monotonic=self._clock.monotonic(),
        )
        self._sent.begin(self._asked_at)
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            self._move(frame)
        self.is_live = True
        self._push_now(is_baseline=True)
        self._turned()

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

    def _confirm(self) -> None:
        """Pass on a sign of life, not more often than anybody can make use of.

        Never of an account that is another one by now: the push that is due says so itself.
        """
        now = self._clock.monotonic()
        is_current = self.is_live and not self._is_push_due
        if is_current and now >= self._confirmed_at + _CONFIRM_SECONDS:
            self._confirmed_at = now
            self._listener.account_confirmed(self._venue, self._clock.now(), now)
