"""A listener that keeps what it heard."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.model.fill import Fill
from trading.model.identifiers import Asset, VenueName
from trading.model.market_data import Price
from trading.model.order import VenueOrder
from trading.model.order_status import OrderStatus, is_terminal
from trading.venues.streaming import AccountPushed


@dataclass(slots=True)
class Ears:
    """Satisfies `StreamListener`; `spoken` holds the names of what was said, in order."""

    accounts: list[AccountPushed] = field(default_factory=list)
    confirmations: int = 0
    lost: list[str] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    is_live: bool = False

    def account_pushed(self, pushed: AccountPushed) -> None:
        assert pushed.is_baseline is not self.is_live
        self.is_live = True
        self.accounts.append(pushed)
        self.spoken.append("baseline" if pushed.is_baseline else "account")

    def account_confirmed(self, venue: VenueName, at: datetime, monotonic: float) -> None:
        del venue, at, monotonic
        assert self.is_live
        self.confirmations += 1

    def account_lost(self, venue: VenueName, reason: str) -> None:
        del venue
        assert self.is_live
        self.is_live = False
        self.lost.append(reason)
        self.spoken.append("lost")

    def order_pushed(self, order: VenueOrder) -> None:
        self.orders.append(order)
        self.spoken.append(f"order {order.status}")

    def fill_pushed(self, fill: Fill) -> None:
        self.fills.append(fill)
        self.spoken.append("fill")

    def price_pushed(self, price: Price) -> None:
        self.prices.append(price)

    @property
    def held(self) -> dict[Asset, tuple[Decimal, Decimal]]:
        """What the last push says: free and locked, without what is not there."""
        if not self.accounts:
            return {}
        balances = self.accounts[-1].snapshot.balances
        return {
            asset: (balance.free, balance.locked)
            for asset, balance in balances.items()
            if balance.total
        }

    def ended(self, order_id: str) -> OrderStatus | None:
        """How an order ended, as far as was told."""
        told = [order.status for order in self.orders if order.venue_order_id == order_id]
        return told[-1] if told and is_terminal(told[-1]) else None

    def last_order(self, order_id: str) -> VenueOrder:
        return [order for order in self.orders if order.venue_order_id == order_id][-1]
