"""The simulated market: repeatable under its seed, on the tick, and never crossed."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.market.backfill import TIERS, Backfill
from simulators.market.bars import Bar, merge
from simulators.market.depth import depth_around
from simulators.market.market import SimulatedMarket
from simulators.market.sources import RandomWalk, Ratio
from simulators.market.tape import Printed, Tape
from simulators.market.values import InstrumentShape
from trading.venues.paper.invariants import depth_violations
from trading.venues.paper.values import Side

NOW = datetime(2026, 5, 4, 10, 30, 20, tzinfo=UTC)


def shape(symbol: str = "BTC/USD", tick: str = "0.1", price: str = "64000") -> InstrumentShape:
    return InstrumentShape(
        symbol=symbol,
        tick_size=Decimal(tick),
        start_price=Decimal(price),
        volatility=0.0001,
        level_notional=Decimal(4000),
    )


def market(seed: int = 7) -> SimulatedMarket:
    bitcoin = RandomWalk(shape=shape(), seed=seed)
    ether = RandomWalk(shape=shape("ETH/USD", "0.01", "3100"), seed=seed)
    cross = shape("ETH/BTC", "0.00001", "1")
    return SimulatedMarket(
        shapes={"BTC/USD": shape(), "ETH/USD": shape("ETH/USD", "0.01"), "ETH/BTC": cross},
        sources={
            "BTC/USD": bitcoin,
            "ETH/USD": ether,
            "ETH/BTC": Ratio(shape=cross, numerator=ether, denominator=bitcoin),
        },
        seed=seed,
        speed=1.0,
    )


def test_the_same_seed_gives_the_same_market() -> None:
    first, second, other = market(), market(), market(8)
    moves = [list(one.advance(1.0)) for one in (first, second, other) for _ in range(3)]
    assert moves[0:3] == moves[3:6]
    assert moves[0:3] != moves[6:9]


def test_a_walk_resumed_goes_on_as_it_would_have() -> None:
    whole, part = RandomWalk(shape=shape(), seed=3), RandomWalk(shape=shape(), seed=3)
    for _ in range(5):
        whole.advance(1.0)
        part.advance(1.0)
    resumed = RandomWalk(shape=shape(), seed=3, position=part.position)
    assert [whole.advance(1.0) for _ in range(5)] == [resumed.advance(1.0) for _ in range(5)]


def test_a_walk_never_falls_to_nothing() -> None:
    wild = InstrumentShape(
        symbol="X/USD",
        tick_size=Decimal("0.01"),
        start_price=Decimal(1),
        volatility=2.0,
        level_notional=Decimal(100),
    )
    walk = RandomWalk(shape=wild, seed=1)
    assert all(walk.advance(1.0)[-1] >= Decimal("0.2") for _ in range(200))


def test_at_no_speed_the_price_stands_and_the_book_lives() -> None:
    still = market()
    still.speed = 0.0
    before = {symbol: still.price(symbol) for symbol in still.symbols}
    books = [move.depth for _ in range(2) for move in still.advance(1.0)]
    assert {symbol: still.price(symbol) for symbol in still.symbols} == before
    assert books[:3] != books[3:]


def test_a_frozen_market_stands_while_the_others_move() -> None:
    one = market()
    before = one.price("BTC/USD"), one.price("ETH/USD")
    one.freeze("BTC/USD", frozen=True)
    list(one.advance(1.0))
    assert one.price("BTC/USD") == before[0]
    assert one.price("ETH/USD") != before[1]
    one.freeze("BTC/USD", frozen=False)
    list(one.advance(1.0))
    assert one.price("BTC/USD") != before[0]


def test_a_cross_follows_its_two_markets_and_keeps_a_price_set_by_hand() -> None:
    one = market()
    fair = one.price("ETH/USD") / one.price("BTC/USD")
    assert abs(one.price("ETH/BTC") - fair) <= Decimal("0.00001")
    one.set_price("BTC/USD", one.price("BTC/USD") * 2)
    assert abs(one.price("ETH/BTC") - fair / 2) <= Decimal("0.00001")
    one.set_price("ETH/BTC", Decimal("0.05"))
    assert one.price("ETH/BTC") == Decimal("0.05000")


@settings(deadline=None)
@given(
    ticks=st.integers(min_value=1, max_value=10**7),
    seed=st.integers(min_value=0, max_value=1000),
)
def test_a_book_is_sorted_uncrossed_and_on_the_tick(ticks: int, seed: int) -> None:
    one = shape()
    book = depth_around(ticks * one.tick_size, shape=one, dice=random.Random(seed))
    assert depth_violations(book) == []
    assert book.bids
    assert book.asks
    for level in (*book.bids, *book.asks):
        assert level.price % one.tick_size == 0
        assert level.quantity % one.quantity_step == 0


def printed(seconds: float, price: str, quantity: str = "1") -> Printed:
    return Printed(
        price=Decimal(price),
        quantity=Decimal(quantity),
        side=Side.BUY,
        is_market=True,
        at=NOW + timedelta(seconds=seconds),
    )


def test_trades_make_bars_and_quiet_bars_fill_the_pauses() -> None:
    tape = Tape(backfill=None)
    for seconds, price in ((0, "10"), (10, "12"), (20, "11"), (200, "20")):
        tape.record(printed(seconds, price))
    bars = tape.bars(seconds=60, at=NOW + timedelta(seconds=260))
    shown = [f"{bar.open} {bar.high} {bar.low} {bar.close} {bar.count}" for bar in bars]
    assert shown == [
        "10 12 10 11 3",
        "11 11 11 11 0",
        "11 11 11 11 0",
        "20 20 20 20 1",
        "20 20 20 20 0",
    ]
    (hour,) = tape.bars(seconds=3600, at=NOW + timedelta(seconds=260))
    assert (hour.volume, hour.average_price) == (Decimal(4), Decimal("13.25"))


def test_a_clock_that_steps_back_does_not_disorder_the_bars() -> None:
    tape = Tape(backfill=None)
    for seconds in (0, 120, 5):
        tape.record(printed(seconds, "10"))
    bars = tape.bars(seconds=60, at=NOW + timedelta(seconds=120))
    assert [bar.count for bar in bars] == [1, 0, 2]


def test_the_past_ends_where_the_tape_begins_and_is_always_the_same() -> None:
    pasts = [
        Backfill(shape=shape(), seed=5, price=Decimal(64000), before=int(NOW.timestamp()))
        for _ in range(2)
    ]
    bars = pasts[0].bars(first=0)
    assert len(bars) == sum(tier.count for tier in TIERS)
    assert bars == pasts[1].bars(first=0)
    assert bars[-1].close == Decimal(64000)
    for older, newer in pairwise(bars):
        assert older.start < newer.start
        assert older.close == newer.open
        assert newer.low <= min(newer.open, newer.close)
        assert newer.high >= max(newer.open, newer.close)


@pytest.mark.parametrize("minutes", [1, 5, 15, 30, 60, 240, 1440])
def test_with_a_past_a_tape_has_bars_of_every_length(minutes: int) -> None:
    past = Backfill(shape=shape(), seed=5, price=Decimal(64000), before=int(NOW.timestamp()))
    tape = Tape(backfill=past)
    tape.record(printed(0, "64000"))
    bars = tape.bars(seconds=minutes * 60, at=NOW)
    assert len(bars) == 720
    assert {newer.start - older.start for older, newer in pairwise(bars)} == {minutes * 60}
    assert bars[-1].close == Decimal(64000)
    assert all(bar.count for bar in bars), "no bar is invented from a longer one"


def test_the_day_sums_up_what_was_traded_in_it() -> None:
    tape = Tape(backfill=None)
    assert tape.day(NOW) is None
    yesterday = -12 * 3600
    for seconds, price in ((yesterday, "30"), (0, "10"), (61, "14"), (62, "12")):
        tape.record(printed(seconds, price))
    day = tape.day(NOW + timedelta(seconds=70))
    assert day is not None
    assert (day.today.low, day.today.high, day.today.count) == (Decimal(10), Decimal(14), 3)
    assert (day.last_day.high, day.last_day.count) == (Decimal(30), 4)
    assert day.last_day.volume == Decimal(4)


def test_bars_merge_into_what_they_say_together() -> None:
    bars = [
        Bar.of_trade(start=0, price=Decimal(price), quantity=Decimal(1)) for price in (3, 5, 4)
    ]
    merged = merge(bars)
    assert f"{merged.open} {merged.high} {merged.low} {merged.close}" == "3 5 3 4"
    assert merged.average_price == Decimal(4)
    assert Bar.quiet(start=0, price=Decimal(1)).average_price is None
