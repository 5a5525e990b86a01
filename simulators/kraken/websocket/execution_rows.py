"""Rows of the `executions` channel: whole where an order begins, sparse afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulators.kraken.exchange import Exchange
from simulators.kraken.websocket.times import stamp
from trading.venues.paper.values import ZERO, Fill, Order, OrderState

Row = dict[str, Any]
AVERAGE_DECIMALS = 8

_ENDS = {
    OrderState.CLOSED: "filled",
    OrderState.CANCELED: "canceled",
    OrderState.EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRows:
    exchange: Exchange

    def pending(self, order: Order) -> Row:
        return {
            **self._described(order),
            "exec_type": "pending_new",
            "order_status": "pending_new",
            "cum_cost": ZERO,
            "fee_usd_equiv": ZERO,
            "timestamp": stamp(order.opened_at),
        }

    def new(self, order: Order) -> Row:
        return {
            **_named(order),
            "exec_type": "new",
            "order_status": "new",
            "timestamp": stamp(order.opened_at),
        }

    def standing(self, order: Order) -> Row:
        """Show an open order in a snapshot: all that is known of it."""
        return {
            **self._described(order),
            **self._progress(order),
            "exec_type": "new",
            "order_status": "partially_filled" if order.filled else "new",
            "timestamp": stamp(order.opened_at),
        }

    def trade(self, fill: Fill, order: Order | None) -> Row:
        """Show a fill; `order` is the order after it, None in a snapshot of old trades.

        Even the fill that completes an order says partially_filled, as at the venue.
        """
        pair = self.exchange.catalogue.pair(fill.market)
        row: Row = {
            "order_id": fill.order_id,
            "exec_id": self.exchange.identifiers.trade(fill.number),
            "exec_type": "trade",
            "trade_id": fill.number,
            "symbol": fill.market,
            "side": fill.side.value,
            "order_type": fill.kind.value,
            "last_qty": fill.quantity,
            "last_price": fill.price,
            "liquidity_ind": "m" if fill.is_maker else "t",
            "cost": fill.cost,
            "fees": [{"asset": pair.quote.name, "qty": fill.fee}],
            "fee_usd_equiv": self._in_usd(fill.fee, pair.quote.name),
            "order_status": "partially_filled",
            "timestamp": stamp(fill.at),
        }
        if order is None:
            return row
        return {**row, "order_userref": order.request.user_reference or 0, **_sums(order)}

    def ended(self, order: Order) -> Row:
        word = _ENDS[order.state]
        row: Row = {
            **_named(order),
            **self._progress(order),
            "exec_type": word,
            "order_status": word,
            "timestamp": stamp(order.closed_at or order.opened_at),
        }
        if order.reason is not None:
            row["reason"] = order.reason.value
            row["cancel_reason"] = row["reason"]
        return row

    def amended(self, order: Order, at: datetime) -> Row:
        row = {
            **_named(order),
            **self._progress(order),
            "amended": True,
            "exec_type": "amended",
            "order_status": "partially_filled" if order.filled else "new",
            "order_qty": order.request.quantity,
            "timestamp": stamp(at),
        }
        if order.request.limit_price is not None:
            row["limit_price"] = order.request.limit_price
        return row

    def _described(self, order: Order) -> Row:
        request = order.request
        row: Row = {
            **_named(order),
            "symbol": request.market,
            "side": request.side.value,
            "order_type": request.kind.value,
            "order_qty": request.quantity,
            "time_in_force": request.time_in_force.value,
            "fee_ccy_pref": "fciq",
        }
        if request.limit_price is not None:
            row["limit_price"] = request.limit_price
            row["limit_price_type"] = "static"
        if request.post_only:
            row["post_only"] = True
        if request.expires_at is not None:
            row["expire_time"] = stamp(request.expires_at)
        return row

    def _progress(self, order: Order) -> Row:
        quote = order.request.market.partition("/")[2]
        return {**_sums(order), "fee_usd_equiv": self._in_usd(order.fee, quote)}

    def _in_usd(self, amount: Decimal, asset: str) -> Decimal:
        worth: Callable[[str], Decimal | None] = self.exchange.valuer.in_usd
        return _cut(amount * (worth(asset) or ZERO))


def _named(order: Order) -> Row:
    row: Row = {
        "order_id": order.order_id,
        "order_userref": order.request.user_reference or 0,
    }
    if order.request.client_order_id is not None:
        row["cl_ord_id"] = order.request.client_order_id
    return row


def _sums(order: Order) -> Row:
    return {
        "cum_qty": order.filled,
        "cum_cost": order.cost,
        "avg_price": _cut(order.average_price or ZERO),
    }


def _cut(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-AVERAGE_DECIMALS))
