"""The tickers: prices, best bids and asks, and the statistics of a day."""

import json
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulators.binance.catalogue import ListedSymbol
from simulators.binance.errors import BinanceError, bad_symbol
from simulators.binance.exchange import Exchange
from simulators.binance.numbers import eight, milliseconds
from simulators.binance.words import Words
from simulators.exchange.order_book import visible_depth
from simulators.market.bars import Bar
from trading.venues.paper.values import ZERO, Level

Show = Callable[[ListedSymbol], dict[str, Any]]
DAY_MILLISECONDS = 86_400_000
FEW, MANY = 20, 100


class Tickers:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange

    def price(self, words: Words) -> Any:
        return self._shown(words, self._price)

    def book_ticker(self, words: Words) -> Any:
        return self._shown(words, self.best)

    def day(self, words: Words) -> Any:
        kind = words.get("type") or "FULL"
        if kind not in {"FULL", "MINI"}:
            raise BinanceError(-1139, "Invalid ticker type.")
        return self._shown(words, self.full_day if kind == "FULL" else self.mini_day)

    def best(self, listed: ListedSymbol) -> dict[str, Any]:
        depth = visible_depth(self._exchange, listed.symbol)
        bid, ask = _best(depth.bids), _best(depth.asks)
        return {
            "symbol": listed.name,
            "bidPrice": eight(bid.price),
            "bidQty": eight(bid.quantity),
            "askPrice": eight(ask.price),
            "askQty": eight(ask.quantity),
        }

    def last_price(self, listed: ListedSymbol) -> Decimal:
        last = self._exchange.tapes[listed.symbol].last_trade
        return self._exchange.market.price(listed.symbol) if last is None else last.price

    def mini_day(self, listed: ListedSymbol) -> dict[str, Any]:
        now = milliseconds(self._exchange.now())
        bar = self.day_bar(listed)
        last = self._exchange.tapes[listed.symbol].last_trade
        last_id = 0 if last is None else last.number
        return {
            "symbol": listed.name,
            "openPrice": eight(bar.open),
            "highPrice": eight(bar.high),
            "lowPrice": eight(bar.low),
            "lastPrice": eight(bar.close),
            "volume": eight(bar.volume),
            "quoteVolume": eight(bar.cost),
            "openTime": now - DAY_MILLISECONDS,
            "closeTime": now,
            "firstId": max(0, last_id - bar.count + 1),
            "lastId": last_id,
            "count": bar.count,
        }

    def full_day(self, listed: ListedSymbol) -> dict[str, Any]:
        mini, best, bar = self.mini_day(listed), self.best(listed), self.day_bar(listed)
        last = self._exchange.tapes[listed.symbol].last_trade
        change = bar.close - bar.open
        return {
            "symbol": listed.name,
            "priceChange": eight(change),
            "priceChangePercent": percentage(change, bar.open),
            "weightedAvgPrice": eight(bar.average_price or bar.close),
            "prevClosePrice": eight(bar.open),
            "lastPrice": mini["lastPrice"],
            "lastQty": eight(ZERO if last is None else last.quantity),
            **{name: best[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")},
            **{name: mini[name] for name in ("openPrice", "highPrice", "lowPrice")},
            **{name: mini[name] for name in ("volume", "quoteVolume", "openTime", "closeTime")},
            **{name: mini[name] for name in ("firstId", "lastId", "count")},
        }

    def day_bar(self, listed: ListedSymbol) -> Bar:
        """Sum up the last 24 hours; before the first trade, the price there is."""
        day = self._exchange.tapes[listed.symbol].day(self._exchange.now())
        if day is not None:
            return day.last_day
        return Bar.quiet(start=0, price=self._exchange.market.price(listed.symbol))

    def _price(self, listed: ListedSymbol) -> dict[str, Any]:
        return {"symbol": listed.name, "price": eight(self.last_price(listed))}

    def _shown(self, words: Words, show: Show) -> Any:
        catalogue = self._exchange.catalogue
        names = wanted_symbols(words)
        if names is None:
            return [show(listed) for listed in catalogue.symbols]
        found = [catalogue.named(name) for name in names]
        if None in found:
            raise bad_symbol()  # one unknown name fails them all
        shown = [show(listed) for listed in found if listed is not None]
        return shown[0] if words.get("symbol") else shown


def wanted_symbols(words: Words) -> Sequence[str] | None:
    """Read `symbol` or `symbols`; None means all of them."""
    one, several = words.get("symbol"), words.get("symbols")
    if one and several:
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    if one:
        return [one]
    if not several:
        return None
    try:
        names = json.loads(several)
    except ValueError:
        raise _not_a_list() from None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise _not_a_list()
    if len(set(names)) < len(names):
        raise BinanceError(-1151, "Symbol is present multiple times in the list.")
    return names


def weight_of_symbols(one: int, several: int) -> Callable[[Words], int]:
    """A ticker of one symbol costs less than that of several, or of all."""
    return lambda words: one if words.get("symbol") else several


def weight_of_day(words: Words) -> int:
    names = words.get("symbols") or ""
    count = 1 if words.get("symbol") else names.count('"') // 2
    if not count or count > MANY:
        return 80
    return 2 if count <= FEW else 40


def percentage(change: Decimal, of: Decimal) -> str:
    share = change / of * 100 if of else ZERO
    return f"{share.quantize(Decimal('0.001'), rounding=ROUND_HALF_UP):f}"


def _best(levels: Sequence[Level]) -> Level:
    return levels[0] if levels else Level(price=ZERO, quantity=ZERO)


def _not_a_list() -> BinanceError:
    return BinanceError(
        -1100,
        "Illegal characters found in parameter 'symbols'; legal range is"
        ' \'^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$\'.',
    )
