"""The table [risk]: careful without a word, off where it says so, refused where it is absurd."""

from decimal import Decimal

import pytest

from tests.trading.config.texts import WHOLE, problems, read
from trading.config.reload import plan_reload


def risk(text: str) -> str:
    return f"{WHOLE}[risk]\n{text}\n"


def test_without_a_word_it_is_careful() -> None:
    limits = read(WHOLE).risk
    assert (limits.max_daily_loss, limits.max_drawdown) == (Decimal("0.1"), Decimal("0.25"))
    assert (limits.max_price_deviation, limits.max_orders_per_minute) == (Decimal("0.05"), 120)
    assert (limits.max_order_notional, limits.max_exposure) == (None, None)
    assert (limits.on_daily_loss, limits.on_drawdown) == ("reducing", "halted")


def test_each_limit_can_be_set_and_put_off() -> None:
    written = read(
        risk(
            "max_order_notional = 250\nmax_exposure = 0.5\nexposure_of = { btc = 0.7 }\n"
            'max_drawdown = "off"\nmax_daily_loss = "off"\nmax_price_deviation = "off"\n'
            'max_orders_per_minute = "off"\non_exposure = "halted"'
        )
    ).risk
    assert written.max_order_notional == 250
    assert written.exposure_of == {"BTC": Decimal("0.7")}
    assert written.on_exposure == "halted"
    assert {
        written.max_drawdown,
        written.max_daily_loss,
        written.max_price_deviation,
        written.max_orders_per_minute,
    } == {None}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("max_drawdown = 25", "fraction of more than 0 and at most 1; was 25; 25 % is 0.25"),
        ("max_drawdown = 0", "must be a fraction of more than 0 and at most 1; was 0"),
        ("max_daily_loss = -0.1", "must be a fraction of more than 0 and at most 1; was -0.1"),
        ("max_daily_loss = '10%'", "a percentage is written as a fraction"),
        ("max_exposure = 1.5", "must be a fraction of more than 0 and at most 1"),
        ("exposure_of = { BTC = 60 }", "was 60; 60 % is 0.6"),
        ("exposure_of = { BTC = 0.5, btc = 0.6 }", "names one asset twice: BTC and btc"),
        ("max_order_notional = 0", 'must be more than 0, or "off"; was 0'),
        ("max_orders_per_minute = 1.5", "must be a whole number of more than 0"),
        ("max_orders_per_minute = 0", "must be a whole number of more than 0"),
        ("warn_at = 1", "must be less than 1; was 1"),
        ("on_drawdown = 'deny'", "must be 'reducing' or 'halted'; was 'deny'"),
        ("on_exposure = 'haltd'", "must be 'deny', 'reducing' or 'halted'; was 'haltd'"),
        ("max_price_deviation = 0.004", "is less than max_slippage of [rebalance], 0.005"),
        (
            "max_price_deviation = 0.01\n[rebalance.kraken]\nmax_slippage = 0.02",
            "is less than max_slippage of [rebalance.kraken], 0.02: such orders would all be",
        ),
    ],
)
def test_an_absurd_limit_is_refused_in_one_clear_line(text: str, why: str) -> None:
    (line,) = problems(risk(text))
    assert why in line
    assert line.startswith("config.toml:")
    assert "[risk]" in line


def test_limits_are_in_force_at_once_after_a_reload() -> None:
    text = risk(
        "max_drawdown = 0.3\nexposure_of = { BTC = 0.6 }\nwarn_at = 0.5\non_drawdown = 'reducing'"
    )
    reload = plan_reload(read(WHOLE), read(text))
    assert reload.restart_needed == ()
    assert set(reload.applied) == {
        "risk.exposure_of",
        "risk.max_drawdown",
        "risk.on_drawdown",
        "risk.warn_at",
    }
