"""The accounts of a run add up to its fills, whatever was filled, in whatever pieces."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.portfolio.planning_cases import SETTINGS, USD, inputs, leg, not_denied
from trading.intents.rebalance_accounts import add_up, judge
from trading.intents.rebalance_model import RunOrder, RunStatus
from trading.model.denial import DenialCode, Denied
from trading.model.fill import Fill
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    CorrelationId,
    FillId,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order import Order, OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.model.order_status import OrderStatus
from trading.portfolio.plan import Plan, PlannedOrder
from trading.portfolio.rebalancer import plan_rebalance

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LEGS = [leg("BTC", "50000"), leg("ETH", "2500")]
PLAN = not_denied(
    plan_rebalance(inputs({"BTC": "0.4"}, {"BTC": "0.5", "ETH": "0.3"}, LEGS, SETTINGS))
)
INVERSE = leg("EUR", "0.8", "USD/EUR", tick_size=Decimal("0.0001"))


def inverse_plan(held: str) -> Plan:
    return not_denied(plan_rebalance(inputs({held: "8000"}, {"EUR": "0.4"}, [INVERSE])))


def fill(planned: PlannedOrder, quantity: Decimal, cost: Decimal, fee: Decimal) -> Fill:
    return Fill(
        venue=VenueName("test"),
        fill_id=FillId("F"),
        venue_order_id=VenueOrderId("O"),
        client_order_id=ClientOrderId("C"),
        symbol=planned.symbol,
        side=planned.side,
        quantity=quantity,
        price=cost / quantity,
        cost=cost,
        fee=fee,
        fee_asset=planned.symbol.quote,
        executed_at=NOW,
    )


def done(
    planned: PlannedOrder, fills: Sequence[Fill], status: OrderStatus = OrderStatus.FILLED
) -> RunOrder:
    intent = OrderIntent(
        venue=VenueName("test"),
        symbol=planned.symbol,
        side=planned.side,
        quantity=planned.quantity,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        limit_price=planned.limit_price,
        reserve_asset=planned.reserve_asset,
        reserve_amount=planned.reserve_amount,
        origin=OrderOrigin.REBALANCE,
        reason="test",
        run_id=None,
        correlation_id=CorrelationId("c"),
    )
    order = Order(
        client_order_id=ClientOrderId("C"),
        intent=intent,
        status=status,
        venue_order_id=None,
        filled_quantity=sum((each.quantity for each in fills), Decimal(0)),
        cost=sum((each.cost for each in fills), Decimal(0)),
        fee=sum((each.fee for each in fills), Decimal(0)),
        created_at=NOW,
        submitted_at=NOW,
        deadline_at=None,
        updated_at=NOW,
        note=None,
    )
    return RunOrder(planned=planned, order=order, denied=None, fills=tuple(fills))


@st.composite
def fills_of(draw: st.DrawFn, planned: PlannedOrder) -> list[Fill]:
    """Any fills: costs are as a venue rounds them, not quantity times price."""
    return [
        fill(
            planned,
            draw(st.decimals("0.00000001", 10, places=8)),
            draw(st.decimals("0.00001", 100_000, places=5)),
            draw(st.decimals(0, 100, places=5)),
        )
        for _ in range(draw(st.integers(0, 5)))
    ]


@given(fills_of(PLAN.sells[0]), fills_of(PLAN.buys[0]))
def test_the_accounts_explain_the_cash_to_the_last_digit(
    sold: list[Fill], bought: list[Fill]
) -> None:
    totals = add_up(USD, [done(PLAN.sells[0], sold), done(PLAN.buys[0], bought)])
    cash = sum((each.cost - each.fee for each in sold), Decimal(0)) - sum(
        (each.cost + each.fee for each in bought), Decimal(0)
    )
    assert totals.sold - totals.bought - totals.fees - totals.slippage == cash
    assert totals.fees == sum((each.fee for each in [*sold, *bought]), Decimal(0))
    assert totals.unpriced_fees == ()


@pytest.mark.parametrize("held", ["USD", "EUR"])
@given(data=st.data())
def test_the_accounts_of_an_inverse_pair_explain_the_asset(held: str, data: st.DataObject) -> None:
    """There the venue books in the asset: valued at the reference price it must add up too."""
    (planned,) = inverse_plan(held).orders
    fills = data.draw(fills_of(planned))
    totals = add_up(USD, [done(planned, fills)])
    sign = 1 if planned.side is Side.SELL else -1  # to sell USD is to get EUR
    asset = sum((sign * each.cost - each.fee for each in fills), Decimal(0))
    in_base = asset / planned.reference_price
    explained = totals.bought - totals.sold - totals.fees - totals.slippage
    assert abs(explained - in_base) < Decimal("1E-18")


@pytest.mark.parametrize(
    ("fee_asset", "fee", "wanted", "unpriced"),
    [
        pytest.param("USD", "1.5", "1.5", 0, id="in-the-base-currency"),
        pytest.param("BTC", "0.001", "50", 0, id="in-what-is-traded-at-its-reference-price"),
        pytest.param("KFEE", "120", "0", 1, id="in-something-else-it-is-said"),
        pytest.param("KFEE", "0", "0", 0, id="of-nothing"),
    ],
)
def test_fees_in_any_asset(fee_asset: str, fee: str, wanted: str, unpriced: int) -> None:
    planned = PLAN.sells[0]
    plain = fill(planned, planned.quantity, planned.value, Decimal(fee))
    one = replace(plain, fee_asset=Asset(fee_asset))
    totals = add_up(USD, [done(planned, [one])])
    assert totals.fees == Decimal(wanted)
    assert len(totals.unpriced_fees) == unpriced
    assert totals.slippage == 0


def whole(planned: PlannedOrder, share: str = "1") -> RunOrder:
    quantity = planned.quantity * Decimal(share)
    return done(planned, [fill(planned, quantity, quantity * 7, Decimal(0))])


SELL, BUY = PLAN.sells[0], PLAN.buys[0]
HALTED = Denied(code=DenialCode.HALTED, reason="halted")


@pytest.mark.parametrize(
    ("orders", "problems", "wanted"),
    [
        pytest.param([whole(SELL), whole(BUY)], [], RunStatus.DONE, id="all"),
        pytest.param([whole(SELL), whole(BUY, "0.96")], [], RunStatus.DONE, id="but-for-buffers"),
        pytest.param([whole(SELL), whole(BUY, "0.9")], [], RunStatus.PARTIAL, id="not-all"),
        pytest.param([whole(SELL)], [], RunStatus.PARTIAL, id="sells-only"),
        pytest.param(
            [whole(SELL, "0.5"), whole(SELL, "0.5"), whole(BUY)], [], RunStatus.DONE, id="rounds"
        ),
        pytest.param([whole(SELL), whole(BUY)], ["a word"], RunStatus.PARTIAL, id="a-problem"),
        pytest.param([], ["no balances"], RunStatus.FAILED, id="nothing-sent"),
        pytest.param(
            [RunOrder(planned=SELL, order=None, denied=HALTED, fills=())],
            ["denied"],
            RunStatus.FAILED,
            id="denied",
        ),
        pytest.param(
            [done(SELL, [], OrderStatus.UNKNOWN)], ["unknown"], RunStatus.PARTIAL, id="in-doubt"
        ),
        pytest.param(
            [done(SELL, [], OrderStatus.REJECTED)], ["no"], RunStatus.FAILED, id="rejected"
        ),
        pytest.param(
            [done(SELL, [], OrderStatus.OPEN)], ["open"], RunStatus.PARTIAL, id="still-working"
        ),
    ],
)
def test_how_far_a_run_came(
    orders: list[RunOrder], problems: list[str], wanted: RunStatus
) -> None:
    assert judge(PLAN, orders, problems) is wanted
