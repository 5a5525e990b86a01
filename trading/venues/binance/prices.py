"""Reads Binance's tickers, books and candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, BookLevel, Candle, Price
from trading.venues.binance.orders import THOUSAND
from trading.venues.decoding import Malformed, Row, to_decimal, to_time
from trading.venues.quotes import Moment, mid_price

INTERVALS = {
    timedelta(seconds=1): "1s",
    timedelta(minutes=1): "1m",
    timedelta(minutes=3): "3m",
    timedelta(minutes=5): "5m",
    timedelta(minutes=15): "15m",
    timedelta(minutes=30): "30m",
    timedelta(hours=1): "1h",
    timedelta(hours=2): "2h",
    timedelta(hours=4): "4h",
    timedelta(hours=6): "6h",
    timedelta(hours=8): "8h",
    timedelta(hours=12): "12h",
    timedelta(days=1): "1d",
    timedelta(days=3): "3d",
    timedelta(weeks=1): "1w",
}


def parse_ticker(row: Row, *, venue: VenueName, symbol: Symbol, moment: Moment) -> Price:
    """Return the mid of one bookTicker row; an empty or crossed side is no price."""
    return mid_price(
        row.decimal("bidPrice"),
        row.decimal("askPrice"),
        venue=venue,
        symbol=symbol,
        moment=moment,
    )


def parse_book(row: Row, *, venue: VenueName, symbol: Symbol, moment: Moment) -> Book:
    """Return the levels of a depth answer, best first."""
    return Book(
        venue=venue,
        symbol=symbol,
        bids=_levels(row, "bids", best_is_highest=True),
        asks=_levels(row, "asks", best_is_highest=False),
        received_at=moment.at,
        received_monotonic=moment.monotonic,
    )


def parse_candles(
    result: object, *, symbol: Symbol, interval: timedelta, now: datetime
) -> tuple[Candle, ...]:
    """Read the answer to klines, oldest first; one whose interval still runs is not closed."""
    if not isinstance(result, list):
        raise Malformed("klines is not an array")
    candles = [_candle(row, symbol, interval, now) for row in result]
    return tuple(sorted(candles, key=lambda candle: candle.opened_at))


def _candle(row: object, symbol: Symbol, interval: timedelta, now: datetime) -> Candle:
    match row:
        case [opened, first, high, low, last, volume, *_]:
            opened_at = to_time(to_decimal(opened, "klines time") / THOUSAND, "klines time")
            candle = Candle(
                symbol=symbol,
                opened_at=opened_at,
                open=to_decimal(first, "klines open"),
                high=to_decimal(high, "klines high"),
                low=to_decimal(low, "klines low"),
                close=to_decimal(last, "klines close"),
                volume=to_decimal(volume, "klines volume"),
                is_closed=opened_at + interval <= now,
            )
        case _:
            raise Malformed("klines holds a row without open, high, low, close and volume")
    prices = (candle.open, candle.close)
    if not 0 < candle.low <= min(prices) <= max(prices) <= candle.high or candle.volume < 0:
        raise Malformed(f"klines holds a candle that cannot be: {row}")
    return candle


def _levels(row: Row, name: str, *, best_is_highest: bool) -> tuple[BookLevel, ...]:
    where = f"{row.where}.{name}"
    levels = [level for entry in row.array(name) if (level := _level(entry, where)).quantity]
    levels.sort(key=lambda level: level.price, reverse=best_is_highest)
    return tuple(levels)


def _level(entry: Sequence[object] | object, where: str) -> BookLevel:
    match entry:
        case [price, quantity, *_]:
            level = BookLevel(price=to_decimal(price, where), quantity=to_decimal(quantity, where))
        case _:
            raise Malformed(f"{where} holds a level without price and quantity")
    if level.price <= Decimal(0) or level.quantity < 0:
        raise Malformed(f"{where} holds a level of {level.quantity} at {level.price}")
    return level
