"""A plan's fingerprint, and how far a market may move under a planned order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.trading.portfolio.planning_cases import inputs, leg, not_denied
from trading.model.instrument import Side
from trading.portfolio.plan import Plan, PlannedOrder
from trading.portfolio.rebalancer import plan_rebalance


def make() -> Plan:
    legs = [leg("BTC", "50000"), leg("ETH", "2500")]
    return not_denied(
        plan_rebalance(inputs({"BTC": "0.2", "USD": "10.50"}, {"BTC": "0.5", "ETH": "0.3"}, legs))
    )


def test_the_same_plan_has_the_same_hash_whenever_it_is_made() -> None:
    assert make().hash == make().hash
    assert len(make().hash) == 24


def test_zeros_at_the_end_change_nothing() -> None:
    plan = make()
    longer = tuple(replace(each, free=each.free + Decimal("0.000")) for each in plan.readings)
    assert [str(each.free) for each in longer] != [str(each.free) for each in plan.readings]
    assert replace(plan, readings=longer).hash == plan.hash


def changed_order(plan: Plan, **changes: Decimal) -> Plan:
    order = replace(plan.sells[0], **changes)  # type: ignore[arg-type]  # amounts by name
    return replace(plan, sells=(order,))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(changed_order(make(), quantity=Decimal("0.1")), id="quantity"),
        pytest.param(changed_order(make(), limit_price=Decimal(49_000)), id="limit"),
        pytest.param(replace(make(), buys=()), id="one-order-less"),
        pytest.param(replace(make(), readings=make().readings[:1]), id="one-reading-less"),
        pytest.param(
            replace(make(), readings=(replace(make().readings[0], locked=Decimal(1)),)),
            id="a-locked-amount",
        ),
        pytest.param(
            replace(make(), planned_at=make().planned_at + timedelta(microseconds=1)), id="time"
        ),
    ],
)
def test_what_the_owner_confirms_is_all_in_the_hash(changed: Plan) -> None:
    assert changed.hash != make().hash


def order(side: Side, limit: str) -> PlannedOrder:
    sell = make().sells[0]
    return replace(sell, side=side, reference_price=Decimal(100), limit_price=Decimal(limit))


@pytest.mark.parametrize(
    ("planned", "price", "wanted"),
    [
        pytest.param(order(Side.BUY, "102"), "102", False, id="buy-at-its-limit"),
        pytest.param(order(Side.BUY, "102"), "102.01", True, id="buy-above-its-limit"),
        pytest.param(order(Side.BUY, "102"), "50", False, id="a-buy-got-cheaper"),
        pytest.param(order(Side.SELL, "98"), "98", False, id="sell-at-its-limit"),
        pytest.param(order(Side.SELL, "98"), "97.99", True, id="sell-below-its-limit"),
        pytest.param(order(Side.SELL, "98"), "200", False, id="a-sale-got-dearer"),
        pytest.param(order(Side.BUY, "100.01"), "100.5", False, id="a-close-limit-has-its-noise"),
        pytest.param(order(Side.BUY, "100.01"), "100.51", True, id="and-no-more-than-that"),
    ],
)
def test_how_far_the_market_may_move(planned: PlannedOrder, price: str, wanted: bool) -> None:
    assert planned.is_out_of_reach(Decimal(price)) is wanted
