"""Private questions about the past: all orders and all trades of one symbol."""

from typing import Any

from simulators.binance.endpoints import Endpoint, Security
from simulators.binance.errors import BinanceError
from simulators.binance.exchange import Exchange
from simulators.binance.lookup import Lookup, Wanted
from simulators.binance.rendering import Rendering
from simulators.binance.words import Words, limit, listed, moment, whole

MOST, DEFAULT = 1000, 500
LONGEST_SPAN = 24 * 3600 * 1000


class HistoryEndpoints:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange
        self._lookup = Lookup(connection=exchange.archive.connection)
        self._rendering = Rendering(exchange=exchange)

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path="/api/v3/allOrders",
                socket_method="allOrders",
                work=self.all_orders,
                weight=20,
                security=Security.SIGNED,
            ),
            Endpoint(
                method="GET",
                path="/api/v3/myTrades",
                socket_method="myTrades",
                work=self.trades,
                weight=lambda words: 5 if words.get("orderId") else 20,
                security=Security.SIGNED,
            ),
        ]

    def all_orders(self, words: Words) -> list[dict[str, Any]]:
        wanted = self._wanted(words, first=whole(words, "orderId"))
        return [self._rendering.order(order) for order in self._lookup.orders(wanted)]

    def trades(self, words: Words) -> list[dict[str, Any]]:
        first, order = whole(words, "fromId"), whole(words, "orderId")
        has_times = words.get("startTime") or words.get("endTime")
        if has_times and (first is not None or order is not None):
            raise BinanceError(-1128, "Combination of optional parameters invalid.")
        wanted = self._wanted(words, first=first, order=order)
        return [self._rendering.trade(fill) for fill in self._lookup.fills(wanted)]

    def _wanted(self, words: Words, *, first: int | None, order: int | None = None) -> Wanted:
        found = listed(words, self._exchange.catalogue)
        start, end = moment(words, "startTime"), moment(words, "endTime")
        if start is not None and end is not None:
            if end < start:
                raise BinanceError(-1130, "Data sent for parameter 'endTime' is not valid.")
            if end - start > LONGEST_SPAN:
                raise BinanceError(-1127, "More than 24 hours between startTime and endTime.")
        if start is not None and end is None:
            end = start + LONGEST_SPAN
        return Wanted(
            market=found.symbol,
            limit=limit(words, default=DEFAULT, most=MOST),
            first=first,
            start=start,
            end=end,
            order_id=None if order is None else str(order),
        )
