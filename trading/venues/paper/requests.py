"""From the core's words to the engine's: instruments and orders. Pure."""

from __future__ import annotations

from decimal import Decimal

from trading.model.approval import ApprovedOrder
from trading.model.identifiers import Symbol
from trading.model.instrument import Instrument
from trading.model.instrument import Side as CoreSide
from trading.model.order import OrderType
from trading.model.order import TimeInForce as CoreTimeInForce
from trading.venues.paper.values import (
    Fees,
    Market,
    OrderKind,
    OrderRequest,
    Side,
    TimeInForce,
)

_FINEST = Decimal("0.00000001")


def market_of(instrument: Instrument) -> Market:
    """Return what the engine needs to know of an instrument; every fee is paid in quote."""
    return Market(
        symbol=str(instrument.symbol),
        base=instrument.symbol.base,
        quote=instrument.symbol.quote,
        tick_size=instrument.tick_size,
        lot_step=instrument.lot_step,
        cost_step=instrument.cost_step,
        minimum_quantity=instrument.min_quantity,
        minimum_cost=instrument.min_notional,
    )


def unlisted(name: str) -> Market:
    """Stand in for a market not asked for yet, or gone: enough to cancel what rests in it."""
    symbol = Symbol.parse(name)
    return Market(
        symbol=name,
        base=symbol.base,
        quote=symbol.quote,
        tick_size=_FINEST,
        lot_step=_FINEST,
        cost_step=_FINEST,
        minimum_quantity=_FINEST,
        minimum_cost=Decimal(0),
    )


def request_of(
    order: ApprovedOrder, instrument: Instrument, *, order_id: str, fee_fraction: Decimal | None
) -> OrderRequest:
    """Return an approved order as the engine takes it, at the given fee or the instrument's."""
    intent = order.intent
    is_limit = intent.order_type is OrderType.LIMIT
    is_ioc = is_limit and intent.time_in_force is CoreTimeInForce.IOC
    return OrderRequest(
        order_id=order_id,
        market=str(intent.symbol),
        side=Side.BUY if intent.side is CoreSide.BUY else Side.SELL,
        kind=OrderKind.LIMIT if is_limit else OrderKind.MARKET,
        quantity=intent.quantity,
        fees=Fees(
            taker=instrument.taker_fee_fraction if fee_fraction is None else fee_fraction,
            maker=instrument.maker_fee_fraction if fee_fraction is None else fee_fraction,
        ),
        limit_price=intent.limit_price,
        time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTC,
        client_order_id=order.client_order_id,
    )
