"""The public channels that follow prices and trades: ticker, trade, ohlc, instrument."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Protocol

from simulators.exchange.order_book import visible_depth
from simulators.kraken.catalogue import ListedAsset, ListedPair
from simulators.kraken.exchange import Exchange
from simulators.kraken.websocket.times import nanoseconds, stamp
from simulators.market.bars import Bar
from simulators.market.values import PublicTrade
from trading.venues.paper.values import ZERO, Depth, Level

SNAPSHOT_TRADES = 50
HUNDRED = Decimal(100)
TWO_PLACES = Decimal("0.01")


class Feed(Protocol):
    """One subscription of one client: it remembers what it said last."""

    def snapshot(self) -> Any | None:
        """Say all there is; None when there is nothing."""
        ...

    def update(self) -> Any | None:
        """Say what is new since the last word; None when nothing is."""
        ...


class TickerFeed:
    """`trigger` is "trades" or "bbo": what makes a new word worth saying."""

    def __init__(self, *, exchange: Exchange, pair: ListedPair, trigger: str) -> None:
        self._exchange = exchange
        self._pair = pair
        self._trigger = trigger
        self._seen: object = self._trigger_value()

    def snapshot(self) -> Any:
        return [self._row()]

    def update(self) -> Any | None:
        value = self._trigger_value()
        if value == self._seen:
            return None
        self._seen = value
        return [self._row()]

    def _trigger_value(self) -> object:
        if self._trigger == "bbo":
            depth = visible_depth(self._exchange, self._pair.symbol)
            return depth.bids[:1], depth.asks[:1]
        trade = self._exchange.tapes[self._pair.symbol].last_trade
        return None if trade is None else trade.number

    def _row(self) -> dict[str, Any]:
        exchange, pair = self._exchange, self._pair
        now = exchange.now()
        tape = exchange.tapes[pair.symbol]
        depth = visible_depth(exchange, pair.symbol)
        day = tape.day(now)
        price = exchange.market.price(pair.symbol)
        bar = day.last_day if day else Bar.quiet(start=0, price=price)
        last = tape.last_trade.price if tape.last_trade else price
        bid, ask = _best(depth)
        change = last - bar.open
        return {
            "symbol": pair.symbol,
            "bid": shown(bid.price, pair.price_decimals),
            "bid_qty": shown(bid.quantity, pair.lot_decimals),
            "ask": shown(ask.price, pair.price_decimals),
            "ask_qty": shown(ask.quantity, pair.lot_decimals),
            "last": shown(last, pair.price_decimals),
            "volume": shown(bar.volume, pair.lot_decimals),
            "vwap": shown(bar.average_price or bar.close, pair.price_decimals),
            "low": shown(bar.low, pair.price_decimals),
            "high": shown(bar.high, pair.price_decimals),
            "change": shown(change, pair.price_decimals),
            "change_pct": (change / bar.open * HUNDRED).quantize(TWO_PLACES),
            "trades": bar.count,
            "timestamp": stamp(now),
        }


class TradeFeed:
    def __init__(self, *, exchange: Exchange, pair: ListedPair) -> None:
        self._tape = exchange.tapes[pair.symbol]
        self._pair = pair
        last = self._tape.last_trade
        self._seen = 0 if last is None else last.number

    def snapshot(self) -> Any:
        """Show the last trades; the print that only opened the tape was none."""
        traded = [trade for trade in self._tape.trades() if trade.quantity]
        return [self._row(trade) for trade in traded[-SNAPSHOT_TRADES:]] or None

    def update(self) -> Any | None:
        last = self._tape.last_trade
        if last is None or last.number <= self._seen:
            return None
        traded = [trade for trade in self._tape.trades() if trade.quantity]
        new = [self._row(trade) for trade in traded if trade.number > self._seen]
        self._seen = last.number
        return new or None

    def _row(self, trade: PublicTrade) -> dict[str, Any]:
        return {
            "symbol": self._pair.symbol,
            "side": trade.side.value,
            "price": shown(trade.price, self._pair.price_decimals),
            "qty": shown(trade.quantity, self._pair.lot_decimals),
            "ord_type": "market" if trade.is_market else "limit",
            "trade_id": trade.number,
            "timestamp": stamp(trade.at),
        }


class CandleFeed:
    """A candle is said again with every trade in it, and never marked as closed."""

    def __init__(self, *, exchange: Exchange, pair: ListedPair, minutes: int) -> None:
        self._exchange = exchange
        self._pair = pair
        self._minutes = minutes
        self._seen = self._last_number()

    def snapshot(self) -> Any:
        return [self._row(bar) for bar in self._bars()]

    def update(self) -> Any | None:
        number = self._last_number()
        if number == self._seen:
            return None
        self._seen = number
        return [self._row(bar) for bar in self._bars()[-1:]]

    def _bars(self) -> list[Bar]:
        tape = self._exchange.tapes[self._pair.symbol]
        return tape.bars(seconds=self._minutes * 60, at=self._exchange.now())

    def _last_number(self) -> int:
        trade = self._exchange.tapes[self._pair.symbol].last_trade
        return 0 if trade is None else trade.number

    def _row(self, bar: Bar) -> dict[str, Any]:
        begin = datetime.fromtimestamp(bar.start, UTC)
        decimals = self._pair.price_decimals
        return {
            "symbol": self._pair.symbol,
            "open": shown(bar.open, decimals),
            "high": shown(bar.high, decimals),
            "low": shown(bar.low, decimals),
            "close": shown(bar.close, decimals),
            "trades": bar.count,
            "volume": shown(bar.volume, self._pair.lot_decimals),
            "vwap": shown(bar.average_price or bar.close, decimals),
            "interval_begin": nanoseconds(begin),
            "interval": self._minutes,
            "timestamp": stamp(begin + timedelta(minutes=self._minutes)),
        }


class InstrumentFeed:
    """Every asset and pair; the pairs again when the status of the venue changes."""

    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange
        self._status = exchange.status

    def snapshot(self) -> Any:
        catalogue = self._exchange.catalogue
        return {
            "assets": [_asset_row(asset) for asset in catalogue.assets],
            "pairs": [self._pair_row(pair) for pair in catalogue.pairs],
        }

    def update(self) -> Any | None:
        if self._exchange.status == self._status:
            return None
        self._status = self._exchange.status
        pairs = [self._pair_row(pair) for pair in self._exchange.catalogue.pairs]
        return {"assets": [], "pairs": pairs}

    def _pair_row(self, pair: ListedPair) -> dict[str, Any]:
        return {
            "symbol": pair.symbol,
            "base": pair.base.name,
            "quote": pair.quote.name,
            "status": self._exchange.status,
            "qty_precision": pair.lot_decimals,
            "qty_increment": Decimal(1).scaleb(-pair.lot_decimals),
            "qty_min": pair.order_minimum,
            "price_precision": pair.price_decimals,
            "price_increment": pair.tick_size,
            "tick_size": pair.tick_size,
            "cost_precision": pair.cost_decimals,
            "cost_min": pair.cost_minimum,
            "marginable": False,
            "has_index": True,
        }


def shown(value: Decimal, decimals: int) -> Decimal:
    """Cut a number to the digits its pair is printed with."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def _best(depth: Depth) -> tuple[Level, Level]:
    """Give the best bid and ask; an empty side is zeros, as the venue shows it."""
    nothing = Level(price=ZERO, quantity=ZERO)
    return (depth.bids or (nothing,))[0], (depth.asks or (nothing,))[0]


def _asset_row(asset: ListedAsset) -> dict[str, Any]:
    return {
        "id": asset.name,
        "status": "enabled",
        "precision": asset.decimals,
        "precision_display": asset.display_decimals,
        "borrowable": False,
        "collateral_value": ZERO,
        "class": "currency",
    }
