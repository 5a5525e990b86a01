"""The public book: a snapshot, then the levels that changed, each with the checksum of the top."""

import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulators.exchange.order_book import visible_depth
from simulators.kraken.catalogue import ListedPair
from simulators.kraken.exchange import Exchange
from simulators.kraken.websocket.public_channels import shown
from simulators.kraken.websocket.times import stamp
from trading.venues.paper.values import ZERO, Level

DEPTHS = frozenset({10, 25, 100, 500, 1000})
CHECKED_LEVELS = 10

Side = dict[Decimal, Decimal]


class BookFeed:
    def __init__(self, *, exchange: Exchange, pair: ListedPair, depth: int) -> None:
        self._exchange = exchange
        self._pair = pair
        self._depth = depth
        self._bids, self._asks = self._sides()

    def snapshot(self) -> Any:
        return [self._row(bids=self._levels(self._bids), asks=self._levels(self._asks))]

    def update(self) -> Any | None:
        """Say what changed; a level that only left the subscribed depth is not said to be gone."""
        whole = visible_depth(self._exchange, self._pair.symbol)
        bids, asks = self._sides()
        changed_bids = _changes(self._bids, bids, whole=whole.bids)
        changed_asks = _changes(self._asks, asks, whole=whole.asks)
        self._bids, self._asks = bids, asks
        if not changed_bids and not changed_asks:
            return None
        return [self._row(bids=self._levels(changed_bids), asks=self._levels(changed_asks))]

    def _sides(self) -> tuple[Side, Side]:
        visible = visible_depth(self._exchange, self._pair.symbol)
        return _side(visible.bids[: self._depth]), _side(visible.asks[: self._depth])

    def _row(self, *, bids: list[Any], asks: list[Any]) -> dict[str, Any]:
        return {
            "symbol": self._pair.symbol,
            "bids": bids,
            "asks": asks,
            "checksum": checksum(bids=self._bids, asks=self._asks, pair=self._pair),
            "timestamp": stamp(self._exchange.now()),
        }

    def _levels(self, levels: Mapping[Decimal, Decimal]) -> list[dict[str, Decimal]]:
        pair = self._pair
        return [
            {"price": shown(price, pair.price_decimals), "qty": shown(qty, pair.lot_decimals)}
            for price, qty in levels.items()
        ]


def checksum(
    *, bids: Mapping[Decimal, Decimal], asks: Mapping[Decimal, Decimal], pair: ListedPair
) -> int:
    """Give the CRC32 of the ten best asks, lowest first, then the ten best bids, highest first.

    Each price and quantity is written with the pair's own decimals, without its point and its
    leading zeros: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2 (2026-05).
    """
    digits = [
        _digits(price, pair.price_decimals) + _digits(quantity, pair.lot_decimals)
        for side in (asks, bids)
        for price, quantity in list(side.items())[:CHECKED_LEVELS]
    ]
    return zlib.crc32("".join(digits).encode())


def _digits(value: Decimal, decimals: int) -> str:
    return f"{shown(value, decimals):f}".replace(".", "").lstrip("0")


def _side(levels: Iterable[Level]) -> Side:
    """Keep the order of the book: best price first."""
    return {level.price: level.quantity for level in levels}


def _changes(before: Side, after: Side, *, whole: Iterable[Level]) -> Side:
    """Say new and changed levels, and those that are gone with a quantity of zero."""
    standing = {level.price for level in whole}
    gone = {price: ZERO for price in before if price not in standing}
    return gone | {price: qty for price, qty in after.items() if before.get(price) != qty}
