"""The streams of the statistics of a day."""

from collections.abc import Iterator
from typing import Any

from simulators.binance.catalogue import ListedSymbol
from simulators.binance.websocket.stream_source import Source

TICKER_SECONDS = 1.0


class MiniTicker:
    """At most once a second, and only when something else is to be told."""

    def __init__(self, listed: ListedSymbol, source: Source) -> None:
        self._listed = listed
        self._source = source
        self._told: Any = None
        self._told_at = float("-inf")

    def news(self) -> Iterator[Any]:
        now = self._source.exchange.monotonic()
        if now - self._told_at < TICKER_SECONDS:
            return
        row = self.row()
        if row == self._told:
            return
        self._told, self._told_at = row, now
        yield {"e": row["e"], "E": self._source.now(), **row}

    def row(self) -> dict[str, Any]:
        mini = self._source.public.tickers.mini_day(self._listed)
        return {
            "e": "24hrMiniTicker",
            "s": self._listed.name,
            "c": mini["lastPrice"],
            "o": mini["openPrice"],
            "h": mini["highPrice"],
            "l": mini["lowPrice"],
            "v": mini["volume"],
            "q": mini["quoteVolume"],
        }


class DayTicker(MiniTicker):
    def row(self) -> dict[str, Any]:
        day = self._source.public.tickers.full_day(self._listed)
        return {
            "e": "24hrTicker",
            "s": self._listed.name,
            "p": day["priceChange"],
            "P": day["priceChangePercent"],
            "w": day["weightedAvgPrice"],
            "x": day["prevClosePrice"],
            "c": day["lastPrice"],
            "Q": day["lastQty"],
            "b": day["bidPrice"],
            "B": day["bidQty"],
            "a": day["askPrice"],
            "A": day["askQty"],
            "o": day["openPrice"],
            "h": day["highPrice"],
            "l": day["lowPrice"],
            "v": day["volume"],
            "q": day["quoteVolume"],
            "O": day["openTime"],
            "C": day["closeTime"],
            "F": day["firstId"],
            "L": day["lastId"],
            "n": day["count"],
        }


class AllMiniTickers:
    """One list of the symbols that changed."""

    def __init__(self, source: Source) -> None:
        self._streams = [
            MiniTicker(listed, source) for listed in source.exchange.catalogue.symbols
        ]

    def news(self) -> Iterator[Any]:
        rows = [row for stream in self._streams for row in stream.news()]
        if rows:
            yield rows
