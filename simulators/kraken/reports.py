"""The whole truth about the account and the market, in everyone's names and exact numbers."""

from typing import Any

from simulators.kraken.archive import Entry, Trade
from simulators.kraken.exchange import Exchange
from simulators.kraken.gate import Gate
from trading.venues.paper.values import Order


class Reports:
    """Assets are BTC, not XXBT; amounts are decimal strings with every digit there is."""

    def __init__(self, *, exchange: Exchange, gate: Gate) -> None:
        self._exchange = exchange
        self._gate = gate

    def balances(self) -> dict[str, dict[str, str]]:
        return {
            asset: {
                "total": f"{balance.total:f}",
                "hold": f"{balance.hold:f}",
                "free": f"{balance.free:f}",
            }
            for asset, balance in self._exchange.engine.state.balances.items()
        }

    def market(self) -> dict[str, Any]:
        market = self._exchange.market
        return {
            "prices": {symbol: f"{market.price(symbol):f}" for symbol in market.symbols},
            "speed": market.speed,
            "frozen": sorted(market.frozen),
            "finished": sorted(market.finished),
        }

    def state(self) -> dict[str, Any]:
        exchange = self._exchange
        open_orders = exchange.open_orders
        dead_man = exchange.dead_man
        return {
            "time": exchange.now().isoformat(),
            "status": exchange.status,
            "balances": self.balances(),
            "open_orders": [self.order(order) for order in open_orders],
            "counts": {"open_orders": len(open_orders), **exchange.archive.counts()},
            "market": self.market(),
            "cancel_all_after": None if dead_man is None else dead_man.isoformat(),
        }

    def book(self) -> dict[str, Any]:
        exchange = self._exchange
        return {
            "time": exchange.now().isoformat(),
            "sequence": exchange.engine.state.sequence,
            "last_nonce": str(self._gate.last_nonce()),
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
            "volume": f"{request.quantity:f}",
            "price": None if price is None else f"{price:f}",
            "status": order.state.value,
            "reason": None if order.reason is None else order.reason.value,
            "filled": f"{order.filled:f}",
            "cost": f"{order.cost:f}",
            "fee": f"{order.fee:f}",
            "hold": f"{order.hold:f}",
            "opened_at": order.opened_at.isoformat(),
            "closed_at": None if order.closed_at is None else order.closed_at.isoformat(),
        }


def _fill(trade: Trade) -> dict[str, Any]:
    fill = trade.fill
    return {
        "trade_id": trade.trade_id,
        "order_id": fill.order_id,
        "pair": fill.market,
        "side": fill.side.value,
        "price": f"{fill.price:f}",
        "volume": f"{fill.quantity:f}",
        "cost": f"{fill.cost:f}",
        "fee": f"{fill.fee:f}",
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
        "amount": f"{row.amount:f}",
        "fee": f"{row.fee:f}",
        "balance": f"{row.balance:f}",
        "time": row.at.isoformat(),
    }
