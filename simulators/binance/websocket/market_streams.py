"""The market streams: what each tells of its symbol, and when there is anything new."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from simulators.binance.catalogue import ListedSymbol
from simulators.binance.klines import INTERVALS, opening
from simulators.binance.numbers import eight, milliseconds
from simulators.binance.websocket.stream_source import Source, Stream
from simulators.binance.websocket.ticker_streams import AllMiniTickers, DayTicker, MiniTicker
from simulators.exchange.order_book import visible_depth
from simulators.market.bars import Bar
from simulators.market.values import PublicTrade
from trading.venues.paper.values import Level, Side

ALL_MINI_TICKERS = "!miniTicker@arr"
NAME = re.compile(r"(?P<symbol>[a-z0-9]+)@(?P<kind>[A-Za-z]+)(?P<rest>[_0-9a-z]*)(@[0-9]+ms)?")
LEVELS = ("5", "10", "20")


def open_stream(name: str, source: Source) -> Stream | None:
    """Find the stream of a name; None for a name that never says anything."""
    if name == ALL_MINI_TICKERS:
        return AllMiniTickers(source)
    match = NAME.fullmatch(name)
    if match is None or match["symbol"] != match["symbol"].lower():
        return None
    listed = source.exchange.catalogue.named(match["symbol"].upper())
    if listed is None:
        return None
    return _stream_of(match["kind"], match["rest"], listed, source)


def _stream_of(kind: str, rest: str, listed: ListedSymbol, source: Source) -> Stream | None:
    if kind == "kline" and rest.removeprefix("_") in INTERVALS:
        return KlineStream(listed, source, rest.removeprefix("_"))
    if kind == "depth" and rest in LEVELS:
        return PartialDepth(listed, source, int(rest))
    plain: dict[str, Callable[[ListedSymbol, Source], Stream]] = {
        "bookTicker": BookTicker,
        "depth": DepthUpdates,
        "trade": Trades,
        "aggTrade": AggregateTrades,
        "miniTicker": MiniTicker,
        "ticker": DayTicker,
    }
    return plain[kind](listed, source) if kind in plain and not rest else None


class BookTicker:
    def __init__(self, listed: ListedSymbol, source: Source) -> None:
        self._listed = listed
        self._source = source
        self._told: Mapping[str, Any] | None = None

    def news(self) -> Iterator[Any]:
        best = self._source.public.tickers.best(self._listed)
        if best == self._told:
            return
        self._told = best
        yield {
            "u": self._source.exchange.update_id,
            "s": best["symbol"],
            "b": best["bidPrice"],
            "B": best["bidQty"],
            "a": best["askPrice"],
            "A": best["askQty"],
        }


class PartialDepth:
    def __init__(self, listed: ListedSymbol, source: Source, levels: int) -> None:
        self._listed = listed
        self._source = source
        self._levels = levels
        self._told: tuple[Any, Any] | None = None

    def news(self) -> Iterator[Any]:
        book = self._source.public.book(self._listed, self._levels)
        if (book["bids"], book["asks"]) == self._told:
            return
        self._told = book["bids"], book["asks"]
        yield book


class DepthUpdates:
    """What changed since the last update; the first of them is against the book as it was."""

    def __init__(self, listed: ListedSymbol, source: Source) -> None:
        self._listed = listed
        self._source = source
        self._bids, self._asks = self._sides()
        self._last = source.exchange.update_id

    def news(self) -> Iterator[Any]:
        bids, asks = self._sides()
        changed = _changed(self._bids, bids), _changed(self._asks, asks)
        if not any(changed):
            return
        first, self._last = self._last + 1, self._source.exchange.update_id
        self._bids, self._asks = bids, asks
        yield {
            "e": "depthUpdate",
            "E": self._source.now(),
            "s": self._listed.name,
            "U": min(first, self._last),
            "u": self._last,
            "b": changed[0],
            "a": changed[1],
        }

    def _sides(self) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
        depth = visible_depth(self._source.exchange, self._listed.symbol)
        return _by_price(depth.bids), _by_price(depth.asks)


class Trades:
    def __init__(self, listed: ListedSymbol, source: Source) -> None:
        self._listed = listed
        self._source = source
        last = source.exchange.tapes[listed.symbol].last_trade
        self._last = 0 if last is None else last.number

    def news(self) -> Iterator[Any]:
        for trade in self._source.exchange.tapes[self._listed.symbol].trades():
            if trade.number > self._last:
                self._last = trade.number
                yield self._row(trade)

    def _row(self, trade: PublicTrade) -> dict[str, Any]:
        return {
            "e": "trade",
            "E": self._source.now(),
            "s": self._listed.name,
            "t": trade.number,
            "p": eight(trade.price),
            "q": eight(trade.quantity),
            "T": milliseconds(trade.at),
            "m": trade.side is Side.SELL,
            "M": True,
        }


class AggregateTrades(Trades):
    def _row(self, trade: PublicTrade) -> dict[str, Any]:
        row = super()._row(trade)
        number = row.pop("t")
        return {**row, "e": "aggTrade", "a": number, "f": number, "l": number}


class KlineStream:
    def __init__(self, listed: ListedSymbol, source: Source, interval: str) -> None:
        self._listed = listed
        self._source = source
        self._interval = interval
        self._seconds = INTERVALS[interval]
        self._told: Bar | None = None

    def news(self) -> Iterator[Any]:
        """Tell the running bar; once, when the next has begun, that it is closed."""
        now = int(self._source.exchange.now().timestamp())
        latest = opening(now, self._seconds)
        first = latest if self._told is None else self._told.start
        bars = self._source.public.klines.bars(
            self._listed.symbol, seconds=self._seconds, first=min(first, latest), last=latest
        )
        for bar in bars:
            is_closed = bar.start < latest
            if is_closed or bar != self._told:
                yield self._row(bar, is_closed=is_closed)
        if bars:
            self._told = bars[-1]

    def _row(self, bar: Bar, *, is_closed: bool) -> dict[str, Any]:
        row = self._source.public.klines.row(bar, self._seconds)
        return {
            "e": "kline",
            "E": self._source.now(),
            "s": self._listed.name,
            "k": {
                "t": row[0],
                "T": row[6],
                "s": self._listed.name,
                "i": self._interval,
                "f": -1,
                "L": -1,
                "o": row[1],
                "c": row[4],
                "h": row[2],
                "l": row[3],
                "v": row[5],
                "n": row[8],
                "x": is_closed,
                "q": row[7],
                "V": row[9],
                "Q": row[10],
                "B": "0",
            },
        }


def _by_price(levels: tuple[Level, ...]) -> dict[Decimal, Decimal]:
    return {level.price: level.quantity for level in levels}


def _changed(
    before: Mapping[Decimal, Decimal], after: Mapping[Decimal, Decimal]
) -> list[list[str]]:
    """Give the levels that are new or different; one that is gone has no quantity."""
    gone = [[eight(price), eight(Decimal(0))] for price in before.keys() - after.keys()]
    other = [
        [eight(price), eight(quantity)]
        for price, quantity in after.items()
        if before.get(price) != quantity
    ]
    return [*other, *gone]
