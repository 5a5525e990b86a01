"""A venue without its own words: one account, its engine, its books and its market.

Every change is written to the books before it is adopted and before anybody is told. Nothing in
here waits: a change is one step of the loop, with one commit of about a millisecond in it.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from simulators.clock import Clock
from simulators.exchange.archive import Archive
from simulators.exchange.audit import audit
from simulators.exchange.books import Books
from simulators.market.market import SimulatedMarket
from simulators.market.tape import Printed, Tape
from simulators.market.values import Move
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import Refused
from trading.venues.paper.values import (
    CloseReason,
    Depth,
    Fill,
    Level,
    Order,
    OrderFilled,
    OrderKind,
    OrderRequest,
    Side,
    Transition,
)

Listener = Callable[[Transition], None]
MarketListener = Callable[[], None]
# The status of a venue in which orders meet; in all others nothing is traded.
TRADING = frozenset({"online", "limit_only"})


class ExchangeCore:
    """`listeners` hear of every change after it is in the books: what a stream would push.

    `market_listeners` are told that prices, trades or the public book may have changed.
    `refusal` says in the venue's own words why the engine refused.
    """

    def __init__(
        self,
        *,
        engine: MatchingEngine,
        books: Books,
        market: SimulatedMarket,
        tapes: Mapping[str, Tape],
        refusal: Callable[[Refused], Exception],
        clock: Clock,
    ) -> None:
        self.engine = engine
        self.market = market
        self.tapes = tapes
        self.archive = Archive(connection=books.connection)
        self.listeners: list[Listener] = []
        self.market_listeners: list[MarketListener] = []
        self.status = "online"
        self.skew_seconds = 0.0
        self.has_liquidity = True
        self._books = books
        self._refusal = refusal
        self._clock = clock
        self._dice = random.Random(f"{books.setting('seed')}/prints")

    @property
    def open_orders(self) -> tuple[Order, ...]:
        return tuple(self.engine.state.orders.values())

    @property
    def is_trading(self) -> bool:
        """Whether orders meet; in the other modes books and prices stand still."""
        return self.status in TRADING

    def now(self) -> datetime:
        """The venue's own clock, which may be wrong on demand."""
        return self._clock.now() + timedelta(seconds=self.skew_seconds)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def submitted(self, request: OrderRequest) -> Transition:
        """Compute what an order would do, without doing it; raise the venue's refusal."""
        outcome = self.engine.submit(request, at=self.now())
        if isinstance(outcome, Refused):
            raise self._refusal(outcome)
        return outcome

    def audit(self) -> list[str]:
        """Hold the books against themselves, digit by digit; an empty list is well."""
        return audit(self.engine.state, self.archive, is_paid_in_base=self._is_paid_in_base)

    def meet(self, order: Order, fraction: Decimal) -> None:
        """Have the world trade a share of what is left of a resting order, at its own price."""
        price = order.request.limit_price
        market = self.engine.market(order.request.market)
        quantity = order.remaining * fraction
        if price is None or market is None or quantity < market.lot_step:
            return
        level = (Level(price=price, quantity=quantity),)
        is_buying = order.request.side is Side.BUY
        depth = Depth(asks=level) if is_buying else Depth(bids=level)
        self.commit(self.engine.refresh(market.symbol, depth, at=self.now()))
        self.renew()

    def cancel(self, order_ids: Iterable[str], reason: CloseReason = CloseReason.USER) -> None:
        self.require(self.engine.cancel(order_ids, at=self.now(), reason=reason))

    def deposit(self, asset: str, amount: Decimal, *, times: int = 1) -> None:
        """Let money arrive, so many times in one commit."""
        self._all_at_once(self._deposited(asset, amount) for _ in range(times))

    def withdraw(self, asset: str, amount: Decimal) -> None:
        self.require(self.engine.withdraw(asset, amount, at=self.now()))

    def settle_time(self) -> None:
        """Do what is due by now: expire orders."""
        now = self.now()
        if any(_is_due(order, now) for order in self.open_orders):
            self.commit(self.engine.expire(at=now))

    def tick(self, real_seconds: float) -> None:
        """Let the market move, if anything is traded now; all of it is one commit."""
        self.settle_time()
        if self.is_trading:
            self._apply_all(self.market.advance(real_seconds))

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move one market by hand; the markets that follow from it move too."""
        self.market.set_price(symbol, price)
        self.renew()

    def renew(self) -> None:
        """Renew every book around the price it has, unless nothing is traded now."""
        if not self.is_trading:
            return
        self._apply_all(self.market.standing(symbol) for symbol in self.market.symbols)

    def limit_depth(self, symbol: str, side: Side, quantity: Decimal) -> None:
        """Leave no more than this on the other side of an order that is about to come."""
        market = self.engine.market(symbol)
        if market is None:
            return
        quantity = quantity // market.lot_step * market.lot_step
        depth = self.engine.state.depths.get(symbol, Depth())
        levels = depth.asks if side is Side.BUY else depth.bids
        best = (Level(price=levels[0].price, quantity=quantity),) if levels and quantity else ()
        if side is Side.BUY:
            depth = Depth(bids=depth.bids, asks=best)
        else:
            depth = Depth(bids=best, asks=depth.asks)
        self.commit(self.engine.refresh(symbol, depth, at=self.now()))

    def require(self, outcome: Transition | Refused) -> None:
        """Make a change, or raise the venue's refusal."""
        if isinstance(outcome, Refused):
            raise self._refusal(outcome)
        self.commit(outcome)

    def commit(self, transition: Transition, write_more: Callable[[], None] | None = None) -> None:
        """Write a change down, make it, and tell."""
        if transition.events:
            with self._books.transaction():
                self._books.write_transition(transition)
                if write_more is not None:
                    write_more()
        self._adopt(transition)
        self._tell([transition])

    def filled(self, fill: Fill) -> None:
        """Note a fill of the account, for a venue that counts them."""

    def _is_paid_in_base(self, fill: Fill) -> bool:
        market = self.engine.market(fill.market)
        return market is not None and market.pays_in_base(fill.side)

    def _tell(self, transitions: Iterable[Transition]) -> None:
        for transition in transitions:
            if transition.events:
                for listener in self.listeners:
                    listener(transition)
        for market_listener in self.market_listeners:
            market_listener()

    def _adopt(self, transition: Transition) -> None:
        self.engine.adopt(transition)
        for event in transition.events:
            if isinstance(event, OrderFilled):
                self.filled(event.fill)
                self.tapes[event.fill.market].record(_print(event.fill))

    def _apply_all(self, moves: Iterable[Move]) -> None:
        """Put new prices in place, all of them in one commit."""
        self._all_at_once((self._apply(move) for move in moves), self._write_market)

    def _all_at_once(
        self, changes: Iterable[Transition], write_more: Callable[[], None] = lambda: None
    ) -> None:
        """Make changes in one commit, or none of them; then tell."""
        before = self.engine.state
        try:
            with self._books.transaction():
                transitions = list(changes)
                write_more()
        except BaseException:
            self.engine.revert(before)
            raise
        self._tell(transitions)

    def _deposited(self, asset: str, amount: Decimal) -> Transition:
        outcome = self.engine.deposit(asset, amount, at=self.now())
        if isinstance(outcome, Refused):
            raise self._refusal(outcome)
        self._books.write_transition(outcome)
        self._adopt(outcome)
        return outcome

    def _apply(self, move: Move) -> Transition:
        now = self.now()
        depth = move.depth if self.has_liquidity else Depth()
        transition = self.engine.refresh(move.symbol, depth, at=now)
        if transition.events:
            self._books.write_transition(transition)
        tape = self.tapes[move.symbol]
        if move.traded > 0 or tape.current is None:
            printed = Printed(
                price=move.price,
                quantity=move.traded,
                side=self._dice.choice((Side.BUY, Side.SELL)),
                is_market=self._dice.random() < 0.5,  # noqa: PLR2004 -- half of them
                at=now,
            )
            tape.record(printed)
        self._adopt(transition)
        return transition

    def _write_market(self) -> None:
        self._books.write_positions(self.market.positions())
        bars = ((symbol, tape.current) for symbol, tape in self.tapes.items())
        self._books.write_bars((symbol, bar) for symbol, bar in bars if bar is not None)


def _is_due(order: Order, now: datetime) -> bool:
    return order.request.expires_at is not None and order.request.expires_at <= now


def _print(fill: Fill) -> Printed:
    return Printed(
        price=fill.price,
        quantity=fill.quantity,
        side=fill.side,
        is_market=fill.kind is OrderKind.MARKET,
        at=fill.at,
    )
