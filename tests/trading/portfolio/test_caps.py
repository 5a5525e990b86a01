"""A plan keeps within the risk limits: nothing is planned that they would deny."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.trading.portfolio.planning_cases import (
    SETTINGS,
    USD,
    inputs,
    intent_of,
    leg,
    not_denied,
)
from tests.trading.portfolio.test_rebalancer_laws import fractions, portfolios, settings_of
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.model.risk import RiskLimits
from trading.portfolio.caps import PlanLimits
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.sizing import Leg
from trading.risk.order_limits import OrderFacts, check_order

BTC, ETH = Asset("BTC"), Asset("ETH")


def limited(sent_lately: int = 0, **limits: Any) -> PlanInputs:
    """10,000 USD: 8,000 of it in BTC, of which 40 % are wanted, and as much in ETH."""
    plain = inputs(
        {"USD": "2000", "BTC": "0.16"},
        {"BTC": "0.4", "ETH": "0.4"},
        [leg("BTC", "50000"), leg("ETH", "2500")],
    )
    return replace(plain, limits=PlanLimits(limits=RiskLimits(**limits), sent_lately=sent_lately))


def plan(asked: PlanInputs) -> Plan:
    return not_denied(plan_rebalance(asked))


def test_without_limits_all_is_planned() -> None:
    made = plan(limited())
    assert made.limited_by is None
    assert [round(order.value) for order in made.orders] == [4008, 3992]


def test_no_order_is_worth_more_than_one_may_be() -> None:
    made = plan(limited(max_order_notional=Decimal(1000)))
    assert [round(order.value) for order in made.orders] == [983, 983]
    assert made.limited_by == "max_order_notional 1000"


def test_a_buy_leaves_room_below_the_exposure() -> None:
    made = plan(limited(max_exposure=Decimal("0.1")))
    (sell,), (buy,) = made.sells, made.buys
    assert round(sell.value) == 4008, "what reduces is not limited"
    assert 950 < buy.value < 1000
    assert made.limited_by == "max_exposure 0.1 of ETH"


def test_where_no_room_is_left_it_says_so() -> None:
    asked = limited(exposure_of={ETH: Decimal("0.1")})
    full = replace(
        asked,
        balances=inputs({"USD": "1000", "BTC": "0.16", "ETH": "0.5"}, {}, [], SETTINGS).balances,
    )
    made = plan(full)
    assert made.buys == ()
    (skipped,) = made.skipped
    assert (skipped.asset, skipped.denial.code) == (ETH, DenialCode.ABOVE_LIMIT)
    assert "max_exposure 0.1 of ETH leaves no room to buy" in skipped.denial.reason


@pytest.mark.parametrize(("sent", "orders"), [(3, 2), (4, 1), (5, 0), (9, 0)])
def test_no_more_orders_than_may_still_be_sent_this_minute(sent: int, orders: int) -> None:
    made = plan(limited(sent, max_orders_per_minute=5))
    assert len(made.orders) == orders
    assert made.limited_by == (None if orders == 2 else "max_orders_per_minute")


@given(
    portfolio=portfolios(settings_of()),
    notional=st.none() | fractions("20", "5000", 2),
    exposure=st.none() | fractions("0.05", "1"),
    sent=st.integers(0, 5),
)
def test_nothing_is_planned_that_the_limits_would_deny(
    portfolio: PlanInputs, notional: Decimal | None, exposure: Decimal | None, sent: int
) -> None:
    limits = RiskLimits(
        max_order_notional=notional,
        max_exposure=exposure,
        max_orders_per_minute=6,
        max_price_deviation=Decimal("0.05"),
    )
    asked = replace(portfolio, limits=PlanLimits(limits=limits, sent_lately=sent))
    made = plan_rebalance(asked)
    assume(not isinstance(made, Denied))
    assert not isinstance(made, Denied)
    legs = {asset: each for asset, each in asked.legs.items() if isinstance(each, Leg)}
    facts = OrderFacts(
        limits=limits,
        base=USD,
        mids={each.instrument.symbol: each.reference_price for each in legs.values()},
        rates={USD: Decimal(1)} | {asset: each.price_in_base for asset, each in legs.items()},
        totals={asset: reading.total for asset, reading in asked.balances.readings.items()},
        sent_lately=sent,
    )
    for order in made.orders:
        denied = check_order(intent_of(order), facts)
        assert denied is None, str(denied)
        facts = facts.with_order(intent_of(order))
