"""The book as the public sees it: the world's offers and the account's own resting orders."""

from collections.abc import Iterable

from simulators.exchange.core import ExchangeCore
from trading.venues.paper.values import ZERO, Depth, Level, Order, Side


def visible_depth(exchange: ExchangeCore, symbol: str) -> Depth:
    """Show both as one book."""
    depth = exchange.engine.state.depths.get(symbol, Depth())
    own = [order for order in exchange.open_orders if order.request.market == symbol]
    if not own:
        return depth
    return Depth(bids=_merged(depth.bids, own, Side.BUY), asks=_merged(depth.asks, own, Side.SELL))


def _merged(levels: Iterable[Level], own: Iterable[Order], side: Side) -> tuple[Level, ...]:
    quantities = {level.price: level.quantity for level in levels}
    for order in own:
        price = order.request.limit_price
        if order.request.side is side and price is not None:
            quantities[price] = quantities.get(price, ZERO) + order.remaining
    return tuple(
        Level(price=price, quantity=quantities[price])
        for price in sorted(quantities, reverse=side is Side.BUY)
    )
