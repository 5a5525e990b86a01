"""Places, cancels and looks up orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Any

from trading.clock import Clock
from trading.errors import (
    OutcomeUnknown,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import ClientOrderId, VenueName, VenueOrderId
from trading.model.order import VenueOrder
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.errors import UNKNOWN_ORDER, UNKNOWN_PAIR
from trading.venues.kraken.orders import (
    add_order_parameters,
    pair_of,
    parse_order,
    parse_transaction_ids,
)
from trading.venues.kraken.paging import read_all
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.session import KrakenSession, PrivateCall
from trading.venues.kraken.venue_time import VenueTime
from trading.venues.port import Priority

_MOST_IDS = 50
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOrder:
    """An order with Kraken's name of its pair and its deadline by Kraken's clock."""

    order: ApprovedOrder
    pair: str
    deadline: datetime
    not_after_monotonic: float
    """From then on it is not sent any more."""


class KrakenTrading:
    """Orders of the account over REST; what may place one is sent once."""

    def __init__(
        self,
        *,
        name: VenueName,
        session: KrakenSession,
        reference: ReferenceData,
        time: VenueTime,
        clock: Clock,
    ) -> None:
        """Keep what it asks through."""
        self._name = name
        self._session = session
        self._reference = reference
        self._time = time
        self._clock = clock

    async def prepare(self, order: ApprovedOrder) -> PreparedOrder:
        """Return what sending needs; whatever fails here fails before anything was sent."""
        try:
            pairs = await self._reference.pairs()
        except VenueProtocolError as error:
            raise VenueUnavailable(self._name, f"nothing was sent: {error}") from error
        pair = pairs.codes.keys.get(order.intent.symbol)
        if pair is None:
            raise VenueRejected(self._name, UNKNOWN_PAIR)
        deadline = await self._time.translate(order.deadline_at)
        remaining = (order.deadline_at - self._clock.now()).total_seconds()
        return PreparedOrder(
            order=order,
            pair=pair,
            deadline=deadline,
            not_after_monotonic=self._clock.monotonic() + remaining,
        )

    async def submit(self, prepared: PreparedOrder) -> VenueOrderId:
        """Send AddOrder once."""
        result = await self._session.private(
            PrivateCall(
                method="AddOrder",
                parameters=add_order_parameters(
                    prepared.order, pair=prepared.pair, deadline=prepared.deadline
                ),
                priority=Priority.ORDERS,
                cost=0,
                may_change=True,
                not_after_monotonic=prepared.not_after_monotonic,
                withdrawn=prepared.order.withdrawn,
            )
        )
        try:
            return VenueOrderId(parse_transaction_ids(result)[0])
        except Malformed as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error

    async def cancel(self, venue_order_id: VenueOrderId, priority: Priority) -> bool:
        """Cancel one; True also while Kraken still works on it."""
        try:
            row = await self._change("CancelOrder", {"txid": venue_order_id}, priority)
        except VenueRejected as error:
            if error.code in UNKNOWN_ORDER:
                return False
            raise
        return self._count(row) > 0 or row.fields.get("pending") is True

    async def cancel_all(self) -> int:
        """Cancel every open order of the account."""
        return self._count(await self._change("CancelAll", {}, Priority.EMERGENCY))

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        """Have Kraken cancel everything after so long; None takes that back."""
        seconds = 0 if timeout is None else ceil(timeout.total_seconds())
        parameters = {"timeout": str(seconds)}
        row = await self._change("CancelAllOrdersAfter", parameters, Priority.ORDERS)
        try:
            at = row.text("triggerTime")
            return None if at == "0" else datetime.fromisoformat(at).astimezone(UTC)
        except ValueError as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error

    async def fetch_open_orders(
        self, client_order_id: ClientOrderId | None = None
    ) -> tuple[VenueOrder, ...]:
        """Return the open orders, or those of one client order id."""
        call = PrivateCall(
            method="OpenOrders", parameters=_of(client_order_id), priority=Priority.ORDERS
        )
        result = await self._session.private(call)
        try:
            rows = dict(Row.of(result, "OpenOrders").row("open").rows())
            return await self._orders(rows)
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def fetch_closed_orders(self, since: datetime) -> tuple[VenueOrder, ...]:
        """Return the orders closed since, oldest first."""
        start = str(floor((since - _SECOND).timestamp()))
        orders = await self._closed({"start": start, "closetime": "close"})
        dated = [(order.closed_at, order) for order in reversed(orders) if order.closed_at]
        recent = [(at, order) for at, order in dated if at >= since]
        return tuple(order for _, order in sorted(recent, key=lambda pair: pair[0]))

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        """Return these orders; where one id spoils a batch, each is asked for alone."""
        found: dict[VenueOrderId, VenueOrder] = {}
        wanted = tuple(dict.fromkeys(ids))
        for start in range(0, len(wanted), _MOST_IDS):
            batch = wanted[start : start + _MOST_IDS]
            try:
                found.update(await self._query(batch))
            except VenueRejected as error:
                if error.code not in UNKNOWN_ORDER:
                    raise
                for single in batch:
                    found.update(await self._query_one(single))
        return found

    async def find_orders(self, client_order_id: ClientOrderId) -> tuple[VenueOrder, ...]:
        """Look through open, then closed orders: one that closes between is in the second."""
        found = {
            order.venue_order_id: order
            for orders in (
                await self.fetch_open_orders(client_order_id),
                await self._closed(_of(client_order_id)),
            )
            for order in orders
            if order.client_order_id == client_order_id
        }
        return tuple(found.values())

    async def _closed(self, parameters: Mapping[str, str]) -> tuple[VenueOrder, ...]:
        call = PrivateCall(method="ClosedOrders", parameters=parameters, priority=Priority.ORDERS)
        try:
            return await self._orders(await read_all(self._session, call, "closed"))
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error

    async def _query_one(self, order_id: VenueOrderId) -> Mapping[VenueOrderId, VenueOrder]:
        try:
            return await self._query((order_id,))
        except VenueRejected as error:
            if error.code in UNKNOWN_ORDER:
                return {}
            raise

    async def _query(self, ids: tuple[VenueOrderId, ...]) -> Mapping[VenueOrderId, VenueOrder]:
        call = PrivateCall(
            method="QueryOrders", parameters={"txid": ",".join(ids)}, priority=Priority.ORDERS
        )
        result = await self._session.private(call)
        try:
            orders = await self._orders(dict(Row.of(result, "QueryOrders").rows()))
        except Malformed as error:
            raise VenueProtocolError(self._name, str(error)) from error
        return {order.venue_order_id: order for order in orders}

    async def _orders(self, rows: Mapping[str, Row]) -> tuple[VenueOrder, ...]:
        return tuple(
            [
                parse_order(
                    order_id,
                    row,
                    venue=self._name,
                    symbol=await self._reference.symbol(pair_of(row)),
                )
                for order_id, row in rows.items()
            ]
        )

    async def _change(self, method: str, parameters: Mapping[str, str], priority: Priority) -> Row:
        result: Any = await self._session.private(
            PrivateCall(
                method=method,
                parameters=parameters,
                priority=priority,
                cost=0,
                may_change=True,
                is_harmless=True,
            )
        )
        try:
            return Row.of(result, method)
        except Malformed as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error

    def _count(self, row: Row) -> int:
        try:
            return row.integer("count")
        except Malformed as error:
            raise OutcomeUnknown(self._name, f"an answer not understood: {error}") from error


def _of(client_order_id: ClientOrderId | None) -> dict[str, str]:
    return {} if client_order_id is None else {"cl_ord_id": client_order_id}
