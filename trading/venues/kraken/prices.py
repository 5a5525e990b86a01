"""Reads Kraken's tickers and books."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Book, BookLevel, Candle, Price
from trading.venues.decoding import Malformed, Row, to_decimal, to_time
from trading.venues.quotes import Moment, mid_price


def parse_ticker(row: Row, *, venue: VenueName, symbol: Symbol, moment: Moment) -> Price:
    """Return the mid of best bid and best ask; an empty or crossed side is no price."""
    bid, ask = _first(row, "b"), _first(row, "a")
    return mid_price(bid, ask, venue=venue, symbol=symbol, moment=moment)


def parse_book(row: Row, *, venue: VenueName, symbol: Symbol, moment: Moment) -> Book:
    """Return the levels of a Depth answer, best first as Kraken sends them."""
    return Book(
        venue=venue,
        symbol=symbol,
        bids=_levels(row, "bids", best_is_highest=True),
        asks=_levels(row, "asks", best_is_highest=False),
        received_at=moment.at,
        received_monotonic=moment.monotonic,
    )


def parse_candles(result: object, *, symbol: Symbol) -> tuple[Candle, ...]:
    """Read the answer to OHLC about one pair, oldest first; the newest is still running."""
    answer = Row.of(result, "OHLC")
    pairs = [name for name in answer.fields if name != "last"]
    if len(pairs) != 1:
        raise Malformed(f"OHLC holds {len(pairs)} pairs, asked was for one")
    candles = sorted(
        (_candle(row, symbol) for row in answer.array(pairs[0])), key=lambda each: each.opened_at
    )
    return (*candles[:-1], *(replace(each, is_closed=False) for each in candles[-1:]))


def only_row(result: object, where: str) -> Row:
    """Return the one pair of an answer about one pair, whatever name Kraken gave it."""
    rows = list(Row.of(result, where).rows())
    if len(rows) != 1:
        raise Malformed(f"{where} holds {len(rows)} pairs, asked was for one")
    return rows[0][1]


def _first(row: Row, name: str) -> Decimal:
    values = row.array(name)
    if not values:
        raise Malformed(f"{row.where}.{name} is empty")
    return to_decimal(values[0], f"{row.where}.{name}")


def _levels(row: Row, name: str, *, best_is_highest: bool) -> tuple[BookLevel, ...]:
    where = f"{row.where}.{name}"
    levels = [_level(entry, where) for entry in row.array(name)]
    levels = [level for level in levels if level.quantity]
    levels.sort(key=lambda level: level.price, reverse=best_is_highest)
    return tuple(levels)


def _candle(row: object, symbol: Symbol) -> Candle:
    match row:
        case [opened, first, high, low, last, _, volume, *_]:
            candle = Candle(
                symbol=symbol,
                opened_at=to_time(opened, "OHLC time"),
                open=to_decimal(first, "OHLC open"),
                high=to_decimal(high, "OHLC high"),
                low=to_decimal(low, "OHLC low"),
                close=to_decimal(last, "OHLC close"),
                volume=to_decimal(volume, "OHLC volume"),
            )
        case _:
            raise Malformed("OHLC holds a row without open, high, low, close and volume")
    prices = (candle.open, candle.close)
    if not 0 < candle.low <= min(prices) <= max(prices) <= candle.high or candle.volume < 0:
        raise Malformed(f"OHLC holds a candle that cannot be: {row}")
    return candle


def _level(entry: object, where: str) -> BookLevel:
    match entry:
        case [price, quantity, *_]:
            level = BookLevel(price=to_decimal(price, where), quantity=to_decimal(quantity, where))
        case _:
            raise Malformed(f"{where} holds a level without price and quantity")
    if level.price <= 0 or level.quantity < 0:
        raise Malformed(f"{where} holds a level of {level.quantity} at {level.price}")
    return level
