"""The public half of the interface: what anybody may ask, without a key."""

from typing import Any

from simulators.binance.catalogue import ListedSymbol
from simulators.binance.endpoints import Endpoint
from simulators.binance.errors import bad_symbol, invalid
from simulators.binance.exchange import Exchange
from simulators.binance.filters import AVERAGE_MINUTES, describe_filters
from simulators.binance.klines import Klines
from simulators.binance.limits import Limits
from simulators.binance.numbers import PRECISION, eight, milliseconds
from simulators.binance.tickers import Tickers, wanted_symbols, weight_of_day, weight_of_symbols
from simulators.binance.tickets import SELF_TRADE_PREVENTION, OrderType
from simulators.binance.words import Words, limit, listed, whole
from simulators.exchange.order_book import visible_depth
from simulators.market.values import PublicTrade
from trading.venues.paper.values import Level, Side

LARGEST_BOOK, DEFAULT_BOOK = 5000, 100
MOST_TRADES, DEFAULT_TRADES = 1000, 500
SYMBOL_STATUSES = {"halt": "HALT", "break": "BREAK", "cancel_only": "CANCEL_ONLY"}


class PublicEndpoints:
    def __init__(self, *, exchange: Exchange, limits: Limits) -> None:
        self._exchange = exchange
        self._limits = limits
        self.tickers = Tickers(exchange=exchange)
        self.klines = Klines(exchange=exchange)

    def endpoints(self) -> list[Endpoint]:
        tickers = self.tickers

        def get(path: str, socket_method: str, work: Any, weight: Any) -> Endpoint:
            return Endpoint(
                method="GET",
                path=f"/api/v3/{path}",
                socket_method=socket_method,
                work=work,
                weight=weight,
            )

        return [
            get("ping", "ping", lambda _: {}, 1),
            get("time", "time", self.time, 1),
            get("exchangeInfo", "exchangeInfo", self.exchange_info, 20),
            get("depth", "depth", self.depth, _weight_of_depth),
            get("trades", "trades.recent", self.trades, 25),
            get("historicalTrades", "trades.historical", self.trades, 25),
            get("aggTrades", "trades.aggregate", self.aggregate_trades, 4),
            get("klines", "klines", self.klines, 2),
            get("uiKlines", "uiKlines", self.klines, 2),
            get("avgPrice", "avgPrice", self.average_price, 2),
            get("ticker/price", "ticker.price", tickers.price, weight_of_symbols(2, 4)),
            get("ticker/bookTicker", "ticker.book", tickers.book_ticker, weight_of_symbols(2, 4)),
            get("ticker/24hr", "ticker.24hr", tickers.day, weight_of_day),
            Endpoint(
                method="GET", path="/sapi/v1/system/status", work=self.system_status, weight=1
            ),
        ]

    def time(self, _: Words) -> dict[str, int]:
        return {"serverTime": milliseconds(self._exchange.now())}

    def system_status(self, _: Words) -> dict[str, Any]:
        if self._exchange.status == "maintenance":
            return {"status": 1, "msg": "system_maintenance"}
        return {"status": 0, "msg": "normal"}

    def exchange_info(self, words: Words) -> dict[str, Any]:
        catalogue = self._exchange.catalogue
        names = wanted_symbols(words)
        found = catalogue.symbols if names is None else [catalogue.named(name) for name in names]
        if None in found:
            raise bad_symbol()
        return {
            "timezone": "UTC",
            "serverTime": milliseconds(self._exchange.now()),
            "rateLimits": self._limits.described(),
            "exchangeFilters": [],
            "symbols": [self._symbol(listed) for listed in found if listed is not None],
            "sors": [],
        }

    def depth(self, words: Words) -> dict[str, Any]:
        found = listed(words, self._exchange.catalogue)
        return self.book(found, limit(words, default=DEFAULT_BOOK, most=LARGEST_BOOK))

    def book(self, found: ListedSymbol, levels: int) -> dict[str, Any]:
        depth = visible_depth(self._exchange, found.symbol)
        return {
            "lastUpdateId": self._exchange.update_id,
            "bids": rows(depth.bids[:levels]),
            "asks": rows(depth.asks[:levels]),
        }

    def trades(self, words: Words) -> list[dict[str, Any]]:
        known = self._known_trades(words)
        return [
            {
                "id": trade.number,
                "price": eight(trade.price),
                "qty": eight(trade.quantity),
                "quoteQty": eight(trade.price * trade.quantity),
                "time": milliseconds(trade.at),
                "isBuyerMaker": trade.side is Side.SELL,
                "isBestMatch": True,
            }
            for trade in known
        ]

    def aggregate_trades(self, words: Words) -> list[dict[str, Any]]:
        return [
            {
                "a": trade.number,
                "p": eight(trade.price),
                "q": eight(trade.quantity),
                "f": trade.number,
                "l": trade.number,
                "T": milliseconds(trade.at),
                "m": trade.side is Side.SELL,
                "M": True,
            }
            for trade in self._known_trades(words)
        ]

    def average_price(self, words: Words) -> dict[str, Any]:
        found = listed(words, self._exchange.catalogue)
        last = self._exchange.tapes[found.symbol].last_trade
        at = self._exchange.now() if last is None else last.at
        return {
            "mins": AVERAGE_MINUTES,
            "price": eight(self._exchange.average_price(found.symbol)),
            "closeTime": milliseconds(at),
        }

    def _known_trades(self, words: Words) -> list[PublicTrade]:
        found = listed(words, self._exchange.catalogue)
        count = limit(words, default=DEFAULT_TRADES, most=MOST_TRADES)
        first = whole(words, "fromId")
        start, end = whole(words, "startTime"), whole(words, "endTime")
        known = [
            trade
            for trade in self._exchange.tapes[found.symbol].trades()
            if (first is None or trade.number >= first)
            and (start is None or milliseconds(trade.at) >= start)
            and (end is None or milliseconds(trade.at) <= end)
        ]
        return known[-count:] if first is None and start is None else known[:count]

    def _symbol(self, found: ListedSymbol) -> dict[str, Any]:
        return {
            "symbol": found.name,
            "status": SYMBOL_STATUSES.get(self._exchange.status, "TRADING"),
            "baseAsset": found.base,
            "baseAssetPrecision": PRECISION,
            "quoteAsset": found.quote,
            "quotePrecision": PRECISION,
            "quoteAssetPrecision": PRECISION,
            "baseCommissionPrecision": PRECISION,
            "quoteCommissionPrecision": PRECISION,
            "orderTypes": [kind.value for kind in OrderType],
            "icebergAllowed": False,
            "ocoAllowed": False,
            "otoAllowed": False,
            "opoAllowed": False,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": False,
            "cancelReplaceAllowed": False,
            "amendAllowed": False,
            "pegInstructionsAllowed": False,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": describe_filters(found),
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": SELF_TRADE_PREVENTION,
            "allowedSelfTradePreventionModes": [SELF_TRADE_PREVENTION],
        }


def rows(levels: tuple[Level, ...]) -> list[list[str]]:
    return [[eight(level.price), eight(level.quantity)] for level in levels]


def _weight_of_depth(words: Words) -> int:
    wanted = whole(words, "limit") or DEFAULT_BOOK
    if wanted > LARGEST_BOOK * 10:
        raise invalid("limit")
    return next(
        (weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if wanted <= most), 250
    )
