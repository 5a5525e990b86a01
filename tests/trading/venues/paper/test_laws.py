"""Laws that hold of the engine whatever is done to it, in whatever order."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.venues.paper.samples import (
    BTC_USD,
    ETH_BTC,
    ETH_USD,
    FEES,
    START,
    after,
)
from trading.venues.paper.amendment import Amendment
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.invariants import violations
from trading.venues.paper.refusals import Refused
from trading.venues.paper.rounding import buying_hold, cost_of, fee_of
from trading.venues.paper.values import (
    Depth,
    EngineState,
    Fees,
    Fill,
    LedgerEntered,
    Level,
    Order,
    OrderAccepted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderRequest,
    Side,
    TimeInForce,
    Transition,
)

MARKETS = {market.symbol: market for market in (BTC_USD, ETH_BTC, ETH_USD)}
CENTRES = {"BTC/USD": 1000, "ETH/BTC": 5000, "ETH/USD": 10_000}  # in ticks
Step = Callable[[MatchingEngine, int], Transition | Refused]


@dataclass
class Story:
    """What an observer who only sees the events writes down."""

    moved: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    fills: list[tuple[Fill, OrderRequest]] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)

    def note(self, transition: Transition) -> None:
        for event in transition.events:
            match event:
                case LedgerEntered(row=row):
                    self.moved[row.asset] += row.amount - row.fee
                    assert row.balance == self.moved[row.asset]
                case OrderFilled(order=order, fill=fill):
                    self.fills.append((fill, order.request))  # as it was when it traded
                    self.orders[order.order_id] = order
                case (
                    OrderAccepted(order=order)
                    | OrderAmended(order=order)
                    | OrderEnded(order=order)
                ):
                    self.orders[order.order_id] = order


ticks = st.integers(min_value=-6, max_value=6)
lots = st.integers(min_value=1, max_value=3 * 10**8)
symbols = st.sampled_from(sorted(MARKETS))


@st.composite
def order_steps(draw: st.DrawFn) -> Step:
    symbol = draw(symbols)
    market = MARKETS[symbol]
    kind = draw(st.sampled_from(OrderKind))
    force = draw(st.sampled_from(TimeInForce))
    limit = (CENTRES[symbol] + draw(ticks)) * market.tick_size
    if kind is OrderKind.MARKET:
        force = TimeInForce.GTC
    side, quantity = draw(st.sampled_from(Side)), draw(lots) * market.lot_step
    may_rest = kind is OrderKind.LIMIT and force not in {TimeInForce.IOC, TimeInForce.FOK}
    post_only = may_rest and draw(st.booleans())
    client = draw(st.none() | st.sampled_from(["a", "b"]))

    def step(engine: MatchingEngine, number: int) -> Transition | Refused:
        request = OrderRequest(
            order_id=f"O{number}",
            market=symbol,
            side=side,
            kind=kind,
            quantity=quantity,
            limit_price=limit if kind is OrderKind.LIMIT else None,
            time_in_force=force,
            expires_at=after(number + 3) if force is TimeInForce.GTD else None,
            post_only=post_only,
            client_order_id=client,
            fees=FEES,
        )
        return engine.submit(request, at=after(number))

    return step


@st.composite
def refresh_steps(draw: st.DrawFn) -> Step:
    symbol = draw(symbols)
    market = MARKETS[symbol]
    centre = CENTRES[symbol] + draw(ticks)
    sizes = draw(st.lists(lots, min_size=0, max_size=12))

    def side(direction: int, sizes: list[int]) -> tuple[Level, ...]:
        return tuple(
            Level(
                price=(centre + direction * (rank + 1)) * market.tick_size,
                quantity=size * market.lot_step,
            )
            for rank, size in enumerate(sizes)
        )

    book = Depth(bids=side(-1, sizes[::2]), asks=side(1, sizes[1::2]))
    return lambda engine, number: engine.refresh(symbol, book, at=after(number))


@st.composite
def cancel_steps(draw: st.DrawFn) -> Step:
    choice = draw(st.integers(min_value=0, max_value=5))

    def step(engine: MatchingEngine, number: int) -> Transition | Refused:
        names = list(engine.state.orders)
        return engine.cancel(names[choice : choice + 1], at=after(number))

    return step


@st.composite
def amend_steps(draw: st.DrawFn) -> Step:
    choice = draw(st.integers(min_value=0, max_value=5))
    quantity, tick = draw(st.none() | lots), draw(st.none() | ticks)
    post_only = draw(st.booleans())

    def step(engine: MatchingEngine, number: int) -> Transition | Refused:
        names = list(engine.state.orders)[choice : choice + 1]
        symbol = engine.state.orders[names[0]].request.market if names else "BTC/USD"
        market = MARKETS[symbol]
        wish = Amendment(
            order_id=names[0] if names else "nobody's",
            quantity=None if quantity is None else quantity * market.lot_step,
            limit_price=None if tick is None else (CENTRES[symbol] + tick) * market.tick_size,
            post_only=post_only,
        )
        return engine.amend(wish, at=after(number))

    return step


@st.composite
def transfer_steps(draw: st.DrawFn) -> Step:
    asset = draw(st.sampled_from(["USD", "BTC", "ETH"]))
    amount = Decimal(draw(st.integers(min_value=1, max_value=10**7))) / 10**4
    is_deposit = draw(st.booleans())

    def step(engine: MatchingEngine, number: int) -> Transition | Refused:
        move = engine.deposit if is_deposit else engine.withdraw
        return move(asset, amount, at=after(number))

    return step


def expire_step(engine: MatchingEngine, number: int) -> Transition | Refused:
    return engine.expire(at=after(number))


steps = st.lists(
    st.one_of(
        order_steps(),
        order_steps(),
        order_steps(),
        refresh_steps(),
        refresh_steps(),
        cancel_steps(),
        amend_steps(),
        transfer_steps(),
        st.just(expire_step),
    ),
    min_size=10,
    max_size=40,
)


def play(story_steps: list[Step]) -> tuple[MatchingEngine, Story, list[object]]:
    engine = MatchingEngine(markets=MARKETS.values(), state=EngineState())
    story, outcomes = Story(), list[object]()
    for asset, total in (("USD", "2000"), ("BTC", "15"), ("ETH", "30")):
        opening = engine.deposit(asset, Decimal(total), at=START)
        assert isinstance(opening, Transition)
        engine.adopt(opening)
        story.note(opening)
    for number, step in enumerate(story_steps, start=1):
        before = engine.state
        outcome = step(engine, number)
        outcomes.append(outcome)
        assert engine.state is before, "nothing changes before it is adopted"
        if isinstance(outcome, Transition):
            engine.adopt(outcome)
            story.note(outcome)
    return engine, story, outcomes


@settings(max_examples=80, deadline=None)
@given(story_steps=steps)
def test_the_books_always_agree_with_the_events(story_steps: list[Step]) -> None:
    engine, story, _ = play(story_steps)
    assert violations(engine.state, MARKETS) == []
    for asset, balance in engine.state.balances.items():
        assert balance.total == story.moved[asset], "assets come and go through the ledger only"
        assert balance.total == balance.free + balance.hold
        assert balance.free >= 0
        assert balance.hold >= 0
    open_orders = {name: order for name, order in story.orders.items() if order.closed_at is None}
    assert dict(engine.state.orders) == open_orders


@settings(max_examples=80, deadline=None)
@given(story_steps=steps)
def test_orders_get_what_they_asked_for_and_no_more(story_steps: list[Step]) -> None:
    _, story, _ = play(story_steps)
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for fill, request in story.fills:
        market = MARKETS[fill.market]
        filled[fill.order_id] += fill.quantity
        fraction = FEES.maker if fill.is_maker else FEES.taker
        assert fill.cost == cost_of(market=market, price=fill.price, quantity=fill.quantity)
        if market is ETH_USD and request.side is Side.BUY:
            assert 0 <= fill.quantity * fraction - fill.fee < Decimal("0.00000001"), "in ETH"
        else:
            assert fill.fee == fee_of(market=market, cost=fill.cost, fraction=fraction)
        assert fill.quantity % market.lot_step == 0
        if request.limit_price is not None:
            better = fill.price <= request.limit_price
            worse = fill.price >= request.limit_price
            assert better if request.side is Side.BUY else worse
        assert not (request.post_only and not fill.is_maker)
    for name, order in story.orders.items():
        assert order.filled == filled[name]
        assert order.filled <= order.request.quantity
        if order.request.time_in_force is TimeInForce.FOK:
            assert order.filled in {0, order.request.quantity}
        assert (order.closed_at is None) == (order.state.value == "open")


@settings(max_examples=50, deadline=None)
@given(story_steps=steps)
def test_the_same_story_always_ends_the_same(story_steps: list[Step]) -> None:
    first, second = play(story_steps), play(story_steps)
    assert first[0].state == second[0].state
    assert first[2] == second[2]


@settings(deadline=None)
@given(
    price=st.integers(min_value=1, max_value=10**7),
    parts=st.lists(lots, min_size=1, max_size=8),
    taker=st.integers(min_value=0, max_value=100),
    maker=st.integers(min_value=-10, max_value=100),
)
def test_a_hold_always_covers_the_fills_it_is_for(
    price: int, parts: list[int], taker: int, maker: int
) -> None:
    fees = Fees(taker=Decimal(taker) / 10**4, maker=Decimal(maker) / 10**4)
    limit = price * BTC_USD.tick_size
    left = sum(parts) * BTC_USD.lot_step
    for part in parts:
        quantity = part * BTC_USD.lot_step
        cost = cost_of(market=BTC_USD, price=limit, quantity=quantity)
        fee = fee_of(market=BTC_USD, cost=cost, fraction=fees.highest)
        before = buying_hold(market=BTC_USD, price=limit, quantity=left, fees=fees)
        left -= quantity
        later = buying_hold(market=BTC_USD, price=limit, quantity=left, fees=fees)
        assert before - later >= cost + fee
