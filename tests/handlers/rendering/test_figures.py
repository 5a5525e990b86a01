"""Figures: exact where it matters, unknown never a zero."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rendering.figures import (
    UNKNOWN,
    age,
    age_since,
    average,
    exact,
    moment_of,
    money,
    percent,
    price,
)
from handlers.rendering.tables import PHONE_WIDTH, table

AMOUNT = st.decimals(
    allow_nan=False, allow_infinity=False, places=10, min_value=0, max_value=10**9
)


@given(AMOUNT)
def test_exact_is_the_same_number(amount: Decimal) -> None:
    assert Decimal(exact(amount)) == amount
    assert "E" not in exact(amount)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Decimal("1234567.891"), "1,234,567.89 USD", id="thousands"),
        pytest.param(Decimal("-0.004321987"), "-0.00432199 USD", id="small"),
        pytest.param(Decimal(0), "0.00 USD", id="a proven zero"),
        pytest.param(None, UNKNOWN, id="unknown"),
    ],
)
def test_money(value: Decimal | None, expected: str) -> None:
    assert money(value, "USD") == expected


def test_prices_percents_and_averages() -> None:
    assert price(Decimal("39800.50")) == "39,800.5"
    assert price(None) == percent(None) == exact(None) == UNKNOWN
    assert percent(Decimal("-0.12345"), signed=True) == "-12.34 %"
    assert average(Decimal(100000) / 3) == "33,333.333"
    assert average(None) == UNKNOWN


def test_an_absurd_amount_is_written_too() -> None:
    assert money(Decimal("1e30")) == f"{10**30:,}.00"
    assert percent(Decimal("1e30")) == f"{10**32}.00 %"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 d"), (-5, "0 s")],
)
def test_ages(seconds: float, expected: str) -> None:
    assert age(seconds) == expected


def test_moments_carry_their_zone() -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert age_since(None, now) == UNKNOWN
    assert moment_of("2026-01-05T12:00:00+00:00") == now
    with pytest.raises(ValueError, match="without zone"):
        moment_of("2026-01-05T12:00:00")


@given(
    st.lists(
        st.tuples(st.text("ABC", min_size=1, max_size=8), AMOUNT.map(exact), AMOUNT.map(exact)),
        max_size=6,
    )
)
def test_tables_fit_a_phone_and_cut_no_figure(rows: list[tuple[str, str, str]]) -> None:
    text = table(("asset", "amount", "value"), rows, align="lrr")
    assert all(len(line) <= PHONE_WIDTH for line in text.splitlines())
    words = text.split()
    for row in rows:
        assert set(row) <= set(words)
