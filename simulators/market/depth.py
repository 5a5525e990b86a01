"""The order book the rest of the world keeps around a price."""

import random
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from simulators.market.values import InstrumentShape
from trading.venues.paper.values import Depth, Level

HUNDRED = 100


def depth_around(price: Decimal, *, shape: InstrumentShape, dice: random.Random) -> Depth:
    """Build both sides around a mid price; deeper levels are wider apart and larger."""
    half = price * shape.spread / 2
    tick = shape.tick_size
    bid_ticks = int(((price - half) / tick).to_integral_value(rounding=ROUND_FLOOR))
    ask_ticks = int(((price + half) / tick).to_integral_value(rounding=ROUND_CEILING))
    bid_ticks = max(bid_ticks, 1)
    return Depth(
        bids=_side(bid_ticks, -1, shape=shape, dice=dice),
        asks=_side(max(ask_ticks, bid_ticks + 1), 1, shape=shape, dice=dice),
    )


def _side(
    ticks: int, direction: int, *, shape: InstrumentShape, dice: random.Random
) -> tuple[Level, ...]:
    levels = []
    for rank in range(shape.levels):
        if ticks < 1:
            break
        price = ticks * shape.tick_size
        notional = shape.level_notional * (HUNDRED + 20 * rank) / HUNDRED
        quantity = notional * dice.randint(40, 160) / HUNDRED / price
        levels.append(Level(price=price, quantity=shape.snap_quantity(quantity)))
        gap = price * shape.level_gap * dice.randint(20, 180) / HUNDRED
        ticks += direction * max(1, int(gap / shape.tick_size))
    return tuple(levels)
