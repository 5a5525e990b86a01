"""What the bot knows of itself, as real parts tell it."""

from collections.abc import Sequence

import pytest

from tests.support.order_world import intent
from tests.support.perils import Fate
from tests.support.rebalance_world import BTC_USD, RebalanceWorld
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.intents.machine import (
    Component,
    MachineIntents,
    balances_probe,
    conditions_probe,
    gate_probe,
    orders_probe,
)
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueState


async def broken() -> Sequence[Component]:
    raise StorageUnavailable("the disk is full; nothing was read")


async def calm() -> Sequence[Component]:
    return (Component(name="calm", healthy=True, detail="well"),)


def machine() -> MachineIntents:
    return MachineIntents(
        status=[calm],
        health=[broken],
        configuration=lambda: {"bot.mode": "paper"},
        version={"steelyard": "1"},
        logs=lambda lines: ["a", "b", "c"][-lines:],
    )


async def test_a_probe_that_cannot_read_is_a_finding_and_hides_no_other() -> None:
    assert [part.name for part in await machine().status()] == ["calm"]
    well, ill = await machine().health()
    assert (well.name, ill.name, ill.healthy) == ("calm", "database", False)
    assert "the disk is full" in ill.detail


def test_configuration_version_and_logs_are_passed_on() -> None:
    assert machine().configuration() == {"bot.mode": "paper"}
    assert machine().version() == {"steelyard": "1"}
    assert machine().logs(2) == ["b", "c"]


async def test_balances_are_well_when_verified_and_say_why_not(
    rebalancing: RebalanceWorld,
) -> None:
    manager = rebalancing.orders.balances.manager
    probe = balances_probe(manager)
    await rebalancing.proposal()
    (fresh,) = await probe()
    assert (fresh.healthy, fresh.detail) == (True, "verified, exchange, 0 s old")

    await rebalancing.clock.advance(61)
    rebalancing.venue.fail("fetch_balances", VenueUnavailable("memory", "rain"))
    with pytest.raises(VenueUnavailable):
        await manager.sync(rebalancing.name)
    (old,) = await probe()
    assert not old.healthy
    assert old.detail.startswith("NOT verified, fallback, 61 s old: ")
    assert "rain" in old.detail


async def test_orders_are_ill_while_one_is_in_doubt(rebalancing: RebalanceWorld) -> None:
    world = rebalancing.orders
    probe = orders_probe(world.desk.journal.working)
    assert [(part.healthy, part.detail) for part in await probe()] == [(True, "0 working")]
    world.venue.fates = [Fate.REQUEST_LOST]
    world.venue.hold("find_orders")
    result = await world.desk.executor.execute(
        [intent(world.venue, BTC_USD, Side.SELL, "0.1", "49900")]
    )
    (order,) = result.unknown
    (part,) = await probe()
    assert not part.healthy
    assert part.detail == f"1 working, outcome unknown: {order.client_order_id}"


async def test_the_trading_switch_is_mentioned_only_while_it_is_off(
    rebalancing: RebalanceWorld,
) -> None:
    assert await gate_probe(rebalancing.gate)() == ()
    rebalancing.gate.set_trading_enabled(enabled=False)
    (part,) = await gate_probe(rebalancing.gate)()
    assert "trading_enabled = false" in part.detail


async def test_a_venue_that_takes_no_orders_is_named_and_one_that_is_online_is_not() -> None:
    conditions, venue = VenueConditions(), VenueName("memory")
    probe = conditions_probe(conditions, [venue, VenueName("other")])
    conditions.state_is(venue, VenueState.ONLINE)
    assert await probe() == ()
    conditions.state_is(venue, VenueState.LIMIT_ONLY)
    (part,) = await probe()
    assert (part.name, part.healthy, part.detail) == (
        "memory trading",
        True,
        "is in limit_only mode",
    )
    conditions.state_is(venue, VenueState.CANCEL_ONLY)
    (part,) = await probe()
    assert not part.healthy
    assert "NO orders: memory is in cancel_only mode" in part.detail
    conditions.key_is_refused(venue, "it may withdraw")
    (part,) = await probe()
    assert "it may withdraw" in part.detail
