"""What a venue pushes, and who hears it: the streamed half of the venue port.

An adapter turns its private channels into whole accounts (`AccountPushed`): the core never sees a
half. What is pushed obeys three laws, whatever the wire does:

* It is derived in sequence on one connection; a gap, a reconnect or a doubt makes the adapter say
  `account_lost` at once and start again with a baseline.
* `free` is never more than the venue would let one spend: an order that was taken counts as
  locked from its acknowledgement on, and a fill keeps its lock until the balance shows it.
* Nothing is pushed twice as news: fills may repeat over a reconnect (their ids tell), and orders
  carry the whole of what is known of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import VenueName
from trading.model.market_data import Price
from trading.model.order import VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPushed:
    """The whole account as the stream has it now.

    A baseline starts a connection and must stand up to questions like any answer; what follows it
    is in sequence, and each change has the venue's own ledger row behind it.
    """

    snapshot: BalanceSnapshot
    is_baseline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """One connection of a venue, for people."""

    name: str
    """"private" or "public"."""
    is_live: bool
    """True while connected, subscribed, in sequence and heard of within the liveness limit."""
    since: datetime | None
    """Since when it has been live, or not; None before the first try."""
    reconnects: int
    detail: str
    """In words: what it waits for, or why it is down."""
    silent_seconds: float | None = None
    """Since the last frame of the present connection; None while there is none."""


class StreamListener(Protocol):
    """Hears one venue's stream, in the order of the wire, in the event loop.

    Every method returns at once and never raises: it may be called thousands of times a second.
    """

    def account_pushed(self, pushed: AccountPushed) -> None:
        """Hear the whole account."""
        ...

    def account_confirmed(self, venue: VenueName, at: datetime, monotonic: float) -> None:
        """Hear that the live private stream gave a sign of life: what was pushed still holds."""
        ...

    def account_lost(self, venue: VenueName, reason: str) -> None:
        """Hear that pushed accounts prove nothing any more, until the next baseline."""
        ...

    def order_pushed(self, order: VenueOrder) -> None:
        """Hear of an order of the account, ours or not: everything known of it so far."""
        ...

    def fill_pushed(self, fill: Fill) -> None:
        """Hear of a fill; it comes before the order that it completes."""
        ...

    def price_pushed(self, price: Price) -> None:
        """Hear of a new mid price."""
        ...
