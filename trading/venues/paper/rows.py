"""Between the engine's values and the rows of its books. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from storage.paper import (
    PaperAccountRow,
    PaperBalanceRow,
    PaperBooks,
    PaperChange,
    PaperFillRow,
    PaperLedgerRow,
    PaperOrderRow,
)
from trading.model.identifiers import VenueName
from trading.venues.paper.values import (
    Balance,
    CloseReason,
    EngineState,
    Fees,
    Fill,
    LedgerEntered,
    LedgerRow,
    Market,
    Order,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderRequest,
    OrderState,
    Side,
    TimeInForce,
    Transition,
)


def state_of(books: PaperBooks) -> EngineState:
    """Return the engine's state as it was last written down; the world's depth is not kept."""
    orders = {row.order_id: order_of(row) for row in books.orders}
    return EngineState(
        balances=MappingProxyType(
            {row.asset: Balance(total=row.total, hold=row.hold) for row in books.balances}
        ),
        orders=MappingProxyType(orders),
        sequence=books.account.sequence,
    )


def change_of(
    transition: Transition,
    *,
    venue: VenueName,
    opened_at: datetime,
    markets: Mapping[str, Market],
) -> PaperChange:
    """Return what a change writes; an order that changed several times is written once."""
    orders: dict[str, Order] = {}
    fills: list[tuple[Order, Fill]] = []
    ledger: list[LedgerRow] = []
    for event in transition.events:
        match event:
            case OrderAccepted(order=order) | OrderAmended(order=order) | OrderEnded(order=order):
                orders[order.order_id] = order
            case OrderFilled(order=order, fill=fill):
                orders[order.order_id] = order
                fills.append((order, fill))
            case LedgerEntered(row=row):
                ledger.append(row)
    return PaperChange(
        account=PaperAccountRow(
            venue=venue, sequence=transition.after.sequence, opened_at=opened_at
        ),
        balances=tuple(_balances(venue, transition.changed_balances())),
        orders=tuple(order_row(venue, order) for order in orders.values()),
        fills=tuple(fill_row(venue, order, fill, markets[fill.market]) for order, fill in fills),
        ledger=tuple(_ledger_row(venue, row) for row in ledger),
    )


def _balances(venue: VenueName, changed: Mapping[str, Balance]) -> Iterable[PaperBalanceRow]:
    for asset, balance in changed.items():
        yield PaperBalanceRow(venue=venue, asset=asset, total=balance.total, hold=balance.hold)


def order_of(row: PaperOrderRow) -> Order:
    """Read one order."""
    return Order(
        number=row.number,
        request=OrderRequest(
            order_id=row.order_id,
            market=row.market,
            side=Side(row.side),
            kind=OrderKind(row.kind),
            quantity=row.quantity,
            fees=Fees(taker=row.taker, maker=row.maker),
            limit_price=row.limit_price,
            time_in_force=TimeInForce(row.time_in_force),
            client_order_id=row.client_order_id,
        ),
        state=OrderState(row.state),
        opened_at=row.opened_at,
        hold=row.hold,
        filled=row.filled,
        cost=row.cost,
        fee=row.fee,
        closed_at=row.closed_at,
        reason=None if row.reason is None else CloseReason(row.reason),
    )


def order_row(venue: VenueName, order: Order) -> PaperOrderRow:
    """Write one order."""
    request = order.request
    return PaperOrderRow(
        venue=venue,
        number=order.number,
        order_id=order.order_id,
        client_order_id=request.client_order_id,
        market=request.market,
        side=request.side.value,
        kind=request.kind.value,
        time_in_force=request.time_in_force.value,
        quantity=request.quantity,
        limit_price=request.limit_price,
        taker=request.fees.taker,
        maker=request.fees.maker,
        state=order.state.value,
        hold=order.hold,
        filled=order.filled,
        cost=order.cost,
        fee=order.fee,
        opened_at=order.opened_at,
        closed_at=order.closed_at,
        reason=None if order.reason is None else order.reason.value,
    )


def fill_row(venue: VenueName, order: Order, fill: Fill, market: Market) -> PaperFillRow:
    """Write one fill, with the asset that its fee was paid in."""
    return PaperFillRow(
        venue=venue,
        number=fill.number,
        order_id=fill.order_id,
        client_order_id=order.request.client_order_id,
        market=fill.market,
        side=fill.side.value,
        price=fill.price,
        quantity=fill.quantity,
        cost=fill.cost,
        fee=fill.fee,
        fee_asset=market.base if market.pays_in_base(fill.side) else market.quote,
        is_maker=fill.is_maker,
        at=fill.at,
    )


def _ledger_row(venue: VenueName, row: LedgerRow) -> PaperLedgerRow:
    return PaperLedgerRow(
        venue=venue,
        number=row.number,
        asset=row.asset,
        kind=row.kind.value,
        amount=row.amount,
        fee=row.fee,
        balance=row.balance,
        at=row.at,
    )
