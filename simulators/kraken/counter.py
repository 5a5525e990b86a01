"""What the control address asks of this venue in its own names."""

from simulators.exchange.control import HandOrder, UnknownNameError
from simulators.kraken.catalogue import UnknownListingError
from simulators.kraken.errors import KrakenError
from simulators.kraken.exchange import Exchange
from simulators.kraken.placing import Ticket
from trading.venues.paper.values import Order


class Counter:
    def __init__(self, *, exchange: Exchange) -> None:
        self.refusals: tuple[type[Exception], ...] = (KrakenError, UnknownListingError)
        self._exchange = exchange

    def asset(self, name: str) -> str:
        asset = self._exchange.catalogue.named_asset(name)
        if asset is None:
            raise UnknownNameError(f"no asset is named {name!r}")
        return asset.name

    def symbol(self, name: str) -> str:
        catalogue = self._exchange.catalogue
        return (catalogue.named_pair(name) or catalogue.pair(name)).symbol

    def list_asset(self, name: str) -> None:
        self._exchange.catalogue.list_asset(name)

    def place(self, wish: HandOrder) -> Order:
        return self._exchange.place(
            Ticket(
                pair=self._exchange.catalogue.pair(wish.symbol),
                side=wish.side,
                kind=wish.kind,
                quantity=wish.quantity,
                limit_price=wish.limit_price,
            )
        )
