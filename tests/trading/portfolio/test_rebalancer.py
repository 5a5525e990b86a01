"""The planner by example: what it trades, what it leaves alone, and the reasons it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.portfolio.planning_cases import (
    SETTINGS,
    USD,
    balances,
    inputs,
    leg,
    not_denied,
)
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import allocate_buys, cash_to_spend, plan_rebalance
from trading.portfolio.sizing import Leg
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo

BTC, ETH, EUR = Asset("BTC"), Asset("ETH"), Asset("EUR")
LEGS = (leg("BTC", "50000"), leg("ETH", "2500"))
HALVES = {"BTC": "0.5", "ETH": "0.3"}
NO_FEE = Decimal(0)
ANY_SIZE = {"min_notional": Decimal(0), "min_quantity": Decimal("0.00000001")}


def settings(**changes: object) -> RebalanceSettings:
    return replace(SETTINGS, **changes)  # type: ignore[arg-type]  # a test's own keyword table


def planned(portfolio: PlanInputs) -> Plan:
    return not_denied(plan_rebalance(portfolio))


def trades(plan: Plan) -> list[tuple[str, str, str]]:
    """Side, symbol and value to the cent, in the order in which they would be sent."""
    return [(order.side.value, str(order.symbol), f"{order.value:.2f}") for order in plan.orders]


def free_legs() -> tuple[Leg, ...]:
    return tuple(leg(each.asset, each.reference_price, taker_fee_fraction=NO_FEE) for each in LEGS)


@pytest.mark.parametrize(
    ("held", "targets", "changes", "wanted"),
    [
        pytest.param(
            {"BTC": "0.14", "ETH": "0.4", "USD": "2000"},
            HALVES,
            {},
            [("sell", "BTC/USD", "2000.00"), ("buy", "ETH/USD", "2000.00")],
            id="sell-before-buy",
        ),
        pytest.param(
            {"BTC": "0.1", "ETH": "1.2", "USD": "2000"}, HALVES, {}, [], id="on-target-nothing"
        ),
        pytest.param(
            {"BTC": "0.103", "ETH": "1.14", "USD": "2000"},
            HALVES,
            {},
            [],
            id="inside-the-band-nothing",
        ),
        pytest.param(
            {"BTC": "0.104", "ETH": "1.12", "USD": "2000"},
            HALVES,
            {},
            [],
            id="on-the-band-itself-nothing",
        ),
        pytest.param(
            {"BTC": "0.103", "ETH": "1.14", "USD": "2000"},
            HALVES,
            {"band_rel": Decimal("0.02")},
            [("sell", "BTC/USD", "150.00"), ("buy", "ETH/USD", "150.00")],
            id="a-relative-band-is-narrower",
        ),
        pytest.param(
            {"BTC": "0.14", "ETH": "0.4", "USD": "2000"},
            HALVES,
            {"to": TradeTo.BAND},
            [("sell", "BTC/USD", "1800.00"), ("buy", "ETH/USD", "1800.00")],
            id="to-the-edge-of-the-band-only",
        ),
        pytest.param(
            {"BTC": "0.02", "USD": "9000"},
            {"BTC": "0"},
            {},
            [("sell", "BTC/USD", "1000.00")],
            id="a-target-of-zero-sells-all",
        ),
        pytest.param(
            {"BTC": "0.2"},
            HALVES,
            {"max_turnover": Decimal("0.4")},
            [("sell", "BTC/USD", "2500.00"), ("buy", "ETH/USD", "1500.00")],
            id="turnover-scales-everything",
        ),
        pytest.param(
            {"BTC": "0.2"},
            HALVES,
            {"max_orders": 1},
            [("sell", "BTC/USD", "5000.00")],
            id="only-the-largest-orders",
        ),
        pytest.param(
            {"BTC": "0.1", "ETH": "1.2", "USD": "2000"},
            {"BTC": "0.5", "ETH": "0.5"},
            {"cash_buffer": Decimal("0.15")},
            [("buy", "ETH/USD", "495.53")],
            id="the-cash-buffer-is-kept",
        ),
        pytest.param(
            {"BTC": "0.1", "ETH": "1.2", "USD": "2000"},
            HALVES,
            {"cash_buffer": Decimal("0.5")},
            [],
            id="a-cash-buffer-alone-sells-nothing",
        ),
    ],
)
def test_what_is_traded(
    held: Mapping[str, str],
    targets: Mapping[str, str],
    changes: Mapping[str, object],
    wanted: list[tuple[str, str, str]],
) -> None:
    # Without fees the values are round; the laws are held with fees.
    plan = planned(inputs(held, targets, free_legs(), settings(**changes)))
    assert trades(plan) == wanted


def test_sells_come_before_buys_whatever_the_order_of_the_targets() -> None:
    plan = planned(
        inputs({"BTC": "0.2"}, {"ETH": "0.3", "BTC": "0.5"}, LEGS)  # the buy is named first
    )
    assert [order.side for order in plan.orders] == [Side.SELL, Side.BUY]
    assert (plan.sells, plan.buys) == (plan.orders[:1], plan.orders[1:])


@pytest.mark.parametrize(
    "amount",
    ["0.12345678", "1", "0.00049999", "920309209.93190389"],
    ids=lambda each: f"{each}-BTC",
)
@pytest.mark.parametrize("price", ["50000", "0.3", "17105.492436474", "49999.995"])
def test_a_whole_holding_is_sold_to_the_last_lot(amount: str, price: str) -> None:
    fine = leg("BTC", price, None, tick_size=Decimal("0.000001"), **ANY_SIZE)
    plan = planned(
        inputs({"BTC": amount, "USD": "0"}, {"BTC": "0"}, [fine], settings(min_order=Decimal(0)))
    )
    assert [order.quantity for order in plan.orders] == [Decimal(amount)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({}, DenialCode.NOT_IN_TARGETS, id="unlisted"),
        pytest.param({"excluded": frozenset({Asset("DOGE")})}, None, id="excluded"),
    ],
)
def test_assets_without_a_target_are_left_alone(
    change: Mapping[str, frozenset[Asset]], code: DenialCode | None
) -> None:
    portfolio = inputs({"BTC": "0.2", "USD": "0", "DOGE": "900"}, {"BTC": "0.5"}, LEGS[:1])
    portfolio = replace(
        portfolio, targets=Targets(base=USD, weights={BTC: Decimal("0.5")}, **change)
    )
    plan = planned(portfolio)
    assert plan.value == 10_000  # DOGE is no part of what is managed
    assert {each.asset: each.denial.code for each in plan.skipped} == (
        {Asset("DOGE"): code} if code else {}
    )
    assert [order.asset for order in plan.orders] == [BTC]


@pytest.mark.parametrize(
    ("held", "side", "quantity"),
    [
        pytest.param({"EUR": "0", "USD": "10000"}, Side.SELL, "4000", id="buying-sells-the-base"),
        pytest.param({"EUR": "8000", "USD": "0"}, Side.BUY, "6000", id="selling-buys-the-base"),
    ],
)
def test_an_inverse_pair_is_traded_the_other_way_round(
    held: Mapping[str, str], side: Side, quantity: str
) -> None:
    """USD/EUR for base USD: to buy EUR is to sell USD."""
    inverse = leg("EUR", "0.8", "USD/EUR", taker_fee_fraction=NO_FEE, tick_size=Decimal("0.0001"))
    plan = planned(inputs(held, {"EUR": "0.4"}, [inverse]))
    (order,) = plan.orders
    assert (order.side, order.quantity, order.value) == (side, Decimal(quantity), order.quantity)
    spends = USD if side is Side.SELL else EUR
    assert order.reserve_asset == spends
    assert (plan.sells if side is Side.BUY else plan.buys) == (order,)


def test_an_inverse_buy_moves_its_fee_too() -> None:
    inverse = leg("EUR", "0.8", "USD/EUR", tick_size=Decimal("0.0001"))
    plan = planned(inputs({"USD": "10000"}, {"EUR": "0.4"}, [inverse]))
    row = next(row for row in plan.rows if row.asset == EUR)
    assert abs(row.weight_after - Decimal("0.4")) < Decimal("0.0001")
    assert plan.orders[0].value > 4000


def test_buys_share_the_cash_with_all_that_they_can_cost() -> None:
    plan = planned(inputs({"USD": "10000"}, {"BTC": "0.6", "ETH": "0.4"}, LEGS))
    assert [order.asset for order in plan.orders] == [BTC, ETH]
    spent = sum((order.reserve_amount for order in plan.orders), Decimal(0))
    assert Decimal(9999) < spent <= 10_000
    assert plan.limited_by is None  # what the reserve keeps back is no shortage


def test_a_plan_that_is_short_of_cash_says_so() -> None:
    portfolio = inputs({"BTC": "0.2", "USD": "500"}, HALVES, LEGS)
    busy = Denied(code=DenialCode.INSTRUMENT_BUSY, reason="BTC: order SY-1 is open")
    plan = planned(replace(portfolio, blocked={BTC: busy}))
    assert [order.asset for order in plan.orders] == [ETH]
    assert plan.orders[0].reserve_amount <= 500
    assert plan.limited_by == "cash"


def test_a_buy_that_became_too_small_leaves_its_cash_to_the_others() -> None:
    wants = [(LEGS[0], Decimal(2000)), (LEGS[1], Decimal(20))]
    orders, skipped = allocate_buys(wants, cash=Decimal(900), settings=SETTINGS)
    assert [order.asset for order in orders] == [BTC]
    ((asset, denial),) = [(each.asset, each.denial) for each in skipped]
    assert (asset, denial.code) == (ETH, DenialCode.INSUFFICIENT_FREE)
    assert "there is cash for 44%" in denial.reason


@pytest.mark.parametrize("cash", [Decimal(0), Decimal(-5)], ids=["none", "overdrawn"])
def test_without_cash_nothing_is_bought(cash: Decimal) -> None:
    orders, skipped = allocate_buys([(LEGS[0], Decimal(100))], cash=cash, settings=SETTINGS)
    assert orders == ()
    assert [each.denial.code for each in skipped] == [DenialCode.INSUFFICIENT_FREE]
    assert allocate_buys([], cash=cash, settings=SETTINGS) == ((), ())


def test_what_is_locked_counts_and_is_not_spent() -> None:
    portfolio = inputs({"BTC": "0.1", "USD": "0"}, {"BTC": "0"}, LEGS[:1])
    held = balances({"BTC": "0.1", "USD": "0"}, locked={"BTC": Decimal("0.3")})
    plan = planned(replace(portfolio, balances=held))
    assert plan.value == 20_000
    assert [order.quantity for order in plan.orders] == [Decimal("0.1")]
    assert plan.limited_by == "what is free of BTC"


def test_a_locked_base_currency_is_worth_something_and_buys_nothing() -> None:
    portfolio = inputs({"USD": "100"}, {"BTC": "0.5"}, LEGS[:1])
    held = balances({"USD": "100"}, locked={"USD": Decimal(9900)})
    plan = planned(replace(portfolio, balances=held))
    assert plan.value == 10_000
    assert plan.buys[0].reserve_amount <= 100


def test_what_other_orders_reserve_is_neither_sold_nor_spent() -> None:
    portfolio = inputs({"BTC": "0.2", "USD": "0"}, {"BTC": "0"}, LEGS[:1])
    held = balances({"BTC": "0.2", "USD": "500"}, reserved={BTC: Decimal("0.15")})
    plan = planned(replace(portfolio, balances=held))
    assert [order.quantity for order in plan.orders] == [Decimal("0.05")]
    spoken_for = balances({"USD": "500"}, reserved={USD: Decimal(600)})
    assert cash_to_spend(spoken_for, USD, Decimal(500), Decimal(0)) == 0


@pytest.mark.parametrize(
    ("readings", "wanted"),
    [
        pytest.param({"USD": "500"}, Decimal(480), id="less-the-buffer"),
        pytest.param({"USD": "10"}, Decimal(0), id="never-below-zero"),
        pytest.param({}, Decimal(0), id="unknown-is-not-spent"),
    ],
)
def test_cash_to_spend(readings: Mapping[str, str], wanted: Decimal) -> None:
    assert cash_to_spend(balances(readings), USD, Decimal(1000), Decimal("0.02")) == wanted


def test_the_picture_after_adds_up_and_shows_the_band() -> None:
    plan = planned(inputs({"BTC": "0.2"}, HALVES, LEGS))
    rows = {row.asset: row for row in plan.rows}
    assert sum(row.weight_before for row in plan.rows) == 1
    assert abs(sum((row.weight_after for row in plan.rows), Decimal(-1))) < Decimal("1E-20")
    assert abs(rows[BTC].weight_after - Decimal("0.5")) < Decimal("0.0001")
    assert (rows[BTC].band, rows[USD].band) == (Decimal("0.02"), None)
    assert (rows[BTC].is_outside_band, rows[USD].is_outside_band) == (True, False)
    traded = sum((order.value for order in plan.orders), Decimal(0))
    assert plan.estimated_cost == traded * Decimal("0.0026")


def test_only_managed_assets_are_what_the_plan_rests_on() -> None:
    plan = planned(inputs({"BTC": "0.2", "USD": "1", "DOGE": "5"}, {"BTC": "0.5"}, LEGS[:1]))
    assert [reading.asset for reading in plan.readings] == [BTC, USD]
