"""Orders of the account over REST; what may place one is sent once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from trading.clock import Clock
from trading.errors import (
    OutcomeUnknown,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.order import VenueOrder
from trading.venues.binance.errors import (
    CANCEL_REFUSED,
    NO_SUCH_ORDER,
    UNKNOWN_SYMBOL,
    code_of,
)
from trading.venues.binance.history import Followed
from trading.venues.binance.orders import (
    order_parameters,
    parse_full_answer,
    parse_order,
    split_order_id,
)
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import Ask, BinanceSession
from trading.venues.decoding import Malformed, Row
from trading.venues.port import Priority
from trading.venues.together import together

_ORDER_WEIGHT = 1.0
_QUERY_WEIGHT = 4.0
_ALL_OPEN_WEIGHT = 80.0


class BinanceTrading:
    """New orders, cancellations and the look-up of orders."""

    def __init__(
        self,
        *,
        name: VenueName,
        session: BinanceSession,
        reference: ReferenceData,
        followed: Followed,
        clock: Clock,
    ) -> None:
        """Keep what it asks through."""
        self._name = name
        self._session = session
        self._reference = reference
        self._followed = followed
        self._clock = clock

    async def prepare(self, order: ApprovedOrder) -> Ask:
        """Return the request of an order; what fails here fails before anything was sent."""
        try:
            code = await self._reference.code(order.intent.symbol)
        except VenueProtocolError as error:
            raise VenueUnavailable(self._name, f"nothing was sent: {error}") from error
        if code is None:
            text = f"{UNKNOWN_SYMBOL} not listed: {order.intent.symbol}"
            raise VenueRejected(self._name, text)
        self._followed.add((order.intent.symbol,))
        remaining = (order.deadline_at - self._clock.now()).total_seconds()
        return Ask(
            endpoint="create_order",
            parameters=order_parameters(order, code=code),
            priority=Priority.ORDERS,
            weight=_ORDER_WEIGHT,
            may_change=True,
            is_order=True,
            not_after_monotonic=self._clock.monotonic() + remaining,
            withdrawn=order.withdrawn,
        )

    async def submit(self, ask: Ask, order: ApprovedOrder) -> tuple[VenueOrder, tuple[Fill, ...]]:
        """Send it once; the answer tells of its fills."""
        result = await self._session.ask(ask)
        try:
            return parse_full_answer(
                Row.of(result, "order"), venue=self._name, symbol=order.intent.symbol
            )
        except Malformed as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error

    async def cancel(self, venue_order_id: VenueOrderId, priority: Priority) -> bool:
        """Cancel one; False when it is not open."""
        parts = split_order_id(venue_order_id)
        if parts is None:
            return False
        code, number = parts
        ask = Ask(
            endpoint="cancel_order",
            parameters={"symbol": code, "orderId": number},
            priority=priority,
            weight=_ORDER_WEIGHT,
            may_change=True,
            is_harmless=True,
        )
        try:
            await self._session.ask(ask)
        except VenueRejected as error:
            if code_of(error) in {CANCEL_REFUSED, *NO_SUCH_ORDER}:
                return False
            raise
        return True

    async def cancel_all(self) -> int:
        """Cancel every open order of the account: Binance takes them symbol by symbol."""
        rows = await self._open_rows(Priority.EMERGENCY)
        codes = sorted({row.text("symbol") for row in rows})
        return sum(await together(self._cancel_symbol(code) for code in codes))

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        """Return the open orders of every symbol."""
        return await self._orders(await self._open_rows(Priority.ORDERS))

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        """Return these orders, each asked for alone, all at once."""
        parts = {each: split_order_id(each) for each in ids}
        wanted = {
            each: {"symbol": part[0], "orderId": part[1]}
            for each, part in parts.items()
            if part is not None
        }
        found = await together(self._query(which) for which in wanted.values())
        return {
            each: order for each, order in zip(wanted, found, strict=True) if order is not None
        }

    async def find_orders(
        self, client_order_id: ClientOrderId, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        """Look for our id, among open and closed orders alike."""
        code = await self._reference.code(symbol)
        if code is None:
            return ()
        order = await self._query({"symbol": code, "origClientOrderId": client_order_id})
        return () if order is None else (order,)

    async def _query(self, which: Mapping[str, str]) -> VenueOrder | None:
        ask = Ask(
            endpoint="get_order",
            parameters=which,
            priority=Priority.ORDERS,
            weight=_QUERY_WEIGHT,
        )
        try:
            result = await self._session.ask(ask)
        except VenueRejected as error:
            if code_of(error) in {UNKNOWN_SYMBOL, *NO_SUCH_ORDER}:
                return None
            raise
        (order,) = await self._orders([self._row(result)])
        return order

    async def _cancel_symbol(self, code: str) -> int:
        ask = Ask(
            endpoint="v3_delete_open_orders",
            parameters={"symbol": code},
            priority=Priority.EMERGENCY,
            weight=_ORDER_WEIGHT,
            may_change=True,
            is_harmless=True,
        )
        try:
            result = await self._session.ask(ask)
        except VenueRejected as error:
            if code_of(error) == CANCEL_REFUSED:
                return 0
            raise
        return self._count(result)

    def _count(self, result: Any) -> int:
        """Count what was cancelled; an order list stands for the orders in it."""
        try:
            if not isinstance(result, list):
                raise Malformed("openOrders is not an array")
            rows = [Row.of(entry, "openOrders") for entry in result]
            return sum(
                len(row.array("orderReports")) if "orderReports" in row.fields else 1
                for row in rows
            )
        except Malformed as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error

    async def _open_rows(self, priority: Priority) -> list[Row]:
        result = await self._session.ask(
            Ask(endpoint="get_open_orders", priority=priority, weight=_ALL_OPEN_WEIGHT)
        )
        if not isinstance(result, list):
            raise VenueProtocolError(self._name, "openOrders is not an array")
        rows = [self._row(entry) for entry in result]
        for row in rows:
            if not isinstance(row.fields.get("symbol"), str):
                raise VenueProtocolError(self._name, "an open order names no symbol")
        return rows

    async def _orders(self, rows: Collection[Row]) -> tuple[VenueOrder, ...]:
        try:
            orders = [
                parse_order(
                    row,
                    venue=self._name,
                    symbol=await self._reference.symbol(row.text("symbol")),
                )
                for row in rows
            ]
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        self._followed.add({order.symbol for order in orders})
        return tuple(orders)

    def _row(self, value: Any) -> Row:
        try:
            return Row.of(value, "order")
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
