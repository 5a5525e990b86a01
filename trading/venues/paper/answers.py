"""From the rows of the books to the values of the venue port. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from storage.paper import PaperFillRow, PaperLedgerRow, PaperOrderRow
from trading.clock import Clock
from trading.errors import InsufficientFunds, VenueRejected
from trading.model.balance import BalanceSnapshot, VenueBalance
from trading.model.fill import Fill
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    FillId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.model.market_data import Book
from trading.model.order import OrderType, VenueOrder
from trading.model.order_status import OrderStatus
from trading.venues.paper.refusals import RefusalReason, Refused
from trading.venues.paper.values import (
    Balance,
    Depth,
    Level,
    OrderState,
)

_ENDED: Mapping[str, OrderStatus] = {
    OrderState.CLOSED: OrderStatus.FILLED,
    OrderState.CANCELED: OrderStatus.CANCELLED,
    OrderState.EXPIRED: OrderStatus.EXPIRED,
}


def depth_of(book: Book) -> Depth | None:
    """Return what a book offers; None where it is empty or crossed and nothing can trade."""
    if book.mid is None:
        return None
    return Depth(
        bids=tuple(Level(price=each.price, quantity=each.quantity) for each in book.bids),
        asks=tuple(Level(price=each.price, quantity=each.quantity) for each in book.asks),
    )


def snapshot_of(
    venue: VenueName, balances: Mapping[str, Balance], clock: Clock
) -> BalanceSnapshot:
    """Return the whole account; an asset that was ever held is mentioned, at zero too."""
    return BalanceSnapshot(
        venue=venue,
        balances={
            Asset(code): VenueBalance(asset=Asset(code), free=balance.free, locked=balance.hold)
            for code, balance in balances.items()
        },
        received_at=clock.now(),
        received_monotonic=clock.monotonic(),
        held_elsewhere={},
    )


def order_of(row: PaperOrderRow) -> VenueOrder:
    """Return an order as a venue would state it."""
    working = OrderStatus.PARTIALLY_FILLED if row.filled else OrderStatus.OPEN
    return VenueOrder(
        venue=VenueName(row.venue),
        venue_order_id=VenueOrderId(row.order_id),
        client_order_id=_client_order_id(row.client_order_id),
        symbol=Symbol.parse(row.market),
        side=Side(row.side),
        order_type=OrderType(row.kind),
        status=_ENDED.get(row.state, working),
        quantity=row.quantity,
        filled_quantity=row.filled,
        limit_price=row.limit_price,
        cost=row.cost,
        fee=row.fee,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        reason=row.reason,
    )


def fill_of(row: PaperFillRow) -> Fill:
    """Return a fill as a venue would state it."""
    return Fill(
        venue=VenueName(row.venue),
        fill_id=FillId(f"paper-{row.number}"),
        venue_order_id=VenueOrderId(row.order_id),
        client_order_id=_client_order_id(row.client_order_id),
        symbol=Symbol.parse(row.market),
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        cost=row.cost,
        fee=row.fee,
        fee_asset=Asset(row.fee_asset),
        executed_at=row.at,
    )


def ledger_entry_of(row: PaperLedgerRow) -> LedgerEntry:
    """Return a ledger row as a venue would state it."""
    return LedgerEntry(
        venue=VenueName(row.venue),
        ledger_id=f"paper-{row.number}",
        kind=LedgerKind(row.kind),
        asset=Asset(row.asset),
        amount=row.amount,
        fee=row.fee,
        balance=row.balance,
        at=row.at,
    )


def fault_of(venue: VenueName, refused: Refused) -> VenueRejected:
    """Return the fault that a refusal of the engine is to the core."""
    text = f"paper: {refused.reason.value.replace('_', ' ')}: {refused.detail}"
    if refused.reason is RefusalReason.INSUFFICIENT_FUNDS:
        return InsufficientFunds(venue, text)
    return VenueRejected(venue, text)


def _client_order_id(text: str | None) -> ClientOrderId | None:
    return None if text is None else ClientOrderId(text)
