"""What holds for every strategy, and what each of them says."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.signals.signal_candles import HOUR, START, candles, line, series
from trading.model.candles import CandleSource
from trading.model.signal import NoSignal, Signal
from trading.signals.catalogue import strategies
from trading.signals.mean_reversion import MeanReversion
from trading.signals.strategy import Strategy
from trading.signals.trend import Trend

EVERY = tuple(strategies().values())
NAMES = [each.name for each in EVERY]
PRICES = st.decimals(min_value="0.0000001", max_value="900000", places=7).filter(bool)
MANY = 84


def said(strategy: Strategy, closes: list[Decimal], held: Decimal | None = None) -> Signal:
    found = strategy.propose(series(candles(closes)), held)
    assert isinstance(found, Signal), found
    return found


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
@settings(max_examples=40, deadline=None)
@given(closes=st.lists(PRICES, min_size=MANY, max_size=MANY))
def test_no_price_leads_out_of_bounds(strategy: Strategy, closes: list[Decimal]) -> None:
    found = said(strategy, closes)
    assert -1 <= found.strength <= 1
    assert found.reason
    assert found.figures
    assert START < found.since <= found.candles_until


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
@settings(max_examples=25, deadline=None)
@given(
    closes=st.lists(PRICES, min_size=MANY, max_size=MANY),
    later=st.lists(PRICES, min_size=1, max_size=5),
)
def test_what_comes_later_never_changes_what_was_said(
    strategy: Strategy, closes: list[Decimal], later: list[Decimal]
) -> None:
    """Also within one answer: `since` of the longer series looks back on the same opinions."""
    before = said(strategy, closes)
    whole = candles([*closes, *later])
    known_then = tuple(each for each in whole if each.opened_at + HOUR <= before.candles_until)
    assert strategy.propose(series(known_then), None) == before
    after = strategy.propose(series(whole), None)
    assert isinstance(after, Signal)
    if after.since <= before.candles_until:
        assert (after.strength > 0) == (before.strength > 0)
        assert (after.strength < 0) == (before.strength < 0)


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
def test_the_running_candle_says_nothing(strategy: Strategy) -> None:
    made = candles(line("100", "1.01", MANY))
    running = replace(candles([Decimal(1)], first=MANY)[0], is_closed=False)
    end = made[-1].opened_at + HOUR
    with_it = series((*made, running), as_of=end + timedelta(minutes=20))
    without = series(made, as_of=end + timedelta(minutes=20))
    assert strategy.propose(with_it, None) == strategy.propose(without, None)


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
def test_one_candle_too_few_is_no_signal_and_says_so(strategy: Strategy) -> None:
    closes = line("100", "1.01", strategy.needs)
    assert isinstance(strategy.propose(series(candles(closes)), None), Signal)
    found = strategy.propose(series(candles(closes[1:])), None)
    assert isinstance(found, NoSignal)
    assert found.reason == (
        f"{strategy.needs - 1} finished 1h candles; it needs {strategy.needs} in a row"
    )


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
def test_what_lies_before_a_gap_is_left_out(strategy: Strategy) -> None:
    made = list(candles(line("100", "1.01", 2 * strategy.needs)))
    del made[strategy.needs - 3]
    whole = strategy.propose(series(made), None)
    assert whole == strategy.propose(series(made[strategy.needs - 3 :]), None)
    assert isinstance(whole, Signal)
    del made[strategy.needs + 2]
    found = strategy.propose(series(made), None)
    assert isinstance(found, NoSignal)
    assert "after a gap that ended" in found.reason


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
def test_old_candles_are_no_ground_for_a_signal(strategy: Strategy) -> None:
    made = candles(line("100", "1.01", MANY))
    end = made[-1].opened_at + HOUR
    late = strategy.propose(series(made, as_of=end + HOUR + timedelta(minutes=7)), None)
    assert isinstance(late, NoSignal)
    assert "too long ago" in late.reason
    stored = strategy.propose(series(made, source=CandleSource.STORED), None)
    assert isinstance(stored, NoSignal)
    assert "database alone" in stored.reason
    assert isinstance(strategy.propose(series(()), None), NoSignal)


@pytest.mark.parametrize("strategy", EVERY, ids=NAMES)
@pytest.mark.parametrize("price", ["100", "0.12345678901234", "0.00000007"])
def test_a_price_that_does_not_move_says_nothing(strategy: Strategy, price: str) -> None:
    flat = [
        replace(each, high=each.close, low=each.close) for each in candles([Decimal(price)] * MANY)
    ]
    found = strategy.propose(series(flat), None)
    assert isinstance(found, Signal)
    assert (found.strength, found.reason) == (Decimal(0), "the price does not move")


@pytest.mark.parametrize(("step", "sign"), [("1.01", 1), ("0.99", -1)], ids=["up", "down"])
def test_a_trend_is_followed(step: str, sign: int) -> None:
    found = said(Trend(), line("100", step, MANY))
    assert found.strength == sign
    assert ("trend is up" if sign > 0 else "trend is down") in found.reason
    assert set(found.figures) == {"EMA 12", "EMA 26", "ATR 14"}


def test_a_trend_within_the_noise_is_none() -> None:
    saw = [Decimal(100) + (Decimal(2) if place % 2 else Decimal(-2)) for place in range(MANY)]
    found = said(Trend(), saw)
    assert found.strength == 0
    assert found.reason.startswith("no clear trend")


def test_a_trend_tells_since_when() -> None:
    down, up = line("100", "0.99", MANY), line("43", "1.02", 30)
    found = said(Trend(), [*down, *up])
    assert found.strength > 0
    turn = START + MANY * HOUR
    assert turn < found.since < found.candles_until
    first = int((found.since - START) / HOUR)
    assert said(Trend(), [*down, *up][:first]).strength > 0
    assert said(Trend(), [*down, *up][: first - 1]).strength <= 0


def test_a_fall_out_of_the_bands_is_bought_and_a_rise_sold() -> None:
    quiet = [Decimal(100) + (Decimal("0.3") if place % 2 else Decimal(0)) for place in range(80)]
    fallen = said(MeanReversion(), [*quiet, Decimal(97), Decimal(90)])
    risen = said(MeanReversion(), [*quiet, Decimal(103), Decimal(110)])
    assert fallen.strength >= Decimal("0.5")
    assert risen.strength <= Decimal("-0.5")
    assert "below its lower band" in fallen.reason
    assert said(MeanReversion(), quiet).strength == 0


def test_a_sale_of_nothing_is_said_to_be_one() -> None:
    closes = line("100", "0.99", MANY)
    assert said(Trend(), closes, Decimal(0)).reason.endswith("nothing is held that could be sold")
    assert "nothing is held" not in said(Trend(), closes, Decimal(1)).reason
    assert "nothing is held" not in said(Trend(), closes, None).reason


def test_a_strength_beyond_its_bounds_cannot_be_made() -> None:
    found = said(Trend(), line("100", "1.01", MANY))
    for strength in ("1.0001", "-2", "NaN"):
        with pytest.raises(ValueError, match="it is from -1 to 1"):
            replace(found, strength=Decimal(strength))


def test_the_age_is_that_of_the_candles() -> None:
    assert said(Trend(), line("100", "1.01", MANY)).age_seconds(112.5) == 12.5
