"""An order as a client wants it, before it has an id and fees."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulators.kraken.catalogue import ListedPair
from trading.venues.paper.values import (
    Fees,
    Order,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderRequest,
    Side,
    TimeInForce,
    Transition,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is wanted, understood and within the rules of its pair's words."""

    pair: ListedPair
    side: Side
    kind: OrderKind
    quantity: Decimal
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expires_at: datetime | None = None
    client_order_id: str | None = None
    user_reference: int | None = None

    def request(self, *, order_id: str, fees: Fees) -> OrderRequest:
        """Say it in the engine's words."""
        return OrderRequest(
            order_id=order_id,
            market=self.pair.symbol,
            side=self.side,
            kind=self.kind,
            quantity=self.quantity,
            fees=fees,
            limit_price=self.limit_price,
            time_in_force=self.time_in_force,
            post_only=self.post_only,
            expires_at=self.expires_at,
            client_order_id=self.client_order_id,
            user_reference=self.user_reference,
        )


def placed_order(transition: Transition) -> Order:
    """Find the accepted order as it is after all that happened to it."""
    accepted = next(e.order for e in transition.events if isinstance(e, OrderAccepted))
    orders = [
        event.order
        for event in transition.events
        if isinstance(event, OrderAccepted | OrderFilled | OrderEnded)
        and event.order.order_id == accepted.order_id
    ]
    return orders[-1]
