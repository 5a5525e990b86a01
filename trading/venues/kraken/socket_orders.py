"""Orders over the private socket: no nonce, no turns, as many at once as there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trading.clock import Clock
from trading.errors import OutcomeUnknown, VenueError, VenueRejected, VenueUnavailable
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import VenueOrderId
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.batch_rows import rows_by_order
from trading.venues.kraken.errors import (
    TEMPORARY_LOCKOUT,
    TOKEN_REFUSED,
    UNKNOWN_ORDER,
    fault_of,
)
from trading.venues.kraken.lockout import Lockout
from trading.venues.kraken.stream_wire import KrakenSocket, NoAnswer, Single, Value
from trading.venues.port import Priority
from trading.venues.websocket import NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A live private socket with the token that opens it; `renew` asks for a new one."""

    socket: KrakenSocket
    token: str
    renew: Callable[[], None]


def add_order_words(order: ApprovedOrder, *, deadline: datetime) -> dict[str, Value]:
    """Return the parameters of add_order; see `add_order_parameters` for what they mean."""
    return {
        "symbol": str(order.intent.symbol),
        "deadline": _stamp(deadline),
        **_order_words(order),
    }


def batch_add_words(orders: Sequence[ApprovedOrder], *, deadline: datetime) -> dict[str, Value]:
    """Return the parameters of batch_add for orders of one pair."""
    return {
        "symbol": str(orders[0].intent.symbol),
        "deadline": _stamp(deadline),
        "orders": tuple(_order_words(order) for order in orders),
    }


def _order_words(order: ApprovedOrder) -> dict[str, Single]:
    intent = order.intent
    words: dict[str, Single] = {
        "side": intent.side.value,
        "order_type": intent.order_type.value,
        "order_qty": intent.quantity,
        "fee_preference": "quote",
        "cl_ord_id": order.client_order_id,
    }
    if intent.limit_price is not None:
        words["limit_price"] = intent.limit_price
        words["time_in_force"] = intent.time_in_force.value
    return words


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SocketOrders:
    """Places and cancels over one line; each request is sent once.

    Raises what REST raises for the same words of Kraken's. A socket that ends, or stays silent,
    after a request may have left makes its outcome unknown.
    """

    def __init__(self, *, venue: str, line: OrderLine, clock: Clock, lockout: Lockout) -> None:
        """Take the line that was live when the request was decided on, and what ends orders."""
        self._venue = venue
        self._line = line
        self._clock = clock
        self._lockout = lockout

    async def add(
        self, order: ApprovedOrder, *, deadline: datetime, timeout_seconds: float
    ) -> VenueOrderId:
        """Send add_order and return Kraken's id of the order; nothing in a lockout."""
        self._lockout.check(Priority.ORDERS)
        result = await self._ask(
            "add_order", add_order_words(order, deadline=deadline), timeout_seconds
        )
        try:
            return VenueOrderId(Row.of(result, "add_order").text("order_id"))
        except Malformed as error:
            raise self._not_understood(error) from error

    async def add_many(
        self, orders: Sequence[ApprovedOrder], *, deadline: datetime, timeout_seconds: float
    ) -> Sequence[VenueOrderId | VenueError]:
        """Send batch_add for orders of one pair; return what became of each of them.

        Kraken first looks whether it understands all of them, and refuses all where it does not
        understand one; then each stands for itself.
        """
        try:
            self._lockout.check(Priority.ORDERS)
            words = batch_add_words(orders, deadline=deadline)
            rows = rows_by_order(
                await self._ask("batch_add", words, timeout_seconds),
                [order.client_order_id for order in orders],
            )
        except Malformed as error:
            return [self._not_understood(error)] * len(orders)
        except VenueError as error:
            return [error] * len(orders)
        return [self._outcome(row) for row in rows]

    def _outcome(self, row: Row | None) -> VenueOrderId | VenueError:
        if row is None:
            return OutcomeUnknown(self._venue, "the answer to its batch does not tell of it")
        if row.fields.get("success") is False or row.fields.get("error"):
            return self._fault(row)
        try:
            return VenueOrderId(row.text("order_id"))
        except Malformed as error:
            return self._not_understood(error)

    async def cancel(self, order_id: VenueOrderId, *, timeout_seconds: float) -> bool:
        """Cancel one; False when Kraken says that it is not open."""
        try:
            await self._ask("cancel_order", {"order_id": (order_id,)}, timeout_seconds)
        except VenueRejected as error:
            if error.code in UNKNOWN_ORDER:
                return False
            raise
        return True

    async def cancel_all(self, *, timeout_seconds: float) -> int:
        """Cancel every open order of the account."""
        result = await self._ask("cancel_all", {}, timeout_seconds)
        try:
            return Row.of(result, "cancel_all").integer("count")
        except Malformed as error:
            raise self._not_understood(error) from error

    async def _ask(
        self, method: str, words: Mapping[str, Value], timeout_seconds: float
    ) -> object:
        line = self._line
        try:
            answer = await line.socket.ask(
                method, {**words, "token": line.token}, timeout_seconds=timeout_seconds
            )
        except NotSent as error:
            raise VenueUnavailable(self._venue, f"nothing was sent: {error}") from error
        except NoAnswer as error:
            raise OutcomeUnknown(self._venue, f"the answer was lost: {error}") from error
        if answer.fields.get("success") is True:
            return answer.fields.get("result")
        raise self._fault(answer)

    def _fault(self, answer: Row) -> VenueError:
        text = answer.fields.get("error")
        if not isinstance(text, str) or not text:
            return OutcomeUnknown(self._venue, "an answer without success and without an error")
        if text in TOKEN_REFUSED:
            self._line.renew()
        if text == TEMPORARY_LOCKOUT:
            self._lockout.began()
        return fault_of(
            self._venue,
            [text],
            may_change=True,
            lockout_seconds=self._lockout.seconds,
            unix_now=self._clock.now().timestamp(),
        )

    def _not_understood(self, error: Malformed) -> OutcomeUnknown:
        return OutcomeUnknown(self._venue, f"an answer not understood: {error}")
