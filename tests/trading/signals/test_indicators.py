"""The indicators against their definitions, reckoned here in Decimals."""

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.trading.signals.signal_candles import candles, line
from trading.signals.indicators import atr, bollinger, ema, rsi

CLOSES = [Decimal(value) for value in ("10", "11", "12", "11.5", "13", "12", "14", "15")]


def near(value: Decimal | None, wanted: Decimal) -> bool:
    return value is not None and abs(value - wanted) <= abs(wanted) * Decimal("1e-10")


def test_an_average_begins_with_the_mean_and_follows_by_its_weight() -> None:
    values = ema(CLOSES, 3)
    assert values[:2] == (None, None)
    expected = Decimal(11)
    assert near(values[2], expected)
    for value, close in zip(values[3:], CLOSES[3:], strict=True):
        expected += (close - expected) / 2  # 2 / (3 + 1)
        assert near(value, expected)


def test_bands_lie_their_deviations_around_the_mean() -> None:
    (bands,) = bollinger(CLOSES[:4], 4, Decimal(2))[3:]
    assert bands is not None
    mean = sum(CLOSES[:4], Decimal(0)) / 4
    spread = (sum(((each - mean) ** 2 for each in CLOSES[:4]), Decimal(0)) / 4).sqrt()
    assert near(bands.middle, mean)
    assert near(bands.lower, mean - 2 * spread)
    assert near(bands.upper, mean + 2 * spread)


def test_a_range_reaches_from_the_close_before() -> None:
    made = candles([Decimal(100), Decimal(110), Decimal(90)])
    values = atr(made, 3)
    ranges = [made[0].high - made[0].low]
    ranges += [
        max(after.high, before.close) - min(after.low, before.close)
        for before, after in pairwise(made)
    ]
    assert values[:2] == (None, None)
    assert near(values[2], sum(ranges, Decimal(0)) / 3)


@pytest.mark.parametrize(
    ("step", "wanted"), [("1.01", Decimal(100)), ("0.99", Decimal(0))], ids=["rises", "falls"]
)
def test_the_index_of_what_only_rises_is_a_hundred(step: str, wanted: Decimal) -> None:
    values = rsi(line("100", step, 20), 14)
    assert values[13] is None
    assert values[-1] == wanted


def test_what_comes_back_has_twelve_digits_and_no_more() -> None:
    found = ema(line("0.00001234567891", "1.01", 40), 26)
    assert all(len(each.as_tuple().digits) <= 12 for each in found if each is not None)
    assert found[-1] is not None
