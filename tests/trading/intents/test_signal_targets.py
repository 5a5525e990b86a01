"""Signals move targets within bounds, and only the one planner trades on them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import BTC, BTC_USD, ETH, ETH_USD, RebalanceWorld
from tests.support.signal_world import INTERVAL, OFF, ON, keep_candles, signal_world
from trading.errors import VenueUnavailable
from trading.intents.rebalance_model import RunResult, RunStatus
from trading.intents.signal_reading import SignalRules
from trading.model.denial import DenialCode
from trading.model.identifiers import Asset, Symbol


@pytest.fixture
def moving(unbalanced: PerilousVenue, instant: FakeClock) -> PerilousVenue:
    """BTC rises and ETH falls, each as fast as a signal can say."""
    keep_candles(unbalanced, instant, "BTC/USD", "1.01")
    keep_candles(unbalanced, instant, "ETH/USD", "0.99")
    return unbalanced


async def planned(world: RebalanceWorld) -> dict[Asset, Decimal]:
    return {row.asset: row.target for row in (await world.proposal()).rows}


async def test_full_strength_goes_to_the_bounds_and_is_said(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        shown = await world.rebalancing.proposal()
        targets = {row.asset: row.target for row in shown.rows}
        assert (targets[BTC], targets[ETH]) == (Decimal("0.6"), Decimal("0.1"))
        assert shown.note is not None
        assert "trend moves the target of BTC from 50.0 % to 60.0 %" in shown.note
        result = await world.rebalancing.confirm(shown)
        assert isinstance(result, RunResult), str(result)
        assert result.status is RunStatus.DONE
        after = {row.asset: row for row in result.rows_after}
        assert abs(after[BTC].weight_before - Decimal("0.6")) < Decimal("0.002")
        assert after[ETH].target == Decimal("0.1"), "the second stage keeps to the moved targets"


@pytest.mark.parametrize("rules", [OFF, None], ids=["switched off", "no table"])
async def test_without_the_owners_word_no_target_moves(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock, rules: SignalRules | None
) -> None:
    async with signal_world(tmp_path, moving, instant, rules) as world:
        targets = await planned(world.rebalancing)
        assert (targets[BTC], targets[ETH]) == (Decimal("0.5"), Decimal("0.3"))
        assert moving.count("fetch_candles") == 0


async def test_what_has_no_signal_is_left_alone_and_the_rest_is_not(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    moving.candles[BTC_USD] = moving.candles[BTC_USD][-5:]
    moving.deposit("USD", "30000")
    async with signal_world(tmp_path, moving, instant) as world:
        shown = await world.rebalancing.proposal()
        assert [order.symbol for order in shown.orders] == [ETH_USD]
        (skipped,) = shown.plan.skipped
        assert (skipped.asset, skipped.denial.code) == (BTC, DenialCode.NO_SIGNAL)
        assert "5 finished 4h candles; it needs 78 in a row" in skipped.denial.reason
        result = await world.rebalancing.confirm(shown)
        assert isinstance(result, RunResult), str(result)
        (batch,) = world.rebalancing.executor.batches
        assert [order.symbol for order in batch] == [ETH_USD]


async def test_a_venue_that_tells_no_candles_has_nothing_bounded_traded(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        for _ in range(2):
            moving.fail("fetch_candles", VenueUnavailable("memory", "no candles today"))
        shown = await world.rebalancing.proposal()
        assert shown.orders == ()
        assert {each.denial.code for each in shown.plan.skipped} == {DenialCode.NO_SIGNAL}


async def test_a_signal_that_turned_is_shown_anew_and_not_traded(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        shown = await world.rebalancing.proposal()
        world.targets.replace_rules({moving.name: replace(ON, strategy="mean_reversion")})
        again = await world.rebalancing.confirm(shown)
        assert not isinstance(again, RunResult)
        assert moving.arrivals == []


async def test_an_asset_listed_the_other_way_round_is_read_the_other_way_round(
    tmp_path: Path, unbalanced: PerilousVenue, instant: FakeClock
) -> None:
    """USD/ETH that rises is an ETH that falls."""
    unbalanced.account.quotes.pop(ETH_USD)
    unbalanced.instruments.pop(ETH_USD)
    unbalanced.list_instrument("USD/ETH", "0.40", "0.41")
    keep_candles(unbalanced, instant, "BTC/USD", "1.01")
    keep_candles(unbalanced, instant, "USD/ETH", "1.01")
    async with signal_world(tmp_path, unbalanced, instant) as world:
        targets = await planned(world.rebalancing)
        assert (targets[BTC], targets[ETH]) == (Decimal("0.6"), Decimal("0.1"))
    assert Symbol.parse("USD/ETH") in unbalanced.candles


async def test_candles_that_grow_old_are_no_signal_any_more(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        assert (await planned(world.rebalancing))[BTC] == Decimal("0.6")
        await instant.advance((INTERVAL.length + timedelta(hours=1)).total_seconds())
        shown = await world.rebalancing.proposal()
        assert {each.asset for each in shown.plan.skipped} >= {BTC, ETH}
