"""How orders meet the book: taking liquidity now, or being met while they rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.venues.paper.draft import Draft
from trading.venues.paper.rounding import cost_of, down, fee_of
from trading.venues.paper.values import (
    ZERO,
    CloseReason,
    Depth,
    Level,
    Market,
    Order,
    OrderRequest,
    OrderState,
    Side,
    TimeInForce,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where an order would trade, and whether it would then meet the account's own order."""

    taken: tuple[Level, ...]
    left: tuple[Level, ...]
    meets_own: bool

    @property
    def quantity(self) -> Decimal:
        return sum((level.quantity for level in self.taken), ZERO)


def walk(draft: Draft, request: OrderRequest, market: Market) -> Walk:
    """Walk the opposite side of the book from its best price, as far as the limit allows."""
    levels = opposite(draft.depth(request.market), request.side)
    own = next(
        iter(draft.resting(request.market, _other(request.side))),
        None,
    )
    own_price = own.request.limit_price if own is not None else None
    remaining = request.quantity
    taken: list[Level] = []
    left: list[Level] = []
    meets_own = False
    for level in levels:
        reachable = not meets_own and remaining > 0 and _within(request, level.price)
        if reachable and own_price is not None and _as_good(request.side, own_price, level.price):
            meets_own, reachable = True, False
        quantity = down(min(level.quantity, remaining), market.lot_step) if reachable else ZERO
        if quantity > 0:
            taken.append(Level(price=level.price, quantity=quantity))
            remaining -= quantity
        if level.quantity > quantity:
            left.append(Level(price=level.price, quantity=level.quantity - quantity))
    if own_price is not None and remaining > 0 and _within(request, own_price):
        meets_own = True
    return Walk(taken=tuple(taken), left=tuple(left), meets_own=meets_own)


def price_of_walk(found: Walk, request: OrderRequest, market: Market) -> Decimal:
    """Give what taking the walk costs a buyer, with the fees that he pays in the same asset."""
    total = ZERO
    for level in found.taken:
        cost = cost_of(market=market, price=level.price, quantity=level.quantity)
        total += cost
        if not market.pays_in_base(Side.BUY):
            total += fee_of(market=market, cost=cost, fraction=request.fees.taker)
    return total


def take(draft: Draft, order: Order, market: Market) -> None:
    """Trade an order that just arrived, then let it rest or end as its kind demands."""
    request = order.request
    found = walk(draft, replace(request, quantity=order.remaining), market)
    if request.post_only and (found.taken or found.meets_own):
        draft.end(order, OrderState.CANCELED, CloseReason.POST_ONLY)
        return
    if request.time_in_force is TimeInForce.FOK and found.quantity < order.remaining:
        draft.end(order, OrderState.CANCELED, _why_killed(found))
        return
    if found.taken:
        depth = draft.depth(request.market)
        draft.set_depth(request.market, with_opposite(depth, request.side, found.left))
    for level in found.taken:
        order = draft.fill(order, price=level.price, quantity=level.quantity, maker=False)
    if order.remaining == 0:
        draft.end(order, OrderState.CLOSED, None)
    elif found.meets_own:
        draft.end(order, OrderState.CANCELED, CloseReason.SELF_TRADE)
    elif not request.may_rest:
        draft.end(order, OrderState.CANCELED, _why_it_may_not_rest(request))


def meet_resting(draft: Draft, market: Market) -> None:
    """Fill resting orders that the world's new offers cross, at the orders' own prices."""
    for side in Side:
        for order in draft.resting(market.symbol, side):
            _meet(draft, order, market)


def opposite(depth: Depth, side: Side) -> tuple[Level, ...]:
    return depth.asks if side is Side.BUY else depth.bids


def with_opposite(depth: Depth, side: Side, levels: Sequence[Level]) -> Depth:
    if side is Side.BUY:
        return Depth(bids=depth.bids, asks=tuple(levels))
    return Depth(bids=tuple(levels), asks=depth.asks)


def _meet(draft: Draft, order: Order, market: Market) -> None:
    request = order.request
    if request.limit_price is None:
        raise ValueError(f"market order {order.order_id} cannot rest")
    depth = draft.depth(market.symbol)
    left: list[Level] = []
    for level in opposite(depth, request.side):
        crosses = order.remaining > 0 and _within(request, level.price)
        quantity = down(min(level.quantity, order.remaining), market.lot_step) if crosses else ZERO
        if quantity > 0:
            order = draft.fill(order, price=request.limit_price, quantity=quantity, maker=True)
        if level.quantity > quantity:
            left.append(Level(price=level.price, quantity=level.quantity - quantity))
    draft.set_depth(market.symbol, with_opposite(depth, request.side, left))
    if order.remaining == 0:
        draft.end(order, OrderState.CLOSED, None)


def _why_killed(found: Walk) -> CloseReason:
    return CloseReason.SELF_TRADE if found.meets_own else CloseReason.FILL_OR_KILL


def _why_it_may_not_rest(request: OrderRequest) -> CloseReason:
    if request.time_in_force is TimeInForce.IOC:
        return CloseReason.IMMEDIATE_OR_CANCEL
    return CloseReason.NO_LIQUIDITY


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def _within(request: OrderRequest, price: Decimal) -> bool:
    return request.limit_price is None or _as_good(request.side, price, request.limit_price)


def _as_good(side: Side, price: Decimal, than: Decimal) -> bool:
    return price <= than if side is Side.BUY else price >= than
