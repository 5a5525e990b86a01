"""A working copy of the engine's state, on which a change is computed before it is made."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from trading.venues.paper.invariants import held_asset, require_sound
from trading.venues.paper.rounding import base_fee_of, buying_hold, cost_of, fee_of
from trading.venues.paper.values import (
    ZERO,
    Balance,
    CloseReason,
    Depth,
    EngineState,
    Event,
    Fill,
    LedgerEntered,
    LedgerKind,
    LedgerRow,
    Market,
    Order,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderRequest,
    OrderState,
    Side,
    Transition,
)


class Draft:
    """Balances, orders and events of one change. `seal` checks the whole of it."""

    def __init__(self, *, state: EngineState, markets: Mapping[str, Market], at: datetime) -> None:
        self._before = state
        self._markets = markets
        self._at = at
        self._balances = dict(state.balances)
        self._orders = dict(state.orders)
        self._depths = dict(state.depths)
        self._sequence = state.sequence
        self._events: list[Event] = []

    def depth(self, symbol: str) -> Depth:
        return self._depths.get(symbol, Depth())

    def set_depth(self, symbol: str, depth: Depth) -> None:
        self._depths[symbol] = depth

    def resting(self, symbol: str, side: Side) -> list[Order]:
        """Open orders of one side, the first to trade first."""
        orders = [
            order
            for order in self._orders.values()
            if order.request.market == symbol and order.request.side is side
        ]
        sign = -1 if side is Side.BUY else 1
        return sorted(orders, key=lambda order: (sign * _limit(order), order.number))

    def accept(self, request: OrderRequest) -> Order:
        market = self._markets[request.market]
        order = Order(
            number=self._next_number(),
            request=request,
            state=OrderState.OPEN,
            opened_at=self._at,
            hold=_hold(request, request.quantity, market),
        )
        self._orders[order.order_id] = order
        self._move(held_asset(order, market), hold=order.hold)
        self._events.append(OrderAccepted(order=order))
        return order

    def amend(self, order: Order, request: OrderRequest) -> Order:
        """Change an open order in place; it keeps its age among the others."""
        market = self._markets[request.market]
        amended = replace(
            order, request=request, hold=_hold(request, request.quantity - order.filled, market)
        )
        self._orders[order.order_id] = amended
        self._move(held_asset(order, market), hold=amended.hold - order.hold)
        self._events.append(OrderAmended(order=amended))
        return amended

    def fill(self, order: Order, *, price: Decimal, quantity: Decimal, maker: bool) -> Order:
        request = order.request
        market = self._markets[request.market]
        cost = cost_of(market=market, price=price, quantity=quantity)
        fraction = request.fees.maker if maker else request.fees.taker
        if market.pays_in_base(request.side):
            fee = base_fee_of(market=market, quantity=quantity, fraction=fraction)
        else:
            fee = fee_of(market=market, cost=cost, fraction=fraction)
        fill = Fill(
            number=self._next_number(),
            order_id=order.order_id,
            market=request.market,
            side=request.side,
            kind=request.kind,
            price=price,
            quantity=quantity,
            cost=cost,
            fee=fee,
            is_maker=maker,
            at=self._at,
        )
        filled = replace(
            order,
            filled=order.filled + quantity,
            cost=order.cost + cost,
            fee=order.fee + fee,
            hold=_hold(request, order.remaining - quantity, market),
        )
        self._orders[order.order_id] = filled
        self._move(held_asset(order, market), hold=filled.hold - order.hold)
        self._events.append(OrderFilled(order=filled, fill=fill))
        self._settle(fill, market)
        return filled

    def end(self, order: Order, state: OrderState, reason: CloseReason | None) -> Order:
        market = self._markets[order.request.market]
        ended = replace(order, state=state, hold=ZERO, closed_at=self._at, reason=reason)
        self._move(held_asset(order, market), hold=-order.hold)
        del self._orders[order.order_id]
        self._events.append(OrderEnded(order=ended))
        return ended

    def transfer(self, asset: str, amount: Decimal, kind: LedgerKind) -> None:
        self._enter(asset, amount, kind=kind, fee=ZERO, fill_number=None)

    def free(self, asset: str) -> Decimal:
        return self._balances.get(asset, Balance()).free

    def seal(self) -> Transition:
        after = EngineState(
            balances=MappingProxyType(self._balances),
            orders=MappingProxyType(self._orders),
            depths=MappingProxyType(self._depths),
            sequence=self._sequence,
        )
        require_sound(after, self._markets, since=self._before)
        return Transition(before=self._before, after=after, events=tuple(self._events))

    def _settle(self, fill: Fill, market: Market) -> None:
        sign = 1 if fill.side is Side.BUY else -1
        in_base = market.pays_in_base(fill.side)
        legs = [
            (market.base, sign * fill.quantity, fill.fee if in_base else ZERO),
            (market.quote, -sign * fill.cost, ZERO if in_base else fill.fee),
        ]
        for asset, amount, fee in legs:
            self._enter(asset, amount, kind=LedgerKind.TRADE, fee=fee, fill_number=fill.number)

    def _enter(
        self,
        asset: str,
        amount: Decimal,
        *,
        kind: LedgerKind,
        fee: Decimal,
        fill_number: int | None,
    ) -> None:
        balance = self._move(asset, total=amount - fee)
        row = LedgerRow(
            number=self._next_number(),
            asset=asset,
            kind=kind,
            amount=amount,
            fee=fee,
            balance=balance.total,
            fill_number=fill_number,
            at=self._at,
        )
        self._events.append(LedgerEntered(row=row))

    def _move(self, asset: str, *, total: Decimal = ZERO, hold: Decimal = ZERO) -> Balance:
        old = self._balances.get(asset, Balance())
        new = Balance(total=old.total + total, hold=old.hold + hold)
        self._balances[asset] = new
        return new

    def _next_number(self) -> int:
        self._sequence += 1
        return self._sequence


def _hold(request: OrderRequest, remaining: Decimal, market: Market) -> Decimal:
    """Give what an order locks; a market order trades at once and locks nothing."""
    if request.limit_price is None:
        return ZERO
    if request.side is Side.SELL:
        return remaining
    return buying_hold(
        market=market, price=request.limit_price, quantity=remaining, fees=request.fees
    )


def _limit(order: Order) -> Decimal:
    if order.request.limit_price is None:
        raise ValueError(f"market order {order.order_id} cannot rest")
    return order.request.limit_price
