"""The market of a simulator: every instrument's price, book and speed, under one seed."""

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal

from simulators.market.depth import depth_around
from simulators.market.sources import PriceSource, Ratio, RecordedPrices
from simulators.market.values import InstrumentShape, Move, Position

HUNDRED = 100


class SimulatedMarket:
    """`speed` is market seconds for each real second; a frozen price keeps a living book."""

    def __init__(
        self,
        *,
        shapes: Mapping[str, InstrumentShape],
        sources: Mapping[str, PriceSource],
        seed: int,
        speed: float,
    ) -> None:
        self._shapes = shapes
        self._sources = sources
        self._seed = seed
        self._refreshes = 0
        self._frozen: set[str] = set()
        self.speed = speed

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._sources)

    @property
    def independent(self) -> tuple[str, ...]:
        """The markets that do not follow from others."""
        return tuple(s for s, source in self._sources.items() if not isinstance(source, Ratio))

    @property
    def frozen(self) -> frozenset[str]:
        return frozenset(self._frozen)

    @property
    def finished(self) -> frozenset[str]:
        """Recordings that are over; their prices stand still."""
        return frozenset(
            symbol
            for symbol, source in self._sources.items()
            if isinstance(source, RecordedPrices) and source.is_over
        )

    def is_recorded(self, symbol: str) -> bool:
        return isinstance(self._sources[symbol], RecordedPrices)

    def price(self, symbol: str) -> Decimal:
        return self._sources[symbol].price

    def positions(self) -> dict[str, Position]:
        return {symbol: source.position for symbol, source in self._sources.items()}

    def advance(self, real_seconds: float) -> Iterator[Move]:
        """Let time pass: every instrument moves (unless frozen) and its book is renewed."""
        self._refreshes += 1
        for symbol, source in self._sources.items():
            if symbol in self._frozen:
                yield self._move(symbol, source.price, traded=False)
                continue
            prices = source.advance(real_seconds * self.speed)
            for price in prices:
                yield self._move(symbol, price, traded=True)

    def standing(self, symbol: str) -> Move:
        """Renew the book of one instrument around the price it has."""
        self._refreshes += 1
        return self._move(symbol, self._sources[symbol].price, traded=False)

    def set_price(self, symbol: str, price: Decimal) -> None:
        self._sources[symbol].set_price(price)

    def freeze(self, symbol: str, *, frozen: bool) -> None:
        if frozen:
            self._frozen.add(symbol)
        else:
            self._frozen.discard(symbol)

    def _move(self, symbol: str, price: Decimal, *, traded: bool) -> Move:
        shape = self._shapes[symbol]
        dice = random.Random(f"{self._seed}/depth/{symbol}/{self._refreshes}")
        depth = depth_around(price, shape=shape, dice=dice)
        notional = shape.level_notional * dice.randint(1, HUNDRED) / HUNDRED
        quantity = shape.snap_quantity(notional / price) if traded else Decimal(0)
        return Move(symbol=symbol, price=price, depth=depth, traded=quantity)
