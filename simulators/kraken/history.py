"""Private questions about the past and the present: orders, trades, ledger."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulators.exchange.archive import LedgerFilter, OrderFilter, Span, Trade
from simulators.exchange.numbers import microseconds
from simulators.kraken.errors import (
    INVALID_ORDER,
    UNKNOWN_ASSET,
    UNKNOWN_ORDER,
    KrakenError,
    invalid_argument,
)
from simulators.kraken.exchange import Exchange
from simulators.kraken.identifiers import is_identifier
from simulators.kraken.rendering import render_entry, render_order, render_trade
from simulators.kraken.tickets import flag, text, unix_seconds, whole
from trading.venues.paper.values import Order

Words = Mapping[str, Any]
MOST_ORDERS = 50
MOST_TRADES = 20
MOST_ENTRIES = 20


class HistoryEndpoints:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> dict[str, Callable[[Words], Any]]:
        return {
            "OpenOrders": self.open_orders,
            "ClosedOrders": self.closed_orders,
            "QueryOrders": self.query_orders,
            "TradesHistory": self.trades_history,
            "QueryTrades": self.query_trades,
            "Ledgers": self.ledgers,
            "QueryLedgers": self.query_ledgers,
        }

    def open_orders(self, words: Words) -> dict[str, Any]:
        client_order_id, reference = _wanted(words)
        found = [
            order
            for order in self._exchange.open_orders
            if client_order_id in {None, order.request.client_order_id}
            and reference in {None, order.request.user_reference}
        ]
        found.sort(key=lambda order: order.number, reverse=True)
        return {"open": self._orders(found, words)}

    def closed_orders(self, words: Words) -> dict[str, Any]:
        client_order_id, reference = _wanted(words)
        closing = text(words, "closetime") or "both"
        if closing not in {"open", "close", "both"}:
            raise invalid_argument("closetime")
        found, count = self._exchange.archive.closed_orders(
            OrderFilter(
                span=self._span(words),
                by_close=closing != "open",
                client_order_id=client_order_id,
                user_reference=reference,
            ),
            offset=_offset(words),
        )
        answer: dict[str, Any] = {"closed": self._orders(found, words)}
        if not flag(words, "without_count"):
            answer["count"] = count
        return answer

    def query_orders(self, words: Words) -> dict[str, Any]:
        wanted = _identifiers(words, "txid", MOST_ORDERS)
        known = self._exchange.archive.orders(wanted)
        if any(order_id not in known for order_id in wanted):
            raise KrakenError(UNKNOWN_ORDER)
        return self._orders([known[order_id] for order_id in wanted], words)

    def trades_history(self, words: Words) -> dict[str, Any]:
        if text(words, "type") not in {"", "all", "no position"}:
            return {"trades": {}, "count": 0}  # nothing here ever opens a margin position
        trades, count = self._exchange.archive.trades(self._span(words), offset=_offset(words))
        answer: dict[str, Any] = {"trades": self._trades(trades, words)}
        if not flag(words, "without_count"):
            answer["count"] = count
        return answer

    def query_trades(self, words: Words) -> dict[str, Any]:
        wanted = _identifiers(words, "txid", MOST_TRADES)
        found = self._exchange.archive.trades_by_id(wanted)
        if len(found) != len(set(wanted)):
            raise KrakenError("EQuery:Unknown trade")
        return self._trades(found, words)

    def ledgers(self, words: Words) -> dict[str, Any]:
        kind = text(words, "type") or "all"
        names = [name.strip() for name in (text(words, "asset") or "all").split(",")]
        assets = []
        for name in names:
            asset = self._exchange.catalogue.named_asset(name)
            if asset is not None:
                assets.append(asset.name)
            elif name != "all":
                raise KrakenError(UNKNOWN_ASSET)
        entries, count = self._exchange.archive.ledger(
            LedgerFilter(
                span=self._span(words),
                assets=assets,
                # A kind that never happens here (margin, staking ...) finds nothing.
                kind=None if kind == "all" else kind,
            ),
            offset=_offset(words),
        )
        catalogue = self._exchange.catalogue
        shown = {entry.entry_id: render_entry(entry, catalogue=catalogue) for entry in entries}
        answer: dict[str, Any] = {"ledger": shown}
        if not flag(words, "without_count"):
            answer["count"] = count
        return answer

    def query_ledgers(self, words: Words) -> dict[str, Any]:
        wanted = _identifiers(words, "id", MOST_ENTRIES)
        found = self._exchange.archive.ledger_by_id(wanted)
        if len(found) != len(set(wanted)):
            raise KrakenError("EQuery:Unknown ledger")
        catalogue = self._exchange.catalogue
        return {entry.entry_id: render_entry(entry, catalogue=catalogue) for entry in found}

    def _orders(self, orders: Sequence[Order], words: Words) -> dict[str, Any]:
        with_trades = flag(words, "trades")
        archive = self._exchange.archive
        return {
            order.order_id: render_order(
                order,
                catalogue=self._exchange.catalogue,
                trade_ids=archive.trade_ids_of(order.order_id) if with_trades else None,
            )
            for order in orders
        }

    def _trades(self, trades: Sequence[Trade], words: Words) -> dict[str, Any]:
        catalogue, ledgers = self._exchange.catalogue, flag(words, "ledgers")
        return {
            trade.trade_id: render_trade(trade, catalogue=catalogue, ledgers=ledgers)
            for trade in trades
        }

    def _span(self, words: Words) -> Span:
        return Span(start=self._bound(words, "start"), end=self._bound(words, "end"))

    def _bound(self, words: Words, name: str) -> int | None:
        """Read a bound: Unix seconds, or the id of something that happened then."""
        written = text(words, name)
        if not written:
            return None
        if is_identifier(written):
            at = self._exchange.archive.time_of(written)
            if at is None:
                raise invalid_argument(name)
            return at
        return microseconds(unix_seconds(written, name))


def _wanted(words: Words) -> tuple[str | None, int | None]:
    reference = text(words, "userref")
    return text(words, "cl_ord_id") or None, int(whole(words, "userref")) if reference else None


def _offset(words: Words) -> int:
    offset = whole(words, "ofs", default=0)
    if offset < 0:
        raise invalid_argument("ofs")
    return offset


def _identifiers(words: Words, name: str, most: int) -> list[str]:
    found = [part.strip() for part in text(words, name).split(",") if part.strip()]
    if not found or len(found) > most:
        raise invalid_argument(name)
    if not all(is_identifier(part) for part in found):
        raise KrakenError(INVALID_ORDER)
    return found
