"""Orders for the contract suite."""

from datetime import datetime
from decimal import Decimal

from trading.model.approval import ApprovedOrder
from trading.model.identifiers import ClientOrderId, CorrelationId, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce


def approved(
    client_order_id: ClientOrderId,
    *,
    symbol: Symbol,
    quantity: Decimal,
    price: Decimal,
    deadline_at: datetime,
    side: Side = Side.BUY,
    time_in_force: TimeInForce = TimeInForce.IOC,
) -> ApprovedOrder:
    """Return a limit order that passed every check."""
    is_buy = side is Side.BUY
    return ApprovedOrder(
        client_order_id=client_order_id,
        intent=OrderIntent(
            venue=VenueName("any"),
            symbol=symbol,
            side=side,
            quantity=quantity,
            order_type=OrderType.LIMIT,
            time_in_force=time_in_force,
            limit_price=price,
            reserve_asset=symbol.quote if is_buy else symbol.base,
            reserve_amount=quantity * price if is_buy else quantity,
            origin=OrderOrigin.MANUAL,
            reason="contract",
            run_id=None,
            correlation_id=CorrelationId("contract"),
        ),
        deadline_at=deadline_at,
        evidence={},
    )
