"""Candles to try things with, and strategies that make them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from tests.support.clock import START
from trading.model.candles import CandleInterval
from trading.model.identifiers import Symbol
from trading.model.market_data import Candle

BTC_USD, ETH_USD, NOPE = (Symbol.parse(text) for text in ("BTC/USD", "ETH/USD", "NOPE/USD"))
MINUTE = CandleInterval.MINUTE
ZERO_HOUR = MINUTE.start_of(START)


def at(place: int, start: datetime = ZERO_HOUR) -> datetime:
    """Return when the candle of this number opens."""
    return start + timedelta(minutes=place)


def candle(
    place: int, close: str = "100", *, symbol: Symbol = BTC_USD, is_closed: bool = True
) -> Candle:
    price = Decimal(close)
    return Candle(
        symbol=symbol,
        opened_at=at(place),
        open=price,
        high=price + 1,
        low=price - 1,
        close=price,
        volume=Decimal("1.5"),
        is_closed=is_closed,
    )


def row(places: Iterable[int], *, symbol: Symbol = BTC_USD) -> tuple[Candle, ...]:
    return tuple(candle(place, symbol=symbol) for place in places)
