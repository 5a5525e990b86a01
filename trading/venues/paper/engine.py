"""A pure matching engine for one account: every call answers a change, `adopt` makes it.

Nothing changes until the owner, having written the change down, adopts it. The engine reads no
clock and draws no random numbers: the same calls always give the same changes.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from trading.venues.paper.amendment import Amendment
from trading.venues.paper.draft import Draft
from trading.venues.paper.invariants import depth_violations, held_asset, require_sound
from trading.venues.paper.matching import meet_resting, price_of_walk, take, walk
from trading.venues.paper.refusals import RefusalReason, Refused
from trading.venues.paper.rounding import buying_hold, down, is_multiple
from trading.venues.paper.values import (
    ZERO,
    CloseReason,
    Depth,
    EngineState,
    LedgerKind,
    Level,
    Market,
    Order,
    OrderRequest,
    OrderState,
    Side,
    Transition,
    is_amount,
)


class StaleTransitionError(Exception):
    """A change was computed from a state that is no longer the engine's."""


class MatchingEngine:
    def __init__(self, *, markets: Iterable[Market], state: EngineState) -> None:
        self._markets = MappingProxyType({market.symbol: market for market in markets})
        require_sound(state, self._markets)
        self._state = state

    @property
    def state(self) -> EngineState:
        return self._state

    def market(self, symbol: str) -> Market | None:
        return self._markets.get(symbol)

    def adopt(self, transition: Transition) -> None:
        if transition.before is not self._state:
            raise StaleTransitionError("the state moved on since the change was computed")
        self._state = transition.after

    def revert(self, state: EngineState) -> None:
        """Go back to an earlier state, when what was adopted could not be written down."""
        self._state = state

    def submit(self, request: OrderRequest, *, at: datetime) -> Transition | Refused:
        """Accept an order, hold its funds, trade what can be traded now."""
        market = self._markets.get(request.market)
        if market is None:
            return _refused(RefusalReason.UNKNOWN_MARKET, request.market)
        draft = self._draft(at)
        refusal = (
            self._check_identity(request, at)
            or _check_steps(request, market)
            or self._check_cost(request, market)
            or _check_funds(draft, request, market)
        )
        if refusal is not None:
            return refusal
        take(draft, draft.accept(request), market)
        return draft.seal()

    def cancel(
        self, order_ids: Iterable[str], *, at: datetime, reason: CloseReason = CloseReason.USER
    ) -> Transition | Refused:
        """Cancel all of these orders, or none if one of them is not open."""
        draft = self._draft(at)
        for order_id in order_ids:
            order = self._state.orders.get(order_id)
            if order is None:
                return _refused(RefusalReason.UNKNOWN_ORDER, order_id)
            draft.end(order, OrderState.CANCELED, reason)
        return draft.seal()

    def amend(self, wish: Amendment, *, at: datetime) -> Transition | Refused:
        """Change an open order in place, and trade what can be traded now.

        An order made smaller than what is filled of it ends, as at real venues.
        """
        order = self._state.orders.get(wish.order_id)
        if order is None:
            return _refused(RefusalReason.UNKNOWN_ORDER, wish.order_id)
        request = _amended(order.request, wish)
        market, draft = self._markets[request.market], self._draft(at)
        if request.quantity <= order.filled:
            draft.end(order, OrderState.CANCELED, CloseReason.USER)
            return draft.seal()
        refusal = _check_steps(request, market) or self._check_cost(request, market)
        if refusal is not None:
            return refusal
        amended = draft.amend(order, request)
        if draft.free(held_asset(order, market)) < 0:
            return _refused(RefusalReason.INSUFFICIENT_FUNDS, f"{amended.hold} to hold")
        found = walk(draft, replace(request, quantity=amended.remaining), market)
        if (wish.post_only or request.post_only) and (found.taken or found.meets_own):
            return _refused(RefusalReason.WOULD_TAKE, str(request.limit_price))
        take(draft, amended, market)
        return draft.seal()

    def refresh(self, symbol: str, depth: Depth, *, at: datetime) -> Transition:
        """Replace the world's liquidity in one market; resting orders it crosses are filled."""
        market = self._markets[symbol]
        problems = depth_violations(depth)
        if problems:
            raise ValueError(f"{symbol}: {'; '.join(problems)}")
        draft = self._draft(at)
        draft.set_depth(symbol, _in_lots(depth, market))
        meet_resting(draft, market)
        return draft.seal()

    def expire(self, *, at: datetime) -> Transition:
        """End every order whose time has come."""
        draft = self._draft(at)
        for order in self._state.orders.values():
            if order.request.expires_at is not None and order.request.expires_at <= at:
                draft.end(order, OrderState.EXPIRED, CloseReason.EXPIRED)
        return draft.seal()

    def deposit(self, asset: str, amount: Decimal, *, at: datetime) -> Transition | Refused:
        if not is_amount(amount):
            return _refused(RefusalReason.INVALID_AMOUNT, str(amount))
        draft = self._draft(at)
        draft.transfer(asset, amount, LedgerKind.DEPOSIT)
        return draft.seal()

    def withdraw(self, asset: str, amount: Decimal, *, at: datetime) -> Transition | Refused:
        """Take out free funds only: what an order holds stays."""
        if not is_amount(amount):
            return _refused(RefusalReason.INVALID_AMOUNT, str(amount))
        draft = self._draft(at)
        free = draft.free(asset)
        if free < amount:
            return _refused(RefusalReason.INSUFFICIENT_FUNDS, f"{amount} {asset}, free {free}")
        draft.transfer(asset, -amount, LedgerKind.WITHDRAWAL)
        return draft.seal()

    def _draft(self, at: datetime) -> Draft:
        if at.tzinfo is None:
            raise ValueError(f"a time must know its zone, was {at}")
        return Draft(state=self._state, markets=self._markets, at=at)

    def _check_identity(self, request: OrderRequest, at: datetime) -> Refused | None:
        """Client order ids are unique among open orders only, as they are at real venues."""
        if request.order_id in self._state.orders:
            return _refused(RefusalReason.DUPLICATE_ORDER_ID, request.order_id)
        if request.client_order_id is not None and any(
            order.request.client_order_id == request.client_order_id
            for order in self._state.orders.values()
        ):
            return _refused(RefusalReason.DUPLICATE_CLIENT_ORDER_ID, request.client_order_id)
        if request.expires_at is not None and request.expires_at <= at:
            return _refused(RefusalReason.ALREADY_EXPIRED, request.expires_at.isoformat())
        return None

    def _check_cost(self, request: OrderRequest, market: Market) -> Refused | None:
        """Hold an order to the least cost, a market order by the best price it could get."""
        price = request.limit_price
        if price is None:
            depth = self._state.depths.get(market.symbol, Depth())
            levels = depth.asks if request.side is Side.BUY else depth.bids
            price = levels[0].price if levels else None
        if price is not None and price * request.quantity < market.minimum_cost:
            detail = f"{price * request.quantity} {market.quote}, least {market.minimum_cost}"
            return _refused(RefusalReason.MINIMUM_COST, detail)
        return None


def open_orders_of(state: EngineState, symbol: str) -> tuple[Order, ...]:
    return tuple(order for order in state.orders.values() if order.request.market == symbol)


def _check_steps(request: OrderRequest, market: Market) -> Refused | None:
    if not is_multiple(request.quantity, market.lot_step):
        detail = f"{request.quantity} {market.base}, step {market.lot_step}"
        return _refused(RefusalReason.LOT_STEP, detail)
    if request.quantity < market.minimum_quantity:
        detail = f"{request.quantity} {market.base}, least {market.minimum_quantity}"
        return _refused(RefusalReason.MINIMUM_QUANTITY, detail)
    if request.limit_price is not None and not is_multiple(request.limit_price, market.tick_size):
        detail = f"{request.limit_price} {market.quote}, tick {market.tick_size}"
        return _refused(RefusalReason.TICK_SIZE, detail)
    return None


def _check_funds(draft: Draft, request: OrderRequest, market: Market) -> Refused | None:
    if request.side is Side.SELL:
        asset, needed = market.base, request.quantity
    elif request.limit_price is None:
        asset, needed = market.quote, price_of_walk(walk(draft, request, market), request, market)
    else:
        asset = market.quote
        needed = buying_hold(
            market=market, price=request.limit_price, quantity=request.quantity, fees=request.fees
        )
    free = draft.free(asset)
    if free < needed:
        return _refused(RefusalReason.INSUFFICIENT_FUNDS, f"{needed} {asset}, free {free}")
    return None


def _amended(request: OrderRequest, wish: Amendment) -> OrderRequest:
    return replace(
        request,
        quantity=request.quantity if wish.quantity is None else wish.quantity,
        limit_price=request.limit_price if wish.limit_price is None else wish.limit_price,
    )


def _in_lots(depth: Depth, market: Market) -> Depth:
    """Cut what the world offers to whole lots; less than a lot cannot be traded."""
    return Depth(
        bids=tuple(_lots(depth.bids, market)),
        asks=tuple(_lots(depth.asks, market)),
    )


def _lots(levels: Iterable[Level], market: Market) -> Iterable[Level]:
    for level in levels:
        quantity = down(level.quantity, market.lot_step)
        if quantity > ZERO:
            yield Level(price=level.price, quantity=quantity)


def _refused(reason: RefusalReason, detail: str) -> Refused:
    return Refused(reason=reason, detail=detail)
