"""What accepted orders will still spend, until a snapshot shows that the venue has taken it.

The law (property-tested): a snapshot's free amount less the reservations is never more than what
the venue would really let a new order spend once every accepted order has spent its worst.

A reservation therefore outlives the order: an order that has spent its money keeps its
reservation until a snapshot arrives whose request was made after we knew of the spending, since
any earlier snapshot may still count the money as free. Requests and news are put in one order by
marks, not by clocks: the process has one event loop, so marks have no ties and never go back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.identifiers import Asset, ClientOrderId, VenueName

_NOTHING = Decimal(0)


@dataclass(slots=True, kw_only=True)
class _Hold:
    """One order's reservation: `amount` counts now, `then` from a snapshot after `since` on."""

    venue: VenueName
    asset: Asset
    worst: Decimal
    amount: Decimal
    then: Decimal | None = None
    since: int = 0


class Reservations:
    """Every reservation of the process, in memory; the journal rebuilds them at start."""

    def __init__(self) -> None:
        """Start with nothing reserved."""
        self._holds: dict[ClientOrderId, _Hold] = {}
        self._mark = 0

    def hold(
        self, client_order_id: ClientOrderId, venue: VenueName, asset: Asset, amount: Decimal
    ) -> None:
        """Reserve what the order can spend at worst, fee included, before it is sent."""
        if client_order_id in self._holds:
            message = f"{client_order_id} is reserved already; nothing was changed"
            raise ValueError(message)
        _check_amount(amount)
        self._holds[client_order_id] = _Hold(venue=venue, asset=asset, worst=amount, amount=amount)

    def shrink(self, client_order_id: ClientOrderId, amount: Decimal) -> None:
        """Lower the worst case at once: never sent in full size, or sized down."""
        _check_amount(amount)
        hold = self._holds.get(client_order_id)
        if hold is None:
            return
        hold.worst = min(hold.worst, amount)
        hold.amount = min(hold.amount, amount)
        hold.then = None if hold.then is None else min(hold.then, amount)

    def taken_by_venue(self, client_order_id: ClientOrderId, amount: Decimal) -> None:
        """Note that the venue shows the order open and has spent or locked at least `amount`.

        For a sell that is its quantity; for a buy what its fills cost with their fees and the
        rest at the limit price. The difference to the worst case (the fee to come) stays
        reserved until the order ends.
        """
        _check_amount(amount)
        hold = self._holds.get(client_order_id)
        if hold is None:
            return
        self._expect(hold, max(_NOTHING, hold.worst - amount))

    def settle(self, client_order_id: ClientOrderId, spent: Decimal) -> None:
        """Note that the order has ended and spent so much, fee included; zero frees it at once.

        What was spent stays reserved until a snapshot shows it gone.
        """
        _check_amount(spent)
        hold = self._holds.get(client_order_id)
        if hold is None:
            return
        hold.amount = min(hold.amount, spent) + max(_NOTHING, spent - hold.worst)
        hold.then = None
        if hold.amount == 0:
            del self._holds[client_order_id]
        else:
            self._expect(hold, _NOTHING)

    def release(self, client_order_id: ClientOrderId) -> None:
        """Forget it at once: the order certainly spent nothing and never will."""
        self._holds.pop(client_order_id, None)

    def mark(self) -> int:
        """Return the mark of a balance request about to be made."""
        self._mark += 1
        return self._mark

    def observed(self, venue: VenueName, mark: int) -> None:
        """Note that the answer to the request of `mark` is now what balances rest on."""
        for client_order_id, hold in tuple(self._holds.items()):
            if hold.venue != venue or hold.then is None or hold.since >= mark:
                continue
            hold.amount, hold.then = hold.then, None
            if hold.amount == 0:
                del self._holds[client_order_id]

    def reserved(self, venue: VenueName) -> Mapping[Asset, Decimal]:
        """Return what must be taken off the free amounts of the last snapshot, by asset."""
        totals: dict[Asset, Decimal] = {}
        for hold in self._holds.values():
            if hold.venue == venue:
                totals[hold.asset] = totals.get(hold.asset, _NOTHING) + hold.amount
        return totals

    def of(self, client_order_id: ClientOrderId) -> Decimal | None:
        """Return what one order still reserves; None when nothing."""
        hold = self._holds.get(client_order_id)
        return None if hold is None else hold.amount

    def _expect(self, hold: _Hold, then: Decimal) -> None:
        # News that does not lower it further must not push back the moment it takes effect.
        if then >= (hold.amount if hold.then is None else hold.then):
            return
        hold.then = then
        hold.since = self._mark


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or amount < 0:
        message = f"a reserved amount was {amount}; it must be a number of at least 0"
        raise ValueError(message)
