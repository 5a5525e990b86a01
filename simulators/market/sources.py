"""Where prices come from: a seeded random walk, recorded candles, or a ratio of two others."""

import math
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from simulators.market.candles import Recording
from simulators.market.values import InstrumentShape, Position

LEAST_TICKS = 20  # a walk never gets so low that one tick is a large move


class PriceSource(Protocol):
    @property
    def price(self) -> Decimal: ...

    @property
    def position(self) -> Position: ...

    def advance(self, market_seconds: float) -> Sequence[Decimal]:
        """Go on, and answer the prices passed on the way; the last one is where it stands."""
        ...

    def set_price(self, price: Decimal) -> None: ...


class RandomWalk:
    """Each step draws from its own seed, so a walk resumed at step n goes on as it would have."""

    def __init__(
        self, *, shape: InstrumentShape, seed: int, position: Position | None = None
    ) -> None:
        self._shape = shape
        self._seed = seed
        start = position or Position(price=shape.snap(shape.start_price))
        self._price = start.price
        self._steps = start.steps

    @property
    def price(self) -> Decimal:
        return self._price

    @property
    def position(self) -> Position:
        return Position(price=self._price, steps=self._steps)

    def advance(self, market_seconds: float) -> Sequence[Decimal]:
        self._steps += 1
        dice = random.Random(f"{self._seed}/{self._shape.symbol}/{self._steps}")
        spread = self._shape.volatility * math.sqrt(market_seconds)
        change = math.exp(dice.gauss(0.0, spread))
        ticks = int(self._price / self._shape.tick_size)
        moved = max(LEAST_TICKS, round(ticks * change))
        self._price = moved * self._shape.tick_size
        return (self._price,)

    def set_price(self, price: Decimal) -> None:
        self._price = self._shape.snap(price)


class RecordedPrices:
    """Plays a recording; a price set by hand scales all that follows."""

    def __init__(
        self,
        *,
        shape: InstrumentShape,
        recording: Recording,
        position: Position | None = None,
    ) -> None:
        self._shape = shape
        self._recording = recording
        self._elapsed = position.elapsed if position else 0.0
        self._scale = position.scale if position else Decimal(1)

    @property
    def is_over(self) -> bool:
        return self._elapsed >= self._recording.seconds

    @property
    def price(self) -> Decimal:
        return self._snap(self._recording.price_at(self._elapsed))

    @property
    def position(self) -> Position:
        return Position(price=self.price, elapsed=self._elapsed, scale=self._scale)

    def advance(self, market_seconds: float) -> Sequence[Decimal]:
        start, end = self._elapsed, self._elapsed + market_seconds
        self._elapsed = end
        passed = [self._snap(price) for price in self._recording.turns_between(start, end)]
        return (*passed, self.price)

    def set_price(self, price: Decimal) -> None:
        self._scale = price / self._recording.price_at(self._elapsed)

    def _snap(self, price: Decimal) -> Decimal:
        return self._shape.snap(price * self._scale)


class Ratio:
    """The price of a cross pair, kept consistent with the two markets it comes from."""

    def __init__(
        self,
        *,
        shape: InstrumentShape,
        numerator: PriceSource,
        denominator: PriceSource,
        position: Position | None = None,
    ) -> None:
        self._shape = shape
        self._numerator = numerator
        self._denominator = denominator
        self._scale = position.scale if position else Decimal(1)

    @property
    def price(self) -> Decimal:
        return self._shape.snap(self._fair() * self._scale)

    @property
    def position(self) -> Position:
        return Position(price=self.price, scale=self._scale)

    def advance(self, market_seconds: float) -> Sequence[Decimal]:
        """Go nowhere by itself: the two markets it watches move."""
        del market_seconds
        return (self.price,)

    def set_price(self, price: Decimal) -> None:
        self._scale = price / self._fair()

    def _fair(self) -> Decimal:
        return self._numerator.price / self._denominator.price
