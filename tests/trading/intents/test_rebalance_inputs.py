"""What a plan is made from: everything read now, prices last, and what stands in the way."""

import asyncio
from decimal import Decimal

import pytest

from tests.support.order_world import OrderWorld, intent
from tests.support.rebalance_world import BTC, BTC_USD, ETH, RebalanceWorld, allocation
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable
from trading.intents.rebalance_inputs import InputGatherer
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.order import Order, OrderOrigin, TimeInForce
from trading.portfolio.drift import PlanInputs
from trading.portfolio.sizing import Leg

RULES = allocation()


class BrokenJournal:
    async def working(self, venue: VenueName | None = None) -> tuple[Order, ...]:
        raise StorageUnavailable(f"the journal of {venue} cannot be read")


def gatherer(world: OrderWorld, journal: BrokenJournal | None = None) -> InputGatherer:
    return InputGatherer(
        balances=world.balances.manager,
        market=world.balances.feed,
        orders=journal or world.desk.journal,
        gate=world.gate,
        clock=world.clock,
    )


async def gathered(world: RebalanceWorld) -> PlanInputs:
    found = await gatherer(world.orders).gather(world.name, RULES.targets, RULES.settings)
    assert isinstance(found, PlanInputs), str(found)
    return found


async def test_prices_are_asked_for_when_slow_balances_have_come(
    rebalancing: RebalanceWorld,
) -> None:
    """A price must be fresh when it is planned on, not when the asking began."""
    gate = rebalancing.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(gathered(rebalancing))
        await eventually(lambda: rebalancing.venue.count("fetch_instruments") == 1)
        await rebalancing.clock.advance(30)
        rebalancing.venue.list_instrument("BTC/USD", "51990", "52010")
        gate.set()
    leg = asked.result().legs[BTC]
    assert isinstance(leg, Leg)
    assert leg.reference_price == 52_000


async def test_a_database_that_fails_is_a_fault_and_no_empty_list(
    rebalancing: RebalanceWorld,
) -> None:
    broken = gatherer(rebalancing.orders, BrokenJournal())
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        await broken.gather(rebalancing.name, RULES.targets, RULES.settings)


async def test_a_missing_pair_and_a_missing_price_are_reasons(
    rebalancing: RebalanceWorld,
) -> None:
    weights = {BTC: Decimal("0.2"), ETH: Decimal("0.2"), Asset("DOGE"): Decimal("0.2")}
    rebalancing.venue.account.quotes.pop(BTC_USD)
    found = await gatherer(rebalancing.orders).gather(
        rebalancing.name, allocation(weights).targets, RULES.settings
    )
    assert isinstance(found, PlanInputs)
    reasons = {asset: leg.code for asset, leg in found.legs.items() if isinstance(leg, Denied)}
    assert reasons[Asset("DOGE")] is DenialCode.NO_INSTRUMENT
    assert reasons[BTC] is DenialCode.PRICE_UNUSABLE


async def test_an_inverse_listing_is_found(rebalancing: RebalanceWorld) -> None:
    rebalancing.venue.list_instrument("USD/EUR", "0.79", "0.81")
    found = await gatherer(rebalancing.orders).gather(
        rebalancing.name, allocation({Asset("EUR"): Decimal("0.5")}).targets, RULES.settings
    )
    assert isinstance(found, PlanInputs)
    leg = found.legs[Asset("EUR")]
    assert isinstance(leg, Leg)
    assert (leg.is_inverse, leg.price_in_base) == (True, Decimal("1.25"))


@pytest.mark.parametrize(
    ("origin", "blocked"),
    [
        pytest.param(OrderOrigin.MANUAL, True, id="an-order-of-ours"),
        pytest.param(None, False, id="an-order-placed-by-hand"),
    ],
)
async def test_an_order_of_ours_in_the_book_blocks_its_instrument(
    rebalancing: RebalanceWorld, origin: OrderOrigin | None, blocked: bool
) -> None:
    world = rebalancing.orders
    if origin is None:
        world.venue.place_by_hand(BTC_USD, Side.SELL, "0.1", "60000")
        await world.reconcile()
    else:
        resting = intent(
            world.venue,
            BTC_USD,
            Side.SELL,
            "0.1",
            "60000",
            time_in_force=TimeInForce.GTC,
            origin=origin,
        )
        await world.desk.executor.execute([resting])
    found = await gathered(rebalancing)
    assert (BTC in found.blocked) is blocked
    if blocked:
        assert found.blocked[BTC].code is DenialCode.INSTRUMENT_BUSY


@pytest.mark.parametrize(
    ("mode", "allowed"), [("active", True), ("reducing", False), ("halted", True)]
)
async def test_buys_are_planned_unless_only_reducing(
    rebalancing: RebalanceWorld, mode: str, allowed: bool
) -> None:
    """A halt refuses the whole run at the door, so the plan may show all of it."""
    if mode == "reducing":
        await rebalancing.gate.reduce("drawdown", "limits")
    if mode == "halted":
        await rebalancing.gate.halt("enough", "owner")
    assert (await gathered(rebalancing)).allow_buys is allowed
