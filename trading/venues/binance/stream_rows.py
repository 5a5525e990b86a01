"""Reads the events of the user data stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.fill import Fill
from trading.model.identifiers import ClientOrderId, Symbol, VenueName
from trading.model.order import OrderType, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal
from trading.venues.binance.orders import (
    ORDER_TYPES,
    checked,
    fee_asset,
    fill_id,
    milliseconds,
    order_id,
    side_of,
    status_of,
)
from trading.venues.decoding import Malformed, Row

_TRADE = "TRADE"
_NO_REASON = frozenset({"NONE", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One executionReport: the order after it, and the fill that it tells of."""

    order: VenueOrder
    fill: Fill | None
    at_ms: int
    """When it happened, by Binance's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One outboundAccountPosition: what some assets are from then on."""

    at_ms: int
    amounts: Mapping[str, tuple[Decimal, Decimal]]
    """Free and locked, by Binance's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One balanceUpdate: money that came or went other than by trading."""

    at_ms: int
    code: str


def parse_report(row: Row, *, venue: VenueName, symbol: Symbol) -> Report:
    """Read an executionReport.

    After a cancellation `c` names the request to cancel, and `C` the order itself.
    """
    name = ClientOrderId(row.optional_text("C") or row.text("c"))
    status = status_of(row, "X")
    order = VenueOrder(
        venue=venue,
        venue_order_id=order_id(row.text("s"), row.integer("i")),
        client_order_id=name,
        symbol=symbol,
        side=side_of(row, "S"),
        order_type=ORDER_TYPES.get(row.text("o")),
        status=status,
        quantity=row.decimal("q"),
        filled_quantity=row.decimal("z"),
        limit_price=_limit_price(row),
        cost=row.decimal("Z"),
        fee=None,
        opened_at=milliseconds(row, "O"),
        closed_at=milliseconds(row, "T") if is_terminal(status) else None,
        reason=_reason(row),
    )
    is_trade = row.text("x") == _TRADE
    return Report(
        order=order,
        fill=_fill(row, order) if is_trade else None,
        at_ms=row.integer("T"),
    )


def parse_position(row: Row) -> Position:
    """Read an outboundAccountPosition."""
    amounts: dict[str, tuple[Decimal, Decimal]] = {}
    for entry in row.array("B"):
        each = Row.of(entry, "outboundAccountPosition.B")
        code = each.text("a")
        if code in amounts:
            raise Malformed(f"outboundAccountPosition mentions {code} twice")
        amounts[code] = (each.decimal("f"), each.decimal("l"))
    return Position(at_ms=row.integer("u"), amounts=amounts)


def parse_delta(row: Row) -> Delta:
    """Read a balanceUpdate."""
    row.decimal("d")
    return Delta(at_ms=row.integer("T"), code=row.text("a"))


def progress(order: VenueOrder) -> tuple[bool, Decimal, bool]:
    """Return how far an order has come: reports and lists may overtake each other."""
    is_over = is_terminal(order.status)
    return is_over, order.filled_quantity, order.status is not OrderStatus.OPEN


def _fill(row: Row, order: VenueOrder) -> Fill:
    quantity, price = row.decimal("l"), row.decimal("L")
    return checked(
        Fill(
            venue=order.venue,
            fill_id=fill_id(row.text("s"), row.integer("t")),
            venue_order_id=order.venue_order_id,
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            cost=row.optional_decimal("Y") or quantity * price,
            fee=row.decimal("n"),
            fee_asset=fee_asset(row, "N", order.symbol),
            executed_at=milliseconds(row, "T"),
        )
    )


def _limit_price(row: Row) -> Decimal | None:
    is_limit = ORDER_TYPES.get(row.text("o")) is OrderType.LIMIT
    return row.decimal("p") if is_limit else None


def _reason(row: Row) -> str | None:
    words = [row.optional_text("eR"), row.optional_text("r")]
    return next((word for word in words if word and word not in _NO_REASON), None)
