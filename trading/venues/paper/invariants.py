"""What must hold of every state of the engine, whatever happened to it."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from trading.venues.paper.values import (
    ZERO,
    Depth,
    EngineState,
    Market,
    Order,
    OrderState,
    Side,
)


class InvariantBrokenError(Exception):
    """The engine computed a state that cannot be; nothing was assigned."""


def held_asset(order: Order, market: Market) -> str:
    return market.quote if order.request.side is Side.BUY else market.base


def violations(
    state: EngineState, markets: Mapping[str, Market], *, since: EngineState | None = None
) -> list[str]:
    """Say everything that is wrong with a state; an empty list means it is sound.

    Books that are the very same as in a sound state before, `since`, are not looked at again.
    """
    found = []
    held: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for order in state.orders.values():
        found.extend(_order_violations(order))
        held[held_asset(order, markets[order.request.market])] += order.hold
    for asset, balance in state.balances.items():
        if balance.total < 0 or balance.hold < 0 or balance.free < 0:
            found.append(f"{asset}: total {balance.total}, hold {balance.hold}")
    for asset in {*held, *state.balances}:
        balance_hold = state.balances[asset].hold if asset in state.balances else ZERO
        if balance_hold != held[asset]:
            found.append(f"{asset}: hold {balance_hold}, open orders hold {held[asset]}")
    looked_at = {} if since is None else since.depths
    for symbol, depth in state.depths.items():
        if looked_at.get(symbol) is depth:
            continue
        found.extend(f"{symbol}: {problem}" for problem in depth_violations(depth))
    return found


def require_sound(
    state: EngineState, markets: Mapping[str, Market], *, since: EngineState | None = None
) -> None:
    found = violations(state, markets, since=since)
    if found:
        raise InvariantBrokenError("; ".join(found))


def depth_violations(depth: Depth) -> list[str]:
    found = []
    bids = [level.price for level in depth.bids]
    asks = [level.price for level in depth.asks]
    if bids != sorted(bids, reverse=True) or asks != sorted(asks):
        found.append("levels out of order")
    if bids and asks and bids[0] >= asks[0]:
        found.append(f"book crossed at {bids[0]} and {asks[0]}")
    if any(level.quantity <= 0 or level.price <= 0 for level in (*depth.bids, *depth.asks)):
        found.append("a level without price or quantity")
    return found


def _order_violations(order: Order) -> list[str]:
    found = []
    if order.state is not OrderState.OPEN:
        found.append(f"{order.order_id}: {order.state} among the open orders")
    if not ZERO <= order.filled < order.request.quantity:
        found.append(f"{order.order_id}: filled {order.filled} of {order.request.quantity}")
    if order.hold < 0 or order.cost < 0:
        found.append(f"{order.order_id}: hold {order.hold}, cost {order.cost}")
    return found
