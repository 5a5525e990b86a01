"""What a run does when orders fill in part, fail, or leave doubt: never more than confirmed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.perils import Fate
from tests.support.rebalance_world import (
    BTC,
    BTC_USD,
    ETH,
    ETH_USD,
    USD,
    RebalanceWorld,
    allocation,
)
from tests.support.waiting import eventually
from trading.errors import OrderError, VenueUnavailable
from trading.intents.rebalance_model import RunResult, RunStatus
from trading.intents.rebalance_orders import filled_value
from trading.intents.rebalance_run import MAX_ROUNDS
from trading.model.denial import DenialCode
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus


def sides(world: RebalanceWorld) -> list[Side]:
    return [intent.side for batch in world.executor.batches for intent in batch]


def moved(result: RunResult, asset: Asset) -> Decimal:
    done = [filled_value(each) for each in result.orders if each.planned.asset == asset]
    return sum(done, Decimal(0))


async def test_what_fills_in_part_is_chased_a_bounded_number_of_times(
    rebalancing: RebalanceWorld,
) -> None:
    rebalancing.venue.depth[BTC_USD] = Decimal("0.05")
    result = await rebalancing.run()
    sold = [each for each in result.orders if each.planned.asset == BTC]
    assert len(sold) == MAX_ROUNDS
    assert moved(result, BTC) == MAX_ROUNDS * Decimal("0.05") * 50_000
    assert [each.planned.quantity for each in sold] == sorted(
        (each.planned.quantity for each in sold), reverse=True
    )
    assert result.status is RunStatus.PARTIAL


@pytest.mark.parametrize("depth", ["0.001", "0.03", "0.07", "0.15", "1"])
async def test_no_more_is_traded_than_was_confirmed(
    rebalancing: RebalanceWorld, depth: str
) -> None:
    rebalancing.venue.depth[BTC_USD] = Decimal(depth)
    rebalancing.venue.depth[ETH_USD] = Decimal(depth) * 20
    shown = await rebalancing.proposal()
    wanted = {order.asset: order.value for order in shown.plan.orders}
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    assert moved(result, BTC) <= wanted[BTC]
    assert moved(result, ETH) <= wanted[ETH]
    assert rebalancing.venue.account.total(USD) >= 0


async def test_buys_shrink_by_what_the_sells_did_not_bring(rebalancing: RebalanceWorld) -> None:
    """The base currency's own 20 % is not spent in place of proceeds that never came."""
    rebalancing.venue.deposit("USD", "6000")
    rebalancing.venue.depth[BTC_USD] = Decimal("0.02")
    shown = await rebalancing.proposal()
    planned = {order.asset: order.value for order in shown.plan.orders}
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    missing = planned[BTC] - moved(result, BTC)
    assert missing > 1000
    bought = moved(result, ETH)
    assert planned[ETH] - missing - 1 < bought <= planned[ETH] - missing


async def test_where_sells_bring_nothing_nothing_is_bought(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.deposit("USD", "100")
    rebalancing.venue.fates = [Fate.REJECTED]
    result = await rebalancing.run()
    assert result.status is RunStatus.FAILED
    assert sides(rebalancing) == [Side.SELL]
    assert [problem.partition(":")[0] for problem in result.problems] == [
        "BTC/USD",
        "the sells brought nothing to buy with, so nothing is bought",
    ]
    assert "EOrder:Order minimum not met" in result.problems[0]


async def test_a_deposit_in_the_middle_is_not_spent(rebalancing: RebalanceWorld) -> None:
    async def deposit() -> None:
        rebalancing.venue.deposit("USD", "50000")
        rebalancing.venue.deposit("BTC", "5")

    rebalancing.venue.depth[BTC_USD] = Decimal("0.15")
    rebalancing.executor.before = [deposit]
    shown = await rebalancing.proposal()
    wanted = {order.asset: order.value for order in shown.plan.orders}
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    assert Decimal("0.99") * wanted[BTC] < moved(result, BTC) <= wanted[BTC]
    assert Decimal("0.99") * wanted[ETH] < moved(result, ETH) <= wanted[ETH]


@pytest.mark.parametrize(
    ("bid", "ask", "bought"),
    [
        pytest.param("2519", "2521", False, id="dearer-than-its-limit"),
        pytest.param("2507", "2509", True, id="within-its-limit"),
        pytest.param("2399", "2401", True, id="cheaper"),
    ],
)
async def test_a_market_that_left_the_limit_is_not_chased(
    rebalancing: RebalanceWorld, bid: str, ask: str, bought: bool
) -> None:
    async def move() -> None:
        rebalancing.venue.list_instrument("ETH/USD", bid, ask)
        await rebalancing.clock.advance(6)

    rebalancing.executor.before = [move]
    result = await rebalancing.run()
    assert (moved(result, ETH) > 0) is bought
    assert any("the price left the limit of 2512.5" in each for each in result.problems) is not (
        bought
    )


async def test_an_order_in_doubt_ends_the_chase_and_blocks_its_instrument(
    rebalancing: RebalanceWorld,
) -> None:
    venue = rebalancing.venue
    venue.fates = [Fate.TAKEN, Fate.REQUEST_LOST]
    venue.hold("find_orders")
    result = await rebalancing.run()

    assert result.status is RunStatus.PARTIAL
    assert sides(rebalancing) == [Side.SELL, Side.BUY]
    (bought,) = [each for each in result.orders if each.planned.asset == ETH]
    assert bought.order is not None
    assert bought.order.status is OrderStatus.UNKNOWN
    assert any(f"outcome of {bought.order.client_order_id}" in each for each in result.problems)
    reserved = rebalancing.orders.balances.reservations.of(bought.order.client_order_id)
    assert reserved == bought.planned.reserve_amount

    blocked = await rebalancing.proposal()
    assert blocked.orders == ()
    assert [skip.asset for skip in blocked.skipped] == [ETH]
    assert bought.order.client_order_id in blocked.skipped[0].reason


async def test_a_single_order_in_doubt_is_no_failure(rebalancing: RebalanceWorld) -> None:
    """It may have traded: `failed` would say that nothing happened."""
    rebalancing.venue.fates = [Fate.REQUEST_LOST]
    rebalancing.venue.hold("find_orders")
    result = await rebalancing.run()
    assert result.status is RunStatus.PARTIAL
    assert result.sold == 0
    assert sides(rebalancing) == [Side.SELL]


async def test_an_order_that_never_left_is_tried_again(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.fates = [Fate.UNREACHED]
    result = await rebalancing.run()
    assert (result.status, result.problems) == (RunStatus.DONE, ())
    assert sides(rebalancing) == [Side.SELL, Side.SELL, Side.BUY]


async def test_what_never_leaves_is_given_up_with_its_reason(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.fates = [Fate.UNREACHED] * MAX_ROUNDS
    result = await rebalancing.run()
    assert result.status is RunStatus.FAILED
    assert result.problems[0].startswith("BTC/USD: not filled: could not be sent")


async def test_a_market_that_is_too_wide_for_the_limit_is_reported(
    rebalancing: RebalanceWorld,
) -> None:
    """The middle is a fair price, and nobody trades within the slippage of it."""
    rebalancing.venue.list_instrument("BTC/USD", "49000", "51000")
    result = await rebalancing.run()
    assert result.status is RunStatus.FAILED
    assert result.problems[0] == (
        "BTC/USD: not filled: the market had nothing within its limit of 49750.00"
    )


async def test_a_halt_between_sells_and_buys_stops_the_buys(rebalancing: RebalanceWorld) -> None:
    async def halt() -> None:
        await rebalancing.gate.halt("enough", "owner")

    rebalancing.executor.before = [None, halt]
    result = await rebalancing.run()
    assert result.status is RunStatus.PARTIAL
    assert len(rebalancing.venue.arrivals) == 1
    (bought,) = [each for each in result.orders if each.planned.asset == ETH]
    assert bought.denied is not None
    assert bought.denied.code is DenialCode.HALTED


async def test_reducing_in_the_middle_keeps_the_cash(rebalancing: RebalanceWorld) -> None:
    async def reduce() -> None:
        await rebalancing.gate.reduce("drawdown", "limits")

    rebalancing.executor.before = [reduce]
    result = await rebalancing.run()
    assert sides(rebalancing) == [Side.SELL]
    assert result.status is RunStatus.PARTIAL
    assert result.problems == ("buying is not allowed any more, so the cash stays cash",)


async def test_balances_that_cannot_be_read_in_the_middle_end_the_run(
    rebalancing: RebalanceWorld,
) -> None:
    async def rain() -> None:
        rain_falls = [VenueUnavailable("memory", "rain")] * 9
        rebalancing.venue.fail("fetch_balances", *rain_falls)

    rebalancing.executor.before = [rain]
    result = await rebalancing.run()
    assert sides(rebalancing) == [Side.SELL]
    assert result.status is RunStatus.PARTIAL
    assert any("nothing was planned" in each for each in result.problems)
    assert result.rows_after == ()  # unknown, and not shown as anything else


async def test_what_a_failed_batch_did_is_asked_of_the_journal(
    rebalancing: RebalanceWorld,
) -> None:
    rebalancing.executor.failures = [OrderError("the executor stopped")]
    result = await rebalancing.run()
    assert result.status is RunStatus.PARTIAL
    assert result.problems == ("the run stopped: the executor stopped",)
    assert moved(result, BTC) == rebalancing.executor.batches[0][0].quantity * 50_000
    assert result.sold > 0
    assert sides(rebalancing) == [Side.SELL]


async def test_fills_that_come_late_are_waited_for(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.fill_lag = timedelta(seconds=8)
    result = await rebalancing.run()
    assert (result.status, result.problems) == (RunStatus.DONE, ())


async def test_a_fill_after_the_end_of_its_run_is_booked_and_planned_on(
    rebalancing: RebalanceWorld,
) -> None:
    rebalancing.venue.depth[BTC_USD] = Decimal("0.15")
    result = await rebalancing.run()
    done = [each.order for each in result.orders if each.planned.asset == BTC]
    order = done[0]
    assert order is not None
    assert order.venue_order_id is not None
    before = await rebalancing.proposal()
    rebalancing.venue.fill_late(order.venue_order_id, "0.01")
    await rebalancing.orders.reconcile()

    async def is_booked() -> bool:
        fills = await rebalancing.orders.desk.journal.fills_of((order.client_order_id,))
        return sum(fill.quantity for fill in fills) == order.filled_quantity + Decimal("0.01")

    await eventually(is_booked)
    after = await rebalancing.proposal()
    assert after.rows[0].total == before.rows[0].total - Decimal("0.01")


async def test_a_chase_over_an_inverse_pair_counts_its_fee_once(
    rebalancing: RebalanceWorld,
) -> None:
    """USD/EUR: the plan's order moves the fee with it, so sizing that again must not add to it."""
    eur = Asset("EUR")
    rebalancing.venue.list_instrument("USD/EUR", "0.7", "0.9")
    rules = allocation({BTC: Decimal("0.5"), eur: Decimal("0.3")}, max_slippage=Decimal("0.2"))
    rebalancing.intents.replace_allocations({rebalancing.name: rules})
    shown = await rebalancing.proposal()
    (planned,) = shown.plan.buys
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    assert planned.value * Decimal("0.9999") < moved(result, eur) <= planned.value
