"""What is remembered of candles: for a while, never past a candle's end, and not without bound."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from tests.trading.market.candle_values import BTC_USD, MINUTE, at, row
from trading.market.candle_memory import CandleMemory, time_to_live
from trading.model.candles import CandleInterval, CandleSeries, CandleSource, Gap
from trading.model.identifiers import Symbol, VenueName

VENUE = VenueName("memory")
KEY = (VENUE, BTC_USD, MINUTE)


def series(clock: FakeClock, *places: int, symbol: Symbol = BTC_USD) -> CandleSeries:
    return CandleSeries(
        venue=VENUE,
        symbol=symbol,
        interval=MINUTE,
        candles=row(places, symbol=symbol),
        gaps=(Gap(start=at(-9), end=at(-5)),),
        source=CandleSource.EXCHANGE,
        as_of=clock.now(),
        as_of_monotonic=clock.monotonic(),
    )


def test_a_part_is_served_with_what_is_missing_of_it_and_nothing_beyond() -> None:
    clock = FakeClock()
    memory = CandleMemory(clock=clock)
    memory.put(series(clock, -10, -3, -2, -1, 0), at(-10))
    found = memory.get(KEY, at(-7))
    assert found is not None
    assert [each.opened_at for each in found.candles] == [at(-3), at(-2), at(-1), at(0)]
    assert found.gaps == (Gap(start=at(-7), end=at(-5)),)
    assert memory.get(KEY, at(-11)) is None
    assert memory.held(KEY, at(-11)) is None


async def test_it_is_good_for_a_while_and_never_past_the_end_of_its_running_candle() -> None:
    clock = FakeClock()
    memory = CandleMemory(clock=clock)
    memory.put(series(clock, -1, 0), at(-1))
    await clock.advance(5.1)
    assert memory.get(KEY, at(-1)) is None
    assert memory.get(KEY, at(-1), max_age_seconds=60) is not None
    await clock.advance(55)
    assert memory.get(KEY, at(-1), max_age_seconds=3600) is None
    assert memory.held(KEY, at(-1)) is not None, "old, but to be built upon"


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    clock = FakeClock()
    memory = CandleMemory(clock=clock, most_candles=6)
    symbols = [Symbol.parse(f"{name}/USD") for name in ("A1", "B1", "C1")]
    for symbol in symbols[:2]:
        memory.put(series(clock, -2, -1, 0, symbol=symbol), at(-2))
    assert memory.get((VENUE, symbols[0], MINUTE), at(-2)) is not None
    memory.put(series(clock, -2, -1, 0, symbol=symbols[2]), at(-2))
    held = [memory.get((VENUE, symbol, MINUTE), at(-2)) is not None for symbol in symbols]
    assert held == [True, False, True]


@given(
    sizes=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=15),
    most=st.integers(1, 12),
)
def test_it_holds_no_more_than_it_should_but_always_the_newest(
    sizes: list[tuple[int, int]], most: int
) -> None:
    clock = FakeClock()
    memory = CandleMemory(clock=clock, most_candles=most)
    symbols = [Symbol.parse(f"N{number}/USD") for number in range(5)]
    for number, count in sizes:
        places = range(1 - count, 1)
        memory.put(series(clock, *places, symbol=symbols[number]), at(-5))
    kept = [memory.held((VENUE, symbol, MINUTE), at(-5)) for symbol in symbols]
    assert kept[sizes[-1][0]] is not None
    there = [len(each.candles) for each in kept if each is not None]
    assert sum(there) <= most or len(there) == 1


@pytest.mark.parametrize("interval", list(CandleInterval))
def test_the_longer_the_candle_the_longer_it_is_good(interval: CandleInterval) -> None:
    assert 5 <= time_to_live(interval) <= 60
    assert timedelta(seconds=time_to_live(interval)) < interval.length
