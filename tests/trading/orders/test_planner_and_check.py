"""Whatever the planner plans the check before the order approves, under the same balances."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from tests.trading.portfolio.planning_cases import VENUE, intent_of
from tests.trading.portfolio.test_rebalancer_laws import (
    again,
    buys_with_real_cash,
    exchange_for,
    planned,
    portfolios,
    settings_of,
)
from trading.model.denial import Denied
from trading.orders.verification import Approved, Conditions, approve_all
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import PlannedOrder
from trading.portfolio.sizing import Leg


def conditions(portfolio: PlanInputs) -> Conditions:
    legs = [one for one in portfolio.legs.values() if isinstance(one, Leg)]
    return Conditions(
        venue=VENUE,
        balances=portfolio.balances,
        instruments={one.instrument.symbol: one.instrument for one in legs},
        unknown=frozenset(),
        reconciled=True,
        buffer_fraction=portfolio.settings.order_buffer,
        freshness_seconds=60,
        monotonic=0.0,
    )


def approved(orders: tuple[PlannedOrder, ...], portfolio: PlanInputs) -> list[Approved]:
    """Hold the batch against the check; none of it may be denied."""
    verdicts = approve_all([intent_of(order) for order in orders], conditions(portfolio))
    assert [str(each) for each in verdicts if isinstance(each, Denied)] == []
    return [each for each in verdicts if isinstance(each, Approved)]


@given(portfolios(settings_of()))
def test_what_is_planned_is_approved_and_reserves_what_was_planned(portfolio: PlanInputs) -> None:
    plan = planned(portfolio)
    for order, verdict in zip(plan.sells, approved(plan.sells, portfolio), strict=True):
        assert verdict.intent.reserve_amount == order.reserve_amount
    exchange = exchange_for(portfolio)
    for order in plan.sells:
        exchange.fill(order, Decimal(1), order.limit_price)
    now = again(portfolio, exchange)
    buys = buys_with_real_cash(plan, now)
    for order, verdict in zip(buys, approved(buys, now), strict=True):
        assert verdict.intent.reserve_amount == order.reserve_amount


@given(portfolios(settings_of()))
def test_one_lot_more_than_all_there_is_is_denied(portfolio: PlanInputs) -> None:
    """So that a law which is only ever told yes proves something."""
    plan = planned(portfolio)
    for order in plan.sells:
        free = portfolio.balances.free_to_spend(order.reserve_asset) or Decimal(0)
        lot = portfolio.legs[order.asset]
        assert isinstance(lot, Leg)
        if order.reserve_asset != order.symbol.base:
            continue
        more = replace(
            order, quantity=lot.instrument.round_quantity(free) + lot.instrument.lot_step
        )
        (verdict,) = approve_all([intent_of(more)], conditions(portfolio))
        assert isinstance(verdict, Denied)
