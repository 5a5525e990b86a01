"""New targets and rules: what was shown under the old ones is void, also half way."""

import asyncio
from decimal import Decimal

import pytest

from tests.support.rebalance_world import BTC, CORRELATION, USD, RebalanceWorld, allocation
from tests.support.waiting import eventually
from trading.intents.rebalance_model import Proposal
from trading.model.denial import DenialCode, Denied


def sent(world: RebalanceWorld) -> int:
    return len(world.venue.arrivals)


async def test_a_reload_voids_what_was_proposed_and_plans_by_the_new_targets(
    rebalancing: RebalanceWorld,
) -> None:
    shown = await rebalancing.proposal()
    new = {rebalancing.name: allocation({BTC: Decimal("0.9")})}
    rebalancing.intents.replace_allocations(new)
    fresh = await rebalancing.confirm(shown)
    assert isinstance(fresh, Proposal)
    assert [row.asset for row in fresh.rows] == [BTC, USD]
    assert rebalancing.intents.allocations == new
    assert sent(rebalancing) == 0


async def test_a_reload_while_a_plan_is_checked_stops_it(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    gate = rebalancing.venue.hold("fetch_balances")
    before = rebalancing.venue.count("fetch_balances")
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(rebalancing.confirm(shown))
        await eventually(lambda: rebalancing.venue.count("fetch_balances") > before)
        rebalancing.intents.replace_allocations({rebalancing.name: allocation()})
        gate.set()
    denied = answer.result()
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.PLAN_CHANGED
    assert sent(rebalancing) == 0


async def test_a_venue_that_lost_its_targets_is_left_alone(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    rebalancing.intents.replace_allocations({})
    denied = await rebalancing.confirm(shown)
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.NOT_IN_TARGETS
    assert await rebalancing.intents.propose(None, "owner", CORRELATION) == ()


@pytest.mark.parametrize("is_scheduled", [True, False], ids=["scheduled", "confirmed"])
async def test_a_limit_that_leaves_no_order_is_named_and_is_no_run(
    rebalancing: RebalanceWorld, *, is_scheduled: bool
) -> None:
    """To say that everything is inside its band would be a lie."""
    intents, name = rebalancing.intents, rebalancing.name
    intents.replace_allocations({name: allocation(max_turnover=Decimal("0.000001"))})
    denied = (
        await intents.run_scheduled(name, CORRELATION)
        if is_scheduled
        else await rebalancing.confirm(await rebalancing.proposal())
    )
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.ABOVE_LIMIT
    assert "max_turnover 0.000001 leaves no room" in denied.reason
    assert (sent(rebalancing), await intents.history(10)) == (0, ())
