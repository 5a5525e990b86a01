"""Markets, orders and books that the engine's tests are made of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import Refused
from trading.venues.paper.values import (
    Depth,
    EngineState,
    Fees,
    Level,
    Market,
    Order,
    OrderEnded,
    OrderKind,
    OrderRequest,
    Side,
    TimeInForce,
    Transition,
)

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEES = Fees(taker=Decimal("0.004"), maker=Decimal("0.0025"))
BTC_USD = Market(
    symbol="BTC/USD",
    base="BTC",
    quote="USD",
    tick_size=Decimal("0.1"),
    lot_step=Decimal("0.00000001"),
    cost_step=Decimal("0.0001"),
    minimum_quantity=Decimal("0.0001"),
    minimum_cost=Decimal("0.5"),
)
ETH_BTC = Market(
    symbol="ETH/BTC",
    base="ETH",
    quote="BTC",
    tick_size=Decimal("0.00001"),
    lot_step=Decimal("0.00000001"),
    cost_step=Decimal("0.0000000001"),
    minimum_quantity=Decimal("0.001"),
    minimum_cost=Decimal("0.00002"),
)

# A venue whose buyers pay their fee in what they buy.
ETH_USD = Market(
    symbol="ETH/USD",
    base="ETH",
    quote="USD",
    tick_size=Decimal("0.01"),
    lot_step=Decimal("0.00000001"),
    cost_step=Decimal("0.00000001"),
    minimum_quantity=Decimal("0.0001"),
    minimum_cost=Decimal("0.01"),
    base_fee_step=Decimal("0.00000001"),
)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def levels(*rows: tuple[str, str]) -> tuple[Level, ...]:
    return tuple(Level(price=Decimal(price), quantity=Decimal(size)) for price, size in rows)


def depth(
    *, bids: tuple[tuple[str, str], ...] = (), asks: tuple[tuple[str, str], ...] = ()
) -> Depth:
    return Depth(bids=levels(*bids), asks=levels(*asks))


def engine_with(balances: dict[str, str], book: Depth | None = None) -> MatchingEngine:
    engine = MatchingEngine(markets=(BTC_USD, ETH_BTC, ETH_USD), state=EngineState())
    for asset, total in balances.items():
        engine.adopt(done(engine.deposit(asset, Decimal(total), at=START)))
    if book is not None:
        engine.adopt(engine.refresh("BTC/USD", book, at=START))
    return engine


def order(
    side: Side, quantity: str, price: str | None = None, *, name: str = "O1", **more: Any
) -> OrderRequest:
    return OrderRequest(
        order_id=name,
        market=more.pop("market", "BTC/USD"),
        side=side,
        kind=OrderKind.MARKET if price is None else OrderKind.LIMIT,
        quantity=Decimal(quantity),
        limit_price=None if price is None else Decimal(price),
        fees=more.pop("fees", FEES),
        **more,
    )


def buy(quantity: str, price: str | None = None, **more: Any) -> OrderRequest:
    return order(Side.BUY, quantity, price, **more)


def sell(quantity: str, price: str | None = None, **more: Any) -> OrderRequest:
    return order(Side.SELL, quantity, price, **more)


def ioc(request: OrderRequest) -> OrderRequest:
    return OrderRequest(
        order_id=request.order_id,
        market=request.market,
        side=request.side,
        kind=request.kind,
        quantity=request.quantity,
        limit_price=request.limit_price,
        fees=request.fees,
        time_in_force=TimeInForce.IOC,
    )


def done(outcome: Transition | Refused) -> Transition:
    assert isinstance(outcome, Transition), outcome
    return outcome


def refused(outcome: Transition | Refused) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


def submit(engine: MatchingEngine, request: OrderRequest, at: datetime = START) -> Transition:
    transition = done(engine.submit(request, at=at))
    engine.adopt(transition)
    return transition


def ended(transition: Transition) -> Order:
    (found,) = [event.order for event in transition.events if isinstance(event, OrderEnded)]
    return found


def holdings(engine: MatchingEngine) -> dict[str, tuple[str, str]]:
    """Say every balance as (total, hold), without trailing zeros."""
    return {
        asset: (f"{balance.total.normalize():f}", f"{balance.hold.normalize():f}")
        for asset, balance in engine.state.balances.items()
    }
