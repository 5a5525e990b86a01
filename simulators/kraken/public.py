"""The public half of the REST interface: what anybody may ask, without a key."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from simulators.exchange.numbers import fixed, microseconds
from simulators.exchange.order_book import visible_depth
from simulators.kraken.catalogue import ListedAsset, ListedPair
from simulators.kraken.errors import UNKNOWN_ASSET, UNKNOWN_PAIR, KrakenError, invalid_argument
from simulators.kraken.exchange import Exchange
from simulators.kraken.fees import fee_tiers
from simulators.kraken.numbers import market_price, rfc3339
from simulators.kraken.tickets import text, whole
from simulators.market.bars import Bar
from trading.venues.paper.values import ZERO, Level

Words = Mapping[str, Any]
INTERVALS = frozenset({1, 5, 15, 30, 60, 240, 1440, 10080, 21600})
LARGEST_BOOK = 500
MOST_TRADES = 1000
BOOK_QUANTITY_DECIMALS = 3


class PublicEndpoints:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> dict[str, Callable[[Words], Any]]:
        return {
            "Time": self.time,
            "SystemStatus": self.system_status,
            "Assets": self.assets,
            "AssetPairs": self.asset_pairs,
            "Ticker": self.ticker,
            "OHLC": self.ohlc,
            "Depth": self.depth,
            "Trades": self.trades,
            "Spread": self.spread,
        }

    def time(self, _: Words) -> dict[str, Any]:
        now = self._exchange.now()
        return {
            "unixtime": int(now.timestamp()),
            "rfc1123": now.strftime("%a, %d %b %y %H:%M:%S +0000"),
        }

    def system_status(self, _: Words) -> dict[str, str]:
        return {"status": self._exchange.status, "timestamp": rfc3339(self._exchange.now())}

    def assets(self, words: Words) -> dict[str, Any]:
        catalogue = self._exchange.catalogue
        names = _names(words, "asset")
        found = [catalogue.named_asset(name) for name in names] if names else catalogue.assets
        shown = {}
        for asset in found:
            if asset is None:
                raise KrakenError(UNKNOWN_ASSET)
            shown[asset.code] = _asset(asset)
        return shown

    def asset_pairs(self, words: Words) -> dict[str, Any]:
        status = self._exchange.status
        shown_status = "online" if status == "maintenance" else status
        return {pair.key: _pair(pair, shown_status) for pair in self._pairs(words)}

    def ticker(self, words: Words) -> dict[str, Any]:
        return {pair.key: self._ticker(pair) for pair in self._pairs(words)}

    def ohlc(self, words: Words) -> dict[str, Any]:
        pair = self._pair(words)
        interval = whole(words, "interval", default=1)
        if interval not in INTERVALS:
            raise invalid_argument("interval")
        since = whole(words, "since", default=0)
        bars = self._exchange.tapes[pair.symbol].bars(
            seconds=interval * 60, at=self._exchange.now()
        )
        closed = bars[-2].start if len(bars) > 1 else 0
        rows = [_bar(bar, pair) for bar in bars if bar.start > since]
        return {pair.key: rows, "last": closed}

    def depth(self, words: Words) -> dict[str, Any]:
        pair = self._pair(words)
        count = whole(words, "count", default=100)
        if not 1 <= count <= LARGEST_BOOK:
            raise invalid_argument("count")
        at = int(self._exchange.now().timestamp())
        depth = visible_depth(self._exchange, pair.symbol)
        return {
            pair.key: {
                "asks": _levels(depth.asks, pair, count=count, at=at),
                "bids": _levels(depth.bids, pair, count=count, at=at),
            }
        }

    def trades(self, words: Words) -> dict[str, Any]:
        pair = self._pair(words)
        since = whole(words, "since", default=0)
        count = whole(words, "count", default=MOST_TRADES)
        if not 1 <= count <= MOST_TRADES:
            raise invalid_argument("count")
        if since < 10**14:  # asked in seconds instead of nanoseconds
            since *= 10**9
        known = self._exchange.tapes[pair.symbol].trades()
        newer = [trade for trade in known if microseconds(trade.at) * 1000 > since]
        shown = newer[:count] if since else newer[-count:]
        last = microseconds(shown[-1].at) * 1000 if shown else since
        rows = [
            [
                market_price(trade.price, pair.price_decimals),
                fixed(trade.quantity, pair.lot_decimals),
                trade.at.timestamp(),
                trade.side.value[0],
                "m" if trade.is_market else "l",
                "",
                trade.number,
            ]
            for trade in shown
        ]
        return {pair.key: rows, "last": str(last)}

    def spread(self, words: Words) -> dict[str, Any]:
        """Answer the spread as it is now; the past ones are not kept."""
        pair = self._pair(words)
        depth = visible_depth(self._exchange, pair.symbol)
        at = int(self._exchange.now().timestamp())
        rows = []
        if depth.bids and depth.asks:
            rows.append(
                [
                    at,
                    market_price(depth.bids[0].price, pair.price_decimals),
                    market_price(depth.asks[0].price, pair.price_decimals),
                ]
            )
        return {pair.key: rows, "last": at}

    def _pair(self, words: Words) -> ListedPair:
        names = _names(words, "pair")
        pair = self._exchange.catalogue.named_pair(names[0]) if len(names) == 1 else None
        if pair is None:
            raise KrakenError(UNKNOWN_PAIR)
        return pair

    def _pairs(self, words: Words) -> list[ListedPair]:
        """Find the pairs asked for (all, if none is named); one unknown name fails them all."""
        catalogue = self._exchange.catalogue
        found = [catalogue.named_pair(name) for name in _names(words, "pair")]
        if None in found:
            raise KrakenError(UNKNOWN_PAIR)
        return [pair for pair in found if pair is not None] or list(catalogue.pairs)

    def _ticker(self, pair: ListedPair) -> dict[str, Any]:
        exchange = self._exchange
        tape = exchange.tapes[pair.symbol]
        depth = visible_depth(exchange, pair.symbol)
        day = tape.day(exchange.now())
        last = tape.last_trade
        price = exchange.market.price(pair.symbol)

        def shown(value: Decimal) -> str:
            return market_price(value, pair.price_decimals)

        def both(value: Callable[[Bar], Decimal]) -> list[str]:
            return [shown(value(bar)) for bar in bars]

        bars = (day.today, day.last_day) if day else (Bar.quiet(start=0, price=price),) * 2
        return {
            "a": _touch(depth.asks, pair),
            "b": _touch(depth.bids, pair),
            "c": [
                shown(last.price if last else price),
                fixed(last.quantity if last else ZERO, pair.lot_decimals),
            ],
            "v": [fixed(bar.volume, pair.lot_decimals) for bar in bars],
            "p": both(lambda bar: bar.average_price or bar.close),
            "t": [bar.count for bar in bars],
            "l": both(lambda bar: bar.low),
            "h": both(lambda bar: bar.high),
            "o": shown(bars[0].open),
        }


def _names(words: Words, name: str) -> list[str]:
    return [part.strip() for part in text(words, name).split(",") if part.strip()]


def _asset(asset: ListedAsset) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": asset.altname,
        "decimals": asset.decimals,
        "display_decimals": asset.display_decimals,
        "status": "enabled",
    }


def _pair(pair: ListedPair, status: str) -> dict[str, Any]:
    tiers = fee_tiers()
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base.code,
        "aclass_quote": "currency",
        "quote": pair.quote.code,
        "lot": "unit",
        "cost_decimals": pair.cost_decimals,
        "pair_decimals": pair.price_decimals,
        "lot_decimals": pair.lot_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[tier.volume, float(tier.taker)] for tier in tiers],
        "fees_maker": [[tier.volume, float(tier.maker)] for tier in tiers],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{pair.order_minimum:f}",
        "costmin": f"{pair.cost_minimum:f}",
        "tick_size": f"{pair.tick_size:f}",
        "status": status,
        "execution_venue": "international",
        "long_position_limit": 0,
        "short_position_limit": 0,
    }


def _bar(bar: Bar, pair: ListedPair) -> list[Any]:
    def shown(value: Decimal) -> str:
        return fixed(value, pair.price_decimals)

    average = bar.average_price
    return [
        bar.start,
        shown(bar.open),
        shown(bar.high),
        shown(bar.low),
        shown(bar.close),
        shown(ZERO if average is None else average),
        fixed(bar.volume, pair.lot_decimals),
        bar.count,
    ]


def _levels(
    levels: tuple[Level, ...], pair: ListedPair, *, count: int, at: int
) -> list[list[Any]]:
    """Print levels; what is too small for the printed decimals is not shown, as on the wire."""
    least = Decimal(1).scaleb(-BOOK_QUANTITY_DECIMALS)
    return [
        [
            market_price(level.price, pair.price_decimals),
            fixed(level.quantity, BOOK_QUANTITY_DECIMALS),
            at,
        ]
        for level in levels
        if level.quantity >= least
    ][:count]


def _touch(levels: tuple[Level, ...], pair: ListedPair) -> list[str]:
    """Print the best level; an empty side shows zeros, as the venue does."""
    if not levels:
        return [market_price(ZERO, pair.price_decimals), "0", "0.000"]
    best = levels[0]
    return [
        market_price(best.price, pair.price_decimals),
        fixed(max(best.quantity, Decimal(1)), 0),
        fixed(best.quantity, BOOK_QUANTITY_DECIMALS),
    ]
