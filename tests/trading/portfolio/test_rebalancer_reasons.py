"""The planner's reasons: what it does not do, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.portfolio.planning_cases import SETTINGS, balances, inputs, leg, not_denied
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.model.instrument import InstrumentStatus, Side
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import plan_rebalance

BTC, ETH = Asset("BTC"), Asset("ETH")
LEGS = (leg("BTC", "50000"), leg("ETH", "2500"))
HALVES = {"BTC": "0.5", "ETH": "0.3"}


def planned(portfolio: PlanInputs) -> Plan:
    return not_denied(plan_rebalance(portfolio))


NO_PAIR = Denied(code=DenialCode.NO_INSTRUMENT, reason="BTC: no pair with USD")
NO_PRICE = Denied(code=DenialCode.PRICE_UNUSABLE, reason="BTC: the book is crossed")


@pytest.mark.parametrize("refusal", [NO_PAIR, NO_PRICE], ids=["no-pair", "no-price"])
def test_what_is_held_and_has_no_price_makes_every_weight_unknown(refusal: Denied) -> None:
    portfolio = inputs({"BTC": "0.1", "USD": "5000"}, HALVES, LEGS)
    answer = plan_rebalance(replace(portfolio, legs={**portfolio.legs, BTC: refusal}))
    assert isinstance(answer, Denied)
    assert answer.code is DenialCode.PRICE_UNUSABLE
    assert refusal.reason in answer.reason


@pytest.mark.parametrize("refusal", [NO_PAIR, NO_PRICE], ids=["no-pair", "no-price"])
def test_what_is_not_held_and_has_no_price_is_reported_and_the_rest_is_planned(
    refusal: Denied,
) -> None:
    portfolio = inputs({"USD": "10000"}, HALVES, LEGS)
    plan = planned(replace(portfolio, legs={**portfolio.legs, BTC: refusal}))
    assert [order.asset for order in plan.orders] == [ETH]
    assert [(each.asset, each.denial) for each in plan.skipped] == [(BTC, refusal)]
    assert next(row for row in plan.rows if row.asset == BTC).price is None


def test_nothing_is_planned_on_unverified_balances() -> None:
    portfolio = inputs({"BTC": "1"}, HALVES, LEGS)
    doubted = replace(portfolio, balances=balances({"BTC": "1"}, problems=("BTC vanished",)))
    answer = plan_rebalance(doubted)
    assert isinstance(answer, Denied)
    assert answer.code is DenialCode.BALANCE_UNVERIFIED
    assert "BTC vanished" in str(answer)


def test_nothing_is_planned_where_nothing_is_held() -> None:
    answer = plan_rebalance(inputs({"USD": "0"}, HALVES, LEGS))
    assert isinstance(answer, Denied)
    assert answer.code is DenialCode.NOTHING_TO_BALANCE


def test_reducing_only_sells() -> None:
    portfolio = inputs({"BTC": "0.2"}, HALVES, LEGS)
    plan = planned(replace(portfolio, allow_buys=False))
    assert [order.side for order in plan.orders] == [Side.SELL]
    assert [(each.asset, each.denial.code) for each in plan.skipped] == [
        (ETH, DenialCode.REDUCING_ONLY)
    ]


def test_a_busy_instrument_is_left_alone_but_counted() -> None:
    busy = Denied(code=DenialCode.INSTRUMENT_BUSY, reason="BTC: order SY-1 is unknown")
    portfolio = inputs({"BTC": "0.2", "USD": "4000"}, HALVES, LEGS)
    plan = planned(replace(portfolio, blocked={BTC: busy}))
    assert plan.value == 14_000
    assert [order.asset for order in plan.orders] == [ETH]
    assert [(each.asset, each.denial) for each in plan.skipped] == [(BTC, busy)]


def test_a_blocked_asset_inside_its_band_is_not_worth_a_word() -> None:
    busy = Denied(code=DenialCode.INSTRUMENT_BUSY, reason="BTC: order SY-1 is open")
    portfolio = inputs({"BTC": "0.1", "ETH": "1.2", "USD": "2000"}, HALVES, LEGS)
    assert planned(replace(portfolio, blocked={BTC: busy})).skipped == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param(
            {"min_quantity": Decimal(1)}, DenialCode.BELOW_MINIMUM_QUANTITY, id="quantity"
        ),
        pytest.param(
            {"min_notional": Decimal(9000)}, DenialCode.BELOW_MINIMUM_NOTIONAL, id="value"
        ),
        pytest.param({"lot_step": Decimal(1)}, DenialCode.BELOW_MINIMUM_QUANTITY, id="lot"),
        pytest.param({"tick_size": Decimal(20_000)}, DenialCode.PRICE_UNUSABLE, id="coarse-tick"),
        pytest.param(
            {"status": InstrumentStatus.CANCEL_ONLY},
            DenialCode.INSTRUMENT_NOT_TRADABLE,
            id="not-tradable",
        ),
    ],
)
def test_what_cannot_be_traded_is_reported(
    changes: Mapping[str, object], code: DenialCode
) -> None:
    plan = planned(
        inputs({"BTC": "0.2", "USD": "0"}, {"BTC": "0.5"}, [leg("BTC", "50000", None, **changes)])
    )
    assert plan.orders == ()
    assert [(each.asset, each.denial.code) for each in plan.skipped] == [(BTC, code)]


def test_an_order_smaller_than_min_order_is_not_worth_its_fee() -> None:
    plan = planned(
        inputs(
            {"BTC": "0.2"}, {"BTC": "0.5"}, LEGS[:1], replace(SETTINGS, min_order=Decimal(6000))
        )
    )
    assert plan.orders == ()
    assert plan.skipped[0].denial.details == {"value": "5006.51", "min_order": "6000"}


@pytest.mark.parametrize("side", ["sell", "buy"])
def test_a_tick_that_keeps_the_limit_from_the_market_is_reported(side: str) -> None:
    """Half a percent of 0.015 is less than a tick of 0.01: the limit cannot reach the middle."""
    held = {"DOGE": "1000000", "USD": "0"} if side == "sell" else {"USD": "10000"}
    plan = planned(inputs(held, {"DOGE": "0.5"}, [leg("DOGE", "0.015")]))
    assert plan.orders == ()
    assert plan.skipped[0].denial.code is DenialCode.PRICE_UNUSABLE
    assert "max_slippage" in plan.skipped[0].denial.reason
