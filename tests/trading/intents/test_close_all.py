"""Closing sells all that can be sold, says what could not be and why, and buys nothing."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from storage.runs import RunRepository
from tests.support.closing_world import RULES, closing, of, request
from tests.support.perils import Fate
from tests.support.rebalance_world import BTC, BTC_USD, ETH, ETH_USD, USD, RebalanceWorld
from trading.errors import CommandError, VenueUnavailable
from trading.model.denial import DenialCode
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.order import OrderOrigin
from trading.model.trading_state import TradingMode
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState

DUST, STRANGE = Asset("ADA"), Asset("XYZ")


async def test_everything_is_sold_and_said(rebalancing: RebalanceWorld) -> None:
    venue = rebalancing.venue
    venue.deposit("ETH", "2")
    (result,) = await closing(rebalancing).execute(request())
    assert result.is_whole, result
    held = {BTC: Decimal("0.4"), ETH: Decimal(2)}
    assert [each.asset for each in result.assets] == [BTC, ETH]
    assert {each.asset: each.held for each in result.assets} == held
    assert {each.asset: each.sold for each in result.assets} == held
    assert [each.left for each in result.assets] == [0, 0]
    assert result.brought == Decimal("0.4") * 49990 + 2 * 2499
    assert result.fees == result.brought * Decimal("0.002")
    assert venue.account.totals == {USD: result.brought - result.fees}
    assert {each.side for each in venue.account.orders.values()} == {Side.SELL}


async def test_it_halts_first_and_works_while_halted(rebalancing: RebalanceWorld) -> None:
    await rebalancing.gate.halt("something", "owner")
    (result,) = await closing(rebalancing).execute(request(rebalancing.name))
    assert result.is_whole
    assert rebalancing.gate.state.mode is TradingMode.HALTED
    (row,) = await RunRepository(database=rebalancing.orders.balances.database).recent(5)
    assert row.trigger == "close all: owner"
    (order,) = await rebalancing.orders.desk.journal.recent(5)
    assert order.intent.origin is OrderOrigin.CLOSE_ALL


async def test_it_leaves_trading_halted_so_that_nothing_is_bought_back(
    rebalancing: RebalanceWorld,
) -> None:
    await closing(rebalancing).execute(request())
    assert rebalancing.gate.state.mode is TradingMode.HALTED
    assert rebalancing.gate.permits(OrderOrigin.REBALANCE, reduces=False) is not None


async def test_trading_disabled_is_harder_than_closing(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.place_by_hand(BTC_USD, Side.SELL, "0.1", "90000")
    rebalancing.gate.set_trading_enabled(enabled=False)
    intents = closing(rebalancing)
    (shown,) = await intents.propose(None)
    (result,) = await intents.execute(request())
    assert "trading_enabled" in str(shown.refused)
    assert result.refused is not None
    assert result.refused.code is DenialCode.TRADING_DISABLED
    assert rebalancing.gate.state.mode is TradingMode.ACTIVE
    assert rebalancing.venue.account.total(BTC) == Decimal("0.4")
    assert "cancel_all" not in rebalancing.venue.calls


async def test_a_venue_that_takes_no_orders_says_so_before_the_button(
    rebalancing: RebalanceWorld,
) -> None:
    """Confirmed before, or wanted at the end of a process, it cancels what is open."""
    rebalancing.venue.place_by_hand(BTC_USD, Side.SELL, "0.1", "90000")
    conditions = VenueConditions()
    conditions.state_is(rebalancing.name, VenueState.CANCEL_ONLY)
    rebalancing.gate.consult(conditions.refusal)
    intents = closing(rebalancing)
    (shown,) = await intents.propose(None)
    (result,) = await intents.execute(request())
    assert "cancel_only" in str(shown.refused)
    assert result.cancelled == 1
    assert not result.is_whole
    assert of(result, BTC).sold == 0
    assert "cancel_only" in str(of(result, BTC).reason)


async def test_what_open_orders_lock_is_sold_too(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.place_by_hand(BTC_USD, Side.SELL, "0.3", "90000")
    await rebalancing.orders.reconcile()
    (result,) = await closing(rebalancing).execute(request())
    assert result.is_whole, result
    assert result.cancelled == 1
    assert of(result, BTC).sold == Decimal("0.4")


async def test_locked_funds_are_named_when_cancelling_fails(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.place_by_hand(BTC_USD, Side.SELL, "0.3", "90000")
    rebalancing.venue.fail("cancel_all", VenueUnavailable("memory", "maintenance"))
    (result,) = await closing(rebalancing).execute(request())
    assert not result.is_whole
    assert result.cancelled is None
    assert "maintenance" in result.problems[0]
    assert of(result, BTC).sold == Decimal("0.1")
    assert "0.3 of it is locked" in str(of(result, BTC).reason)


async def test_dust_and_what_has_no_pair_are_reported_and_keep_nothing_else(
    rebalancing: RebalanceWorld,
) -> None:
    rebalancing.venue.list_instrument("ADA/USD", "49", "51")
    rebalancing.venue.deposit("ADA", "0.00001")
    rebalancing.venue.deposit("XYZ", "7")
    rebalancing.venue.held_elsewhere["ETH.S"] = Decimal(3)
    intents = closing(rebalancing)
    (shown,) = await intents.propose(None)
    assert shown.plan is not None
    assert [order.asset for order in shown.plan.orders] == [BTC]
    assert set(shown.left_out) == {DUST, STRANGE}
    (result,) = await intents.execute(request())
    assert of(result, BTC).left == 0
    assert of(result, DUST).is_expected
    assert "minimum" in str(of(result, DUST).reason)
    assert not of(result, STRANGE).is_expected
    assert "no pair" in str(of(result, STRANGE).reason)
    assert result.held_elsewhere == {"ETH.S": 3}
    assert not result.is_whole


async def test_excluded_assets_are_never_touched(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.deposit("ETH", "2")
    rules = replace(RULES, excluded=frozenset({ETH}))
    (result,) = await closing(rebalancing, rules).execute(request())
    assert result.is_whole
    assert "excluded" in str(of(result, ETH).reason)
    assert rebalancing.venue.account.totals[ETH] == 2


async def test_a_thin_market_is_sold_into_again_and_again_within_bounds(
    rebalancing: RebalanceWorld,
) -> None:
    """No turnover limit, no band: a second plan takes up what the first could not sell."""
    rebalancing.venue.depth[BTC_USD] = Decimal("0.1")
    (result,) = await closing(rebalancing).execute(request())
    assert result.is_whole, result
    assert of(result, BTC).sold == Decimal("0.4")
    rebalancing.venue.deposit("BTC", "4")
    (again,) = await closing(rebalancing).execute(request())
    assert of(again, BTC).sold == Decimal("0.9")
    assert not again.is_whole
    assert of(again, BTC).left == Decimal("3.1")


async def test_an_order_in_doubt_is_never_sold_around(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.deposit("ETH", "2")
    rebalancing.venue.fates = [Fate.REQUEST_LOST]
    rebalancing.venue.hold("find_orders")
    (result,) = await closing(rebalancing).execute(request())
    assert not result.is_whole
    assert len(rebalancing.venue.arrivals) == len(set(rebalancing.venue.arrivals))
    in_doubt = [each for each in result.assets if each.sold == 0]
    assert len(in_doubt) == 1
    assert "unknown" in str(in_doubt[0].reason)


@pytest.mark.parametrize("method", ["fetch_balances", "fetch_instruments"])
async def test_a_venue_that_does_not_answer_sells_nothing_and_says_so(
    rebalancing: RebalanceWorld, method: str
) -> None:
    rebalancing.venue.fail(method, *[VenueUnavailable("memory", "down")] * 20)
    intents = closing(rebalancing)
    (shown,) = await intents.propose(None)
    assert "down" in str(shown.unknown)
    assert shown.refused is None
    (result,) = await intents.execute(request())
    assert result.refused is not None
    assert "down" in str(result.refused)
    assert result.cancelled == 0
    assert rebalancing.venue.account.total(BTC) == Decimal("0.4")


async def test_an_error_in_the_bot_at_one_venue_leaves_the_other_closed(
    rebalancing: RebalanceWorld,
) -> None:
    """Whatever breaks for one venue, a bug too, the other is shown, sold and reported."""
    broken = VenueName("broken")
    intents = closing(rebalancing, nowhere=broken)
    shown = {each.venue: each for each in await intents.propose(None)}
    assert shown[rebalancing.name].plan is not None
    assert shown[broken].unknown is not None
    results = {each.venue: each for each in await intents.execute(request())}
    assert results[rebalancing.name].is_whole
    assert not results[broken].is_whole
    assert "an error in the bot" in results[broken].problems[0]
    assert set(rebalancing.venue.account.totals) == {USD}
    (again,) = await intents.execute(request(broken))
    assert again.refused is None, "it may be tried again"


async def test_an_unpriced_asset_is_left_and_the_rest_is_sold(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.deposit("ETH", "2")
    del rebalancing.venue.account.quotes[ETH_USD]
    (result,) = await closing(rebalancing).execute(request())
    assert of(result, BTC).left == 0
    assert of(result, ETH).left == 2
    assert not result.is_whole


async def test_a_rebalance_under_way_buys_nothing_back(rebalancing: RebalanceWorld) -> None:
    """It has sold and is about to buy when everything is closed."""
    intents, shown = closing(rebalancing), await rebalancing.proposal()

    async def close() -> None:
        (result,) = await intents.execute(request())
        assert result.is_whole, result

    rebalancing.executor.before = [None, close]
    await rebalancing.confirm(shown)
    assert set(rebalancing.venue.account.totals) == {USD}


async def test_twice_at_once_is_once(rebalancing: RebalanceWorld) -> None:
    intents = closing(rebalancing)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(intents.execute(request()))
        second = group.create_task(intents.execute(request()))
    refused = [each for (each,) in (first.result(), second.result()) if each.refused]
    assert [each.refused.code for each in refused if each.refused] == [DenialCode.ALREADY_RUNNING]
    assert set(rebalancing.venue.account.totals) == {USD}


async def test_what_is_not_done_in_time_is_said_and_journaled(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.hold("submit")
    (result,) = await closing(rebalancing).execute(request(within_seconds=0.3))
    assert not result.is_whole
    assert "not finished within" in result.problems[0]
    assert of(result, BTC).reason == "what is left of it could not be read"
    ((kind, payload),) = await rebalancing.told()
    assert (kind, payload["trigger"]) == ("run_interrupted", "close all: owner")
    (order,) = await rebalancing.orders.desk.journal.working()
    assert order.intent.origin is OrderOrigin.CLOSE_ALL


async def test_nothing_held_is_closed_already(rebalancing: RebalanceWorld) -> None:
    intents = closing(rebalancing)
    await intents.execute(request())
    (shown,) = await intents.propose(None)
    assert shown.plan is None
    assert shown.unknown is None, "it is known: there is nothing"
    (again,) = await intents.execute(request())
    assert again.is_whole
    assert again.assets == ()


async def test_an_unknown_venue_is_refused(rebalancing: RebalanceWorld) -> None:
    with pytest.raises(CommandError, match="no venue called nowhere"):
        await closing(rebalancing).execute(request(VenueName("nowhere")))
