"""From a change of the books to the events of the user data stream."""

from dataclasses import dataclass
from typing import Any

from simulators.binance.exchange import Exchange
from simulators.binance.numbers import eight, milliseconds
from simulators.binance.rendering import (
    NO_LIST,
    Rendering,
    direction_of,
    expiry_reason,
    force_of,
    status_of,
    type_of,
)
from simulators.binance.tickets import SELF_TRADE_PREVENTION
from trading.venues.paper.values import (
    ZERO,
    Balance,
    CloseReason,
    LedgerEntered,
    LedgerKind,
    LedgerRow,
    Order,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderState,
    Transition,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """`names` are what a fault may call it."""

    names: tuple[str, ...]
    payload: dict[str, Any]


class AccountEvents:
    def __init__(self, *, exchange: Exchange) -> None:
        self._exchange = exchange
        self._rendering = Rendering(exchange=exchange)

    def of(self, transition: Transition) -> list[AccountEvent]:
        """Tell each step of each order, each transfer, and what the account then holds."""
        found: list[AccountEvent] = []
        touched: dict[str, None] = {}
        for event in transition.events:
            match event:
                case LedgerEntered(row=row) if row.kind is not LedgerKind.TRADE:
                    touched[row.asset] = None
                    found.append(self._balance_update(row))
                case OrderAccepted(order=order) | OrderFilled(order=order):
                    touched.update(dict.fromkeys(order.request.market.split("/")))
                    found.append(self._report(event, order))
                case OrderEnded(order=order) if order.state is not OrderState.CLOSED:
                    touched.update(dict.fromkeys(order.request.market.split("/")))
                    found.append(self._report(event, order))
        if touched:
            found.append(self._position(transition, tuple(touched)))
        return found

    def terminated(self) -> AccountEvent:
        now = milliseconds(self._exchange.now())
        name = "eventStreamTerminated"
        return AccountEvent(names=(name,), payload={"e": name, "E": now})

    def _balance_update(self, row: LedgerRow) -> AccountEvent:
        payload = {
            "e": "balanceUpdate",
            "E": milliseconds(self._exchange.now()),
            "a": row.asset,
            "d": eight(row.amount),
            "T": milliseconds(row.at),
        }
        return AccountEvent(names=("balanceUpdate",), payload=payload)

    def _position(self, transition: Transition, assets: tuple[str, ...]) -> AccountEvent:
        balances = {asset: transition.after.balances.get(asset, Balance()) for asset in assets}
        payload = {
            "e": "outboundAccountPosition",
            "E": milliseconds(self._exchange.now()),
            "u": milliseconds(self._exchange.updated_at),
            "B": [
                {"a": asset, "f": eight(balance.free), "l": eight(balance.hold)}
                for asset, balance in balances.items()
            ],
        }
        return AccountEvent(names=("outboundAccountPosition",), payload=payload)

    def _report(
        self, event: OrderAccepted | OrderFilled | OrderEnded, order: Order
    ) -> AccountEvent:
        execution, status = _step(event, order)
        payload = {
            "e": "executionReport",
            "E": milliseconds(self._exchange.now()),
            **self._identity(order, execution),
            "x": execution,
            "X": status,
            "r": "NONE",
            "i": int(order.order_id),
            **self._trade(event),
            "z": eight(order.filled),
            "Z": eight(order.cost),
            "I": self._exchange.engine.state.sequence,
            "w": order.state is OrderState.OPEN and order.request.limit_price is not None,
            "M": False,
            "O": milliseconds(order.opened_at),
            "Q": eight(self._exchange.quote_quantity(order)),
            "W": milliseconds(order.opened_at),
            "V": SELF_TRADE_PREVENTION,
        }
        if (reason := expiry_reason(order)) is not None and execution != "TRADE":
            payload["eR"] = reason
        names = ("executionReport", f"executionReport.{execution}")
        return AccountEvent(names=names, payload=payload)

    def _identity(self, order: Order, execution: str) -> dict[str, Any]:
        """A cancellation has a name of its own; the order's is then the original one."""
        request = order.request
        name, original = request.client_order_id, ""
        if execution == "CANCELED":
            original = name or ""
            name = self._exchange.cancel_names.get(
                order.order_id
            ) or self._exchange.names.client_order(f"cancel/{order.order_id}")
        return {
            "s": self._exchange.catalogue.listed(request.market).name,
            "c": name,
            "S": direction_of(request.side),
            "o": type_of(order),
            "f": force_of(order),
            "q": eight(request.quantity),
            "p": eight(request.limit_price or ZERO),
            "P": eight(ZERO),
            "F": eight(ZERO),
            "g": NO_LIST,
            "C": original,
        }

    def _trade(self, event: OrderAccepted | OrderFilled | OrderEnded) -> dict[str, Any]:
        if not isinstance(event, OrderFilled):
            at = event.order.closed_at or event.order.opened_at
            nothing = {"l": eight(ZERO), "L": eight(ZERO), "Y": eight(ZERO)}
            return {**nothing, "n": "0", "N": None, "T": milliseconds(at), "t": -1, "m": False}
        fill = event.fill
        return {
            "l": eight(fill.quantity),
            "L": eight(fill.price),
            "Y": eight(fill.cost),
            "n": eight(fill.fee),
            "N": self._rendering.commission_asset(fill),
            "T": milliseconds(fill.at),
            "t": fill.number,
            "m": fill.is_maker,
        }


def server_shutdown(exchange: Exchange) -> dict[str, Any]:
    return {"e": "serverShutdown", "E": milliseconds(exchange.now())}


def _step(event: OrderAccepted | OrderFilled | OrderEnded, order: Order) -> tuple[str, str]:
    """Say what happened and how the order stands after it."""
    match event:
        case OrderAccepted():
            return "NEW", "NEW"
        case OrderFilled():
            return "TRADE", "FILLED" if order.remaining == 0 else "PARTIALLY_FILLED"
        case OrderEnded() if order.reason is CloseReason.SELF_TRADE:
            return "TRADE_PREVENTION", status_of(order)
        case OrderEnded():
            return status_of(order), status_of(order)
