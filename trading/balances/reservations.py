"""What accepted orders will still spend, until the balances show that the venue has taken it.

The law (property-tested): the free amount that balances show, less the reservations, is never
more than what the venue would really let a new order spend once every accepted order has spent
its worst.

A reservation therefore outlives the order: an order that has spent its money keeps its
reservation until balances are in use that certainly show the spending. There are two kinds of
balances, each with a proof of its own, so every order is counted twice, once for each:

asked    An answer shows whatever we knew of when its request was made. Requests and news are put
         in one order by marks, not by clocks: the process has one event loop, so marks have no
         ties and never go back.
pushed   A pushed account is as old as the stream is behind, whatever we know from elsewhere. It
         shows an order's fills once the stream itself has shown them (`shown_by_stream`, then the
         next sign of life), and it shows whatever we knew of at a mark so long ago that no live
         stream is that far behind (`stream_is_past`).

Which of the two counts is decided by what the balances rest on at the moment (`rest_on`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.identifiers import Asset, ClientOrderId, VenueName

_NOTHING = Decimal(0)


@dataclass(slots=True, kw_only=True)
class _Count:
    """What counts on one kind of balances: `amount` now, `then` once they show the news."""

    amount: Decimal
    then: Decimal | None = None
    since: int = 0

    def expect(self, then: Decimal, mark: int) -> None:
        # News that does not lower it further must not push back the moment it takes effect.
        if then >= (self.amount if self.then is None else self.then):
            return
        self.then = then
        self.since = mark

    def settle(self, spent: Decimal, worst: Decimal, mark: int) -> None:
        self.amount = min(self.amount, spent) + max(_NOTHING, spent - worst)
        self.then = None
        self.expect(_NOTHING, mark)

    def reach(self) -> None:
        if self.then is not None:
            self.amount, self.then = self.then, None


@dataclass(slots=True, kw_only=True)
class _Hold:
    """One order's reservation on both kinds of balances."""

    venue: VenueName
    asset: Asset
    worst: Decimal
    asked: _Count
    pushed: _Count
    filled: Decimal = _NOTHING
    """How much of the order had filled by the newest news."""
    heard: Decimal | None = None
    """How much the stream has told of, maybe before the account that goes with it."""
    shown: Decimal | None = None
    """How much the pushed account certainly shows."""


class Reservations:
    """Every reservation of the process, in memory; the journal rebuilds them at start."""

    def __init__(self) -> None:
        """Start with nothing reserved."""
        self._holds: dict[ClientOrderId, _Hold] = {}
        self._mark = 0
        self._streamed: set[VenueName] = set()
        self._on_stream: set[VenueName] = set()

    def hold(
        self, client_order_id: ClientOrderId, venue: VenueName, asset: Asset, amount: Decimal
    ) -> None:
        """Reserve what the order can spend at worst, fee included, before it is sent."""
        if client_order_id in self._holds:
            message = f"{client_order_id} is reserved already; nothing was changed"
            raise ValueError(message)
        _check_amount(amount)
        self._holds[client_order_id] = _Hold(
            venue=venue,
            asset=asset,
            worst=amount,
            asked=_Count(amount=amount),
            pushed=_Count(amount=amount),
        )

    def taken_by_venue(
        self, client_order_id: ClientOrderId, amount: Decimal, *, filled: Decimal
    ) -> None:
        """Note that the venue shows the order open and has spent or locked at least `amount`.

        For a sell that is its quantity; for a buy what its fills cost with their fees and the
        rest at the limit price. The difference to the worst case (the fee to come) stays
        reserved until the order ends. `filled` is the filled quantity that goes with it: by it
        the stream is known to have shown as much.
        """
        _check_amount(amount)
        hold = self._holds.get(client_order_id)
        if hold is None:
            return
        then = max(_NOTHING, hold.worst - amount)
        hold.asked.expect(then, self._mark)
        hold.pushed.expect(then, self._mark)
        self._note_filled(client_order_id, hold, filled)

    def settle(self, client_order_id: ClientOrderId, spent: Decimal, *, filled: Decimal) -> None:
        """Note that the order has ended and spent so much, fee included; zero frees it at once.

        What was spent stays reserved until the balances show it gone.
        """
        _check_amount(spent)
        hold = self._holds.get(client_order_id)
        if hold is None:
            return
        hold.asked.settle(spent, hold.worst, self._mark)
        hold.pushed.settle(spent, hold.worst, self._mark)
        self._note_filled(client_order_id, hold, filled)

    def mark(self) -> int:
        """Return the mark of a balance request about to be made, or of an account pushed now."""
        self._mark += 1
        return self._mark

    def observed(self, venue: VenueName, mark: int) -> None:
        """Note that no answer older than the request of `mark` is rested on any more."""
        for client_order_id, hold in tuple(self._holds.items()):
            if hold.venue == venue and hold.asked.since < mark:
                hold.asked.reach()
                self._drop_if_done(client_order_id, hold)

    def follow_stream(self, venue: VenueName) -> None:
        """Note that accounts of this venue are pushed from now on."""
        self._streamed.add(venue)

    def rest_on(self, venue: VenueName, *, stream: bool) -> None:
        """Note what the balances in use came from: pushed, or asked for."""
        if stream:
            self._on_stream.add(venue)
        else:
            self._on_stream.discard(venue)

    def shown_by_stream(self, client_order_id: ClientOrderId, filled: Decimal) -> None:
        """Note that the stream shows the order with so much of it filled."""
        hold = self._holds.get(client_order_id)
        if hold is not None:
            hold.heard = filled if hold.heard is None else max(hold.heard, filled)

    def stream_is_past(self, venue: VenueName, mark: int) -> None:
        """Note a sign of life of the stream, whose account shows all that was known by `mark`.

        What the stream told of orders before this sign is in the account too.
        """
        for client_order_id, hold in tuple(self._holds.items()):
            if hold.venue != venue:
                continue
            hold.shown = hold.heard
            if hold.pushed.since < mark or _is_shown(hold):
                hold.pushed.reach()
                self._drop_if_done(client_order_id, hold)

    def reserved(self, venue: VenueName) -> Mapping[Asset, Decimal]:
        """Return what must be taken off the free amounts of the balances in use, by asset."""
        totals: dict[Asset, Decimal] = {}
        for hold in self._holds.values():
            if hold.venue == venue and (amount := self._count(hold).amount):
                totals[hold.asset] = totals.get(hold.asset, _NOTHING) + amount
        return totals

    def of(self, client_order_id: ClientOrderId) -> Decimal | None:
        """Return what one order still reserves; None when nothing."""
        hold = self._holds.get(client_order_id)
        return None if hold is None else self._count(hold).amount or None

    def _count(self, hold: _Hold) -> _Count:
        return hold.pushed if hold.venue in self._on_stream else hold.asked

    def _note_filled(self, client_order_id: ClientOrderId, hold: _Hold, filled: Decimal) -> None:
        hold.filled = max(hold.filled, filled)
        if _is_shown(hold):
            hold.pushed.reach()
        self._drop_if_done(client_order_id, hold)

    def _drop_if_done(self, client_order_id: ClientOrderId, hold: _Hold) -> None:
        is_pushed = hold.venue in self._streamed and hold.pushed.amount > 0
        if hold.asked.amount == 0 and not is_pushed:
            del self._holds[client_order_id]


def _is_shown(hold: _Hold) -> bool:
    return hold.shown is not None and hold.shown >= hold.filled


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or amount < 0:
        message = f"a reserved amount was {amount}; it must be a number of at least 0"
        raise ValueError(message)
