"""Orders of ours on their way: their money is locked from the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass

from trading.clock import Clock
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import ClientOrderId
from trading.venues.kraken.held_money import Hold, LockKey
from trading.venues.kraken.order_holds import OrderHolds
from trading.venues.kraken.stream_account import DerivedAccount, Doubt
from trading.venues.kraken.stream_orders import TrackedOrder

_UNTOLD_SECONDS = 10.0
"""How long an order that was taken may be without a word in `executions`."""
_AROUND_SECONDS = 1.0
_SNAPSHOT_SECONDS = 2.0
_AFTER_DEADLINE_SECONDS = 5.0
"""How long after its deadline an order without an answer may still show up."""
_KEPT_SECONDS = 600.0
"""While nothing is streamed, what was taken is kept no longer: nobody looks at it."""


@dataclass(slots=True, kw_only=True)
class _Sent:
    """One of them; `order_id` and `taken_at` are there once Kraken took it."""

    until: float
    order_id: str | None = None
    taken_at: float | None = None


class SentOrders:
    """Each is let go of when `executions` tells of it, or when it certainly was not placed."""

    def __init__(self, *, account: DerivedAccount, clock: Clock) -> None:
        """Keep where it locks."""
        self._account = account
        self._clock = clock
        self._sent: dict[ClientOrderId, _Sent] = {}
        self._began_at = float("-inf")

    def send(self, order: ApprovedOrder, holds: OrderHolds | None) -> None:
        """Lock what an order that is about to be sent may spend."""
        intent = order.intent
        hold = (
            holds.of_sent(order)
            if holds is not None
            else Hold(asset=intent.reserve_asset, amount=intent.reserve_amount)
        )
        remaining = (order.deadline_at - self._clock.now()).total_seconds()
        until = self._clock.monotonic() + max(0.0, remaining) + _AFTER_DEADLINE_SECONDS
        self._forget_taken(self._clock.monotonic() - _KEPT_SECONDS)
        self._sent[order.client_order_id] = _Sent(until=until)
        self._account.hold(_key(order.client_order_id), hold)

    def refuse(self, client_order_id: ClientOrderId) -> None:
        """Let go of one that certainly was not placed, or locks by itself, or has ended."""
        if self._sent.pop(client_order_id, None) is not None:
            self._account.hold(_key(client_order_id), None)

    def take(
        self, client_order_id: ClientOrderId, order_id: str, told: TrackedOrder | None
    ) -> None:
        """Note that Kraken took it; `told` is what `executions` has said of it already."""
        sent = self._sent.get(client_order_id)
        if sent is None:
            return
        sent.order_id, sent.taken_at = order_id, self._clock.monotonic()
        if told is not None and (told.is_known or told.ending is not None):
            self.refuse(client_order_id)

    def tell(self, order: TrackedOrder) -> None:
        """Let go of what `executions` tells of: the order's own hold stands in its place."""
        if not self._sent or not (order.is_known or order.ending is not None):
            return
        if order.client_order_id is not None and order.client_order_id in self._sent:
            self.refuse(order.client_order_id)
            return
        for client_order_id, sent in tuple(self._sent.items()):
            if sent.order_id == order.order_id:
                self.refuse(client_order_id)

    def begin(self, asked_at: float) -> None:
        """Let go of what Kraken had taken when a snapshot was asked for: that one shows it."""
        self._began_at = self._clock.monotonic()
        self._forget_taken(asked_at)

    def pass_time(self, *, is_live: bool) -> None:
        """Let go of what cannot have been placed; Doubt where `executions` keeps quiet."""
        now = self._clock.monotonic()
        for client_order_id, sent in tuple(self._sent.items()):
            if sent.taken_at is None:
                if now >= sent.until:
                    self.refuse(client_order_id)
            elif sent.taken_at <= self._began_at + _AROUND_SECONDS:
                # It may have come and gone between the question for the snapshot and the snapshot.
                if now >= max(sent.taken_at, self._began_at) + _SNAPSHOT_SECONDS:
                    self.refuse(client_order_id)
            elif is_live and now >= sent.taken_at + _UNTOLD_SECONDS:
                raise Doubt(f"nothing was told of order {sent.order_id}, which was taken")

    def _forget_taken(self, before: float) -> None:
        for client_order_id, sent in tuple(self._sent.items()):
            if sent.taken_at is not None and sent.taken_at <= before:
                self.refuse(client_order_id)


def _key(client_order_id: ClientOrderId) -> LockKey:
    return ("sent", client_order_id, "")
