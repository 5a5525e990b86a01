"""The whole truth about the account and the market, in everyone's names and exact numbers."""

from decimal import Decimal
from typing import Any

from simulators.exchange.archive import Entry, Trade
from simulators.exchange.core import ExchangeCore
from simulators.exchange.tally import Tally
from trading.venues.paper.values import Order


class Reports:
    """Assets are BTC, not XXBT; amounts are decimal strings with every digit there is."""

    def __init__(self, *, exchange: ExchangeCore, tally: Tally) -> None:
        self._exchange = exchange
        self._tally = tally

    def balances(self) -> dict[str, dict[str, str]]:
        return {
            asset: {
                "total": plain(balance.total),
                "hold": plain(balance.hold),
                "free": plain(balance.free),
            }
            for asset, balance in self._exchange.engine.state.balances.items()
        }

    def market(self) -> dict[str, Any]:
        market = self._exchange.market
        return {
            "prices": {symbol: plain(market.price(symbol)) for symbol in market.symbols},
            "speed": market.speed,
            "frozen": sorted(market.frozen),
            "finished": sorted(market.finished),
        }

    def state(self) -> dict[str, Any]:
        exchange = self._exchange
        open_orders = exchange.open_orders
        return {
            "time": exchange.now().isoformat(),
            "balances": self.balances(),
            "open_orders": [self.order(order) for order in open_orders],
            "counts": {"open_orders": len(open_orders), **exchange.archive.counts()},
            "market": self.market(),
            "calls": {"rest": self._tally.of("rest"), "stream": self._tally.of("stream")},
        }

    def book(self) -> dict[str, Any]:
        exchange = self._exchange
        return {
            "time": exchange.now().isoformat(),
            "sequence": exchange.engine.state.sequence,
            "balances": self.balances(),
            "orders": [self.order(order) for order in exchange.archive.all_orders()],
            "fills": [_fill(trade) for trade in exchange.archive.all_trades()],
            "ledger": [_entry(entry) for entry in exchange.archive.all_ledger()],
            "prices": self.market()["prices"],
        }

    def order(self, order: Order) -> dict[str, Any]:
        request = order.request
        price = request.limit_price
        return {
            "order_id": order.order_id,
            "number": order.number,
            "cl_ord_id": request.client_order_id,
            "userref": request.user_reference,
            "pair": request.market,
            "side": request.side.value,
            "type": request.kind.value,
            "timeinforce": request.time_in_force.value,
            "post_only": request.post_only,
            "volume": plain(request.quantity),
            "price": None if price is None else plain(price),
            "status": order.state.value,
            "reason": None if order.reason is None else order.reason.value,
            "filled": plain(order.filled),
            "cost": plain(order.cost),
            "fee": plain(order.fee),
            "hold": plain(order.hold),
            "opened_at": order.opened_at.isoformat(),
            "closed_at": None if order.closed_at is None else order.closed_at.isoformat(),
        }


def plain(value: Decimal) -> str:
    """Write every digit there is, and no zeros after the last."""
    return f"{value.normalize():f}"


def _fill(trade: Trade) -> dict[str, Any]:
    fill = trade.fill
    return {
        "trade_id": trade.trade_id,
        "order_id": fill.order_id,
        "pair": fill.market,
        "side": fill.side.value,
        "price": plain(fill.price),
        "volume": plain(fill.quantity),
        "cost": plain(fill.cost),
        "fee": plain(fill.fee),
        "maker": fill.is_maker,
        "time": fill.at.isoformat(),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    row = entry.row
    return {
        "ledger_id": entry.entry_id,
        "refid": entry.reference,
        "asset": row.asset,
        "type": row.kind.value,
        "amount": plain(row.amount),
        "fee": plain(row.fee),
        "balance": plain(row.balance),
        "time": row.at.isoformat(),
    }
