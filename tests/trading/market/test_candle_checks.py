"""Nothing impossible passes, merging loses nothing, gaps and candles together tile the time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import START
from tests.trading.market.candle_values import BTC_USD, ETH_USD, MINUTE, at, candle, row
from trading.errors import PriceError, PriceFault
from trading.market.candle_checks import check_candles, explain_gaps, find_gaps, merge
from trading.model.candles import CandleInterval, Gap, GapReason
from trading.model.identifiers import VenueName
from trading.model.market_data import Candle

VENUE = VenueName("memory")
PLACES = st.sets(st.integers(-30, 0), max_size=31)
REASONS = st.sampled_from((GapReason.NO_TRADES, GapReason.OUT_OF_REACH))


def check(*candles: Candle) -> None:
    check_candles(candles, venue=VENUE, symbol=BTC_USD, interval=MINUTE, now=START)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opened_at": at(0) + timedelta(seconds=1)}, "does not open on a whole 1m"),
        ({"opened_at": at(3)}, "opens in the future"),
        ({"high": Decimal(99)}, "contradict each other"),
        ({"low": Decimal(101)}, "contradict each other"),
        ({"low": Decimal(0)}, "contradict each other"),
        ({"close": Decimal("NaN")}, "no number"),
        ({"volume": Decimal(-1)}, "its volume is -1"),
        ({"symbol": ETH_USD}, "it is one of ETH/USD"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_candle_that_cannot_be_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(PriceError, match=words) as caught:
        check(candle(-1), replace(candle(0), **change))
    assert caught.value.fault is PriceFault.MALFORMED


@pytest.mark.parametrize(
    "candles",
    [
        (candle(-1), candle(-1)),
        (candle(-1), candle(-2)),
        (candle(-2, is_closed=False), candle(-1)),
    ],
    ids=["twice", "backwards", "runs while others follow"],
)
def test_candles_do_not_overlap_and_only_the_last_runs(candles: tuple[Candle, ...]) -> None:
    with pytest.raises(PriceError, match="cannot be right"):
        check(*candles)


def test_a_good_answer_passes() -> None:
    check(*row(range(-5, 0)), candle(0, is_closed=False))
    check()


@given(places=PLACES, known=st.lists(st.tuples(st.integers(-30, -1), REASONS), max_size=4))
def test_candles_and_gaps_tile_the_time_without_overlap(
    places: set[int], known: list[tuple[int, GapReason]]
) -> None:
    explained = [Gap(start=at(place), end=at(place + 2), reason=why) for place, why in known]
    gaps = find_gaps(
        [at(place) for place in places],
        interval=MINUTE, start=at(-30), end=at(1), known=explained,
    )  # fmt: skip
    missing = [
        gap.start + each * MINUTE.length for gap in gaps for each in range(gap.count(MINUTE))
    ]
    assert sorted([*missing, *(at(place) for place in places)]) == [
        at(place) for place in range(-30, 1)
    ]
    assert all(
        before.end < after.start or before.reason is not after.reason
        for before, after in pairwise(gaps)
    ), "neighbours of one reason are one gap"
    for gap in gaps:
        if gap.reason is not GapReason.NOT_YET:
            assert any(each.start <= gap.start < each.end for each in explained)


@given(before=PLACES, after=PLACES, running=st.booleans())
def test_merging_keeps_everything_once_in_order_and_news_win(
    before: set[int], after: set[int], running: bool
) -> None:
    old = tuple(candle(place, "100") for place in sorted(before))
    new = tuple(candle(place, "200") for place in sorted(after))
    if running and new:
        new = (*new[:-1], replace(new[-1], is_closed=False))
    merged = merge(old, new)
    opened = [each.opened_at for each in merged]
    expected = {at(place) for place in before | after}
    if running and new and max(before, default=-31) > max(after):
        expected -= {at(max(after))} - {at(place) for place in before}
    assert opened == sorted(expected)
    assert all(each.is_closed for each in merged[:-1])
    for each in merged:
        is_new = each.opened_at in {one.opened_at for one in new if one.is_closed}
        assert each.close == 200 or not is_new, "what is closed and newer wins"
    assert merge(merged, new) == merged


def test_a_running_candle_never_takes_the_place_of_a_closed_one() -> None:
    closed, running = candle(0, "100"), candle(0, "200", is_closed=False)
    assert merge((closed,), (running,)) == (closed,)
    assert merge((running,), (closed,)) == (closed,)


@given(places=PLACES, reach=st.one_of(st.none(), st.integers(1, 31)))
def test_only_what_an_answer_proves_is_called_unfillable(
    places: set[int], reach: int | None
) -> None:
    answer = row(sorted(places))
    opened = [each.opened_at for each in answer]
    missing = find_gaps(opened, interval=MINUTE, start=at(-30), end=at(1))
    proven = explain_gaps(missing, answer, reach=reach)
    if not answer:
        assert proven == ()
        return
    for gap in proven:
        assert gap.end <= opened[-1], "what follows the newest may still come"
        cut = reach is not None and len(answer) >= reach - 1 and gap.end <= opened[0]
        assert gap.reason is (GapReason.OUT_OF_REACH if cut else GapReason.NO_TRADES)
    assert {gap.start for gap in missing} - {gap.start for gap in proven} <= {
        opened[-1] + MINUTE.length
    }


@given(st.sampled_from(CandleInterval), st.datetimes(min_value=START.replace(tzinfo=None)))
def test_an_interval_has_its_place_on_the_clock(interval: CandleInterval, moment: Any) -> None:
    aware = moment.replace(tzinfo=START.tzinfo)
    start = interval.start_of(aware)
    assert start <= aware < start + interval.length
    assert interval.start_of(start) == start == interval.first_from(start)
    assert aware <= interval.first_from(aware) < aware + interval.length
