"""The venue in memory on a bad day: lost answers, thin books, slow lists, late fills."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tests.support.memory_account import ZERO, refuse_withdrawn
from tests.support.memory_venue import MemoryVenue
from tests.support.perils import Crash, Fate
from trading.clock import Clock
from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OutcomeUnknown,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, FillId, Symbol, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerKind
from trading.model.order import OrderType, TimeInForce, VenueOrder
from trading.model.order_status import OrderStatus, is_terminal
from trading.venues.port import Priority, Submission


class PerilousVenue(MemoryVenue):
    """`fates` are used up one for each submission; after the last one all goes well.

    `depth` is how much of each instrument trades at the touch; `list_lag` and `fill_lag` keep
    new orders and fills out of the lists for so long, as a real venue's replicas do.
    """

    def __init__(self, *, clock: Clock, name: str = "memory", fee: Decimal = ZERO) -> None:
        super().__init__(clock=clock, name=name, fee=fee)
        self.fates: list[Fate] = []
        self.arrivals: list[ClientOrderId] = []
        """Every submission that left the adapter, in order: an id twice is an order sent twice."""
        self.turn = asyncio.Lock()  # submissions wait for it, as behind a call that hangs
        self.depth: dict[Symbol, Decimal] = {}
        self.list_lag = timedelta(0)
        self.fill_lag = timedelta(0)
        self.crash = Crash()
        self.on_change: Callable[[], None] | None = None
        """Called after each change of an order, before anybody is answered."""
        self.delay = timedelta(seconds=3)
        self._on_the_way: list[tuple[datetime, ApprovedOrder]] = []

    async def _enter(self, method: str) -> None:
        await super()._enter(method)
        self._deliver()
        await self.crash.point("venue")

    async def submit(self, order: ApprovedOrder) -> Submission:
        async with self.turn:
            refuse_withdrawn(order)
        await self._enter("submit")
        self.arrivals.append(order.client_order_id)
        fate = self.fates.pop(0) if self.fates else Fate.TAKEN
        match fate:
            case Fate.TAKEN:
                venue_order_id = self._engine(order)
                await self.crash.point("taken")
                return Submission(venue_order_id=venue_order_id)
            case Fate.REJECTED:
                raise VenueRejected(self.name, "EOrder:Order minimum not met")
            case Fate.INSUFFICIENT:
                raise InsufficientFunds(self.name, "EOrder:Insufficient funds")
            case Fate.UNREACHED:
                raise VenueUnavailable(self.name, "connection refused")
            case Fate.NONCE_REFUSED:
                raise NonceRefused(self.name, "EAPI:Invalid nonce")
            case Fate.ANSWER_LOST:
                self._unheard(order)
                raise OutcomeUnknown(self.name, "the connection broke after the request had left")
            case Fate.DELAYED:
                self._on_the_way.append((self._clock.now() + self.delay, order))
                raise OutcomeUnknown(self.name, "no answer in time")
            case Fate.REQUEST_LOST:
                raise OutcomeUnknown(self.name, "the connection broke")
            case Fate.BROKEN:
                self._unheard(order)
                raise KeyError("txid")

    def _deliver(self) -> None:
        """Hand what has arrived to the engine, which refuses what is past its deadline."""
        waiting, self._on_the_way = self._on_the_way, []
        for due, order in waiting:
            if self._clock.now() < due:
                self._on_the_way.append((due, order))
            elif due <= order.deadline_at:
                self._unheard(order)

    def fill_resting(self, venue_order_id: VenueOrderId, quantity: str) -> None:
        """Trade a part of a resting order at its own price."""
        order = self.account.orders[venue_order_id]
        self._trade(order, Decimal(quantity), order.limit_price or ZERO)
        self._changed()

    def fill_late(self, venue_order_id: VenueOrderId, quantity: str) -> None:
        """Trade a part of an order that the venue has called ended, as real ones sometimes do."""
        order = self.account.orders[venue_order_id]
        self._lock_funds(order, 1)
        self._trade(order, Decimal(quantity), order.limit_price or ZERO)
        late = self.account.orders[venue_order_id]
        self._lock_funds(late, -1)
        self.account.orders[venue_order_id] = replace(
            late, status=order.status, closed_at=order.closed_at
        )
        self._changed()

    def place_by_hand(
        self, symbol: Symbol, side: Side, quantity: str, price: str, client_id: str | None = None
    ) -> VenueOrderId:
        """Rest an order that the bot knows nothing of."""
        order = VenueOrder(
            venue=self.name,
            venue_order_id=VenueOrderId(f"M{len(self.account.orders) + 1}"),
            client_order_id=None if client_id is None else ClientOrderId(client_id),
            symbol=symbol,
            side=side,
            order_type=OrderType.LIMIT,
            status=OrderStatus.OPEN,
            quantity=Decimal(quantity),
            filled_quantity=ZERO,
            limit_price=Decimal(price),
            cost=ZERO,
            fee=ZERO,
            opened_at=self._clock.now(),
            closed_at=None,
            reason=None,
        )
        self._lock_funds(order, 1)
        self.account.orders[order.venue_order_id] = order
        self._changed()
        return order.venue_order_id

    def forget(self, venue_order_id: VenueOrderId) -> None:
        """Lose an order as a venue restored from a backup would."""
        del self.account.orders[venue_order_id]

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        return self._shown(await super().fetch_open_orders())

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        return self._shown(await super().fetch_closed_orders(since=since))

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        return self._shown(await super().find_orders(client_order_id, symbol=symbol))

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        self.priorities.append(priority)
        await self._enter("cancel")
        return self._cancel(venue_order_id)

    async def cancel_all(self) -> int:
        await self._enter("cancel_all")
        return sum(self._cancel(order_id) for order_id in tuple(self.account.orders))

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        now = self._clock.now()
        fills = await super().fetch_fills(since=since, symbols=symbols)
        # Kraken's trade history names the venue's order id only.
        return tuple(
            replace(fill, client_order_id=None)
            for fill in fills
            if now - fill.executed_at >= self.fill_lag
        )

    def _shown(self, orders: tuple[VenueOrder, ...]) -> tuple[VenueOrder, ...]:
        now = self._clock.now()
        return tuple(order for order in orders if now - order.opened_at >= self.list_lag)

    # --- the engine -----------------------------------------------------------------------------

    def _engine(self, approved: ApprovedOrder) -> VenueOrderId:
        """Match against the depth at the touch; the rest of an IOC is cancelled."""
        intent = approved.intent
        bid, ask = self.account.quotes[intent.symbol]
        touch = ask if intent.side is Side.BUY else bid
        limit = touch if intent.limit_price is None else intent.limit_price
        crosses = limit >= touch if intent.side is Side.BUY else limit <= touch
        order = VenueOrder(
            venue=self.name,
            venue_order_id=VenueOrderId(f"M{len(self.account.orders) + 1}"),
            client_order_id=approved.client_order_id,
            symbol=intent.symbol,
            side=intent.side,
            order_type=intent.order_type,
            status=OrderStatus.OPEN,
            quantity=intent.quantity,
            filled_quantity=ZERO,
            limit_price=limit,
            cost=ZERO,
            fee=ZERO,
            opened_at=self._clock.now(),
            closed_at=None,
            reason=None,
        )
        spends, amount = self._needs(order)
        if self.account.free.get(spends, ZERO) < amount:
            raise InsufficientFunds(self.name, "EOrder:Insufficient funds")
        self._lock_funds(order, 1)
        self.account.orders[order.venue_order_id] = order
        self._changed()
        available = self.depth.get(intent.symbol, intent.quantity) if crosses else ZERO
        # In two parts where there is enough: fills of one order are several as often as one.
        for part in _parts(min(available, intent.quantity)):
            self._trade(self.account.orders[order.venue_order_id], part, touch)
            self._changed()
        rest = self.account.orders[order.venue_order_id]
        is_over = intent.time_in_force is TimeInForce.IOC or intent.order_type is OrderType.MARKET
        if is_over and not is_terminal(rest.status):
            self._cancel(order.venue_order_id)
        return order.venue_order_id

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def _unheard(self, order: ApprovedOrder) -> None:
        """Have the engine look at an order whose answer nobody will hear."""
        with contextlib.suppress(InsufficientFunds):
            self._engine(order)

    def _cancel(self, venue_order_id: VenueOrderId) -> bool:
        order = self.account.orders.get(venue_order_id)
        if order is None or is_terminal(order.status):
            return False
        self._lock_funds(order, -1)
        self.account.orders[venue_order_id] = replace(
            order, status=OrderStatus.CANCELLED, closed_at=self._clock.now()
        )
        self._changed()
        return True

    def _needs(self, order: VenueOrder) -> tuple[Asset, Decimal]:
        rest = order.quantity - order.filled_quantity
        if order.side is Side.SELL:
            return order.symbol.base, rest
        return order.symbol.quote, rest * (order.limit_price or ZERO) * (1 + self._fee)

    def _lock_funds(self, order: VenueOrder, sign: int) -> None:
        spends, amount = self._needs(order)
        account = self.account
        account.free[spends] = account.free.get(spends, ZERO) - sign * amount
        account.locked[spends] = account.locked.get(spends, ZERO) + sign * amount

    def _trade(self, order: VenueOrder, quantity: Decimal, price: Decimal) -> None:
        if quantity <= 0:
            return
        self._lock_funds(order, -1)
        cost = quantity * price
        fee = cost * self._fee
        sign = 1 if order.side is Side.BUY else -1
        self.account.credit(LedgerKind.TRADE, order.symbol.base, sign * quantity)
        self.account.credit(LedgerKind.TRADE, order.symbol.quote, -sign * cost - fee)
        self.account.fills.append(
            Fill(
                venue=self.name,
                fill_id=FillId(f"F{len(self.account.fills) + 1}"),
                venue_order_id=order.venue_order_id,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side,
                quantity=quantity,
                price=price,
                cost=cost,
                fee=fee,
                fee_asset=order.symbol.quote,
                executed_at=self._clock.now(),
            )
        )
        is_whole = order.filled_quantity + quantity == order.quantity
        after = replace(
            order,
            filled_quantity=order.filled_quantity + quantity,
            cost=order.cost + cost,
            fee=(order.fee or Decimal(0)) + fee,
            status=OrderStatus.FILLED if is_whole else OrderStatus.PARTIALLY_FILLED,
            closed_at=self._clock.now() if is_whole else None,
        )
        self.account.orders[order.venue_order_id] = after
        if not is_whole:
            self._lock_funds(after, 1)


def _parts(quantity: Decimal) -> tuple[Decimal, ...]:
    first = (quantity / 3).quantize(Decimal("0.0001"))
    return (first, quantity - first) if first > 0 else (quantity,)
