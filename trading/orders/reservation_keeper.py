"""Keeps reservations in line with the journal: held from the plan on, settled at the end."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from trading.model.identifiers import Asset, ClientOrderId, VenueName
from trading.model.instrument import Side
from trading.model.order import Order, OrderOrigin
from trading.model.order_status import OrderStatus


class Reserving(Protocol):
    """What the journal asks of the reservations."""

    def hold(
        self, client_order_id: ClientOrderId, venue: VenueName, asset: Asset, amount: Decimal
    ) -> None:
        """Reserve what the order can spend at worst."""
        ...

    def taken_by_venue(
        self, client_order_id: ClientOrderId, amount: Decimal, *, filled: Decimal
    ) -> None:
        """Note that the venue itself has locked or spent so much, with so much of it filled."""
        ...

    def settle(self, client_order_id: ClientOrderId, spent: Decimal, *, filled: Decimal) -> None:
        """Note that the order has ended and spent so much."""
        ...


class ReservationKeeper:
    """Follows every order of ours; a stranger's is locked by the venue, not by us."""

    def __init__(self, reservations: Reserving) -> None:
        """Start with nothing held."""
        self._reservations = reservations
        self._held: set[ClientOrderId] = set()

    @property
    def held(self) -> tuple[ClientOrderId, ...]:
        """The orders that were working when they were last followed."""
        return tuple(self._held)

    def catch_up(self, order: Order) -> None:
        """Follow an order that was read some time ago; it may have moved on since.

        Nothing is held anew: an order that is not held has ended, or was never sent.
        """
        if order.client_order_id in self._held or not order.is_working:
            self.follow(order)

    def follow(self, order: Order) -> None:
        """Bring the reservation in line with the order as it was committed just now."""
        intent = order.intent
        if intent.origin is OrderOrigin.EXTERNAL:
            return
        id_ = order.client_order_id
        spent = _spent(order)
        if not order.is_working:
            self._held.discard(id_)
            self._reservations.settle(id_, spent, filled=order.filled_quantity)
            return
        # Held once: what the venue has taken meanwhile must not be reserved a second time.
        if id_ not in self._held:
            self._held.add(id_)
            self._reservations.hold(id_, intent.venue, intent.reserve_asset, intent.reserve_amount)
        if order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED):
            locked = _locked(order)
            if locked is not None:
                self._reservations.taken_by_venue(
                    id_, spent + locked, filled=order.filled_quantity
                )


def _spent(order: Order) -> Decimal:
    """Return what its fills have taken of the reserved asset, fees included."""
    if order.intent.side is Side.SELL:
        return order.filled_quantity
    return order.cost + order.fee


def _locked(order: Order) -> Decimal | None:
    """Return what the venue locks for the rest of it; None where that cannot be known."""
    # An order enlarged by hand can have filled more than we meant.
    remaining = max(Decimal(0), order.remaining)
    if order.intent.side is Side.SELL:
        return remaining
    price = order.intent.limit_price
    return None if price is None else remaining * price
