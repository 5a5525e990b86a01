"""What the control address asks of this venue in its own names."""

from simulators.binance.catalogue import UnknownListingError
from simulators.binance.errors import BinanceError
from simulators.binance.exchange import Exchange
from simulators.binance.tickets import OrderType, Ticket
from simulators.exchange.control import HandOrder
from trading.venues.paper.values import Order, OrderKind


class Counter:
    """The website gives an order a client order id of its own kind."""

    def __init__(self, *, exchange: Exchange) -> None:
        self.refusals: tuple[type[Exception], ...] = (BinanceError, UnknownListingError)
        self._exchange = exchange

    def asset(self, name: str) -> str:
        return self._exchange.catalogue.require_asset(name)

    def symbol(self, name: str) -> str:
        catalogue = self._exchange.catalogue
        return (catalogue.named(name) or catalogue.listed(name)).symbol

    def list_asset(self, name: str) -> None:
        self._exchange.catalogue.list_asset(name)

    def place(self, wish: HandOrder) -> Order:
        number = self._exchange.engine.state.sequence
        is_market = wish.kind is OrderKind.MARKET
        ticket = Ticket(
            listed=self._exchange.catalogue.listed(wish.symbol),
            side=wish.side,
            kind=OrderType.MARKET if is_market else OrderType.LIMIT,
            quantity=wish.quantity,
            price=wish.limit_price,
            client_order_id=f"web_{self._exchange.names.client_order(f'web/{number}')}",
        )
        return self._exchange.place(ticket).order
