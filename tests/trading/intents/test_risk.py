"""Returns by period, flows, and what /status says of risk; resuming tells what still stands."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from storage.nav import NavRepository
from storage.records import NavRow
from tests.support.clock import FakeClock
from tests.support.risk_world import RiskWorld, make_venue, risk_world
from trading.errors import VenueUnavailable
from trading.intents.halt import HaltIntents
from trading.intents.risk import PerformanceView, RiskIntents, RiskView, risk_probe
from trading.model.risk import FlowSum, LimitName, RiskLimits

DAY = 86_400.0


@pytest.fixture
async def world(tmp_path: Path, instant: FakeClock) -> AsyncIterator[RiskWorld]:
    venue = make_venue(instant)
    async with risk_world(tmp_path, clock=instant, venue=venue) as watched:
        yield watched


@pytest.fixture
def intents(world: RiskWorld) -> RiskIntents:
    return RiskIntents(
        watch=world.watch,
        orders=world.orders,
        history=world.performance,
        ledger=world.ledger,
        gate=world.gate,
        clock=world.clock,
    )


async def looked(world: RiskWorld, *, after: float = DAY) -> None:
    """Look, and write the growth down as the trading loop does."""
    figures = await world.figures(after=after)
    await NavRepository(database=world.balances.database).append(
        NavRow(
            venue=world.name,
            base="USD",
            nav=figures.nav,
            at=world.clock.now(),
            growth=figures.growth,
        )
    )


async def shown(world: RiskWorld, intents: RiskIntents) -> RiskView:
    await world.balances.manager.sync(world.name)
    (view,) = await intents.show()
    return view


async def performance(intents: RiskIntents) -> PerformanceView:
    (view,) = await intents.performance()
    return view


async def test_before_the_first_look_nothing_is_told(intents: RiskIntents) -> None:
    assert await intents.performance() == ()
    assert intents.standing() == ()


async def test_returns_of_a_day_a_week_and_a_month(world: RiskWorld, intents: RiskIntents) -> None:
    """The whole grows by 2 % and by 4 % of what it was, three weeks apart, and falls today."""
    for days, mid in ((0, 50_000), (20, 52_000), (20, 54_000), (0.1, 53_000)):
        world.price("BTC/USD", mid)
        await looked(world, after=days * DAY)
    view = await performance(intents)
    returns = view.returns
    assert returns.whole == Decimal("0.03")
    assert returns.month is not None
    assert round(returns.month, 10) == round(Decimal("1.03") / 1 - 1, 10)
    assert returns.week is not None
    assert round(returns.week, 10) == round(Decimal("1.03") / Decimal("1.02") - 1, 10)
    assert returns.day is not None
    assert round(returns.day, 10) == round(Decimal("1.03") / Decimal("1.04") - 1, 10)


async def test_a_series_that_is_young_has_no_month(world: RiskWorld, intents: RiskIntents) -> None:
    await looked(world)
    returns = (await performance(intents)).returns
    assert (returns.week, returns.month) == (None, None)
    assert returns.whole == 0


async def test_flows_are_added_up_by_day_and_by_month(
    world: RiskWorld, intents: RiskIntents
) -> None:
    await looked(world)
    world.venue.deposit("USD", "500")
    await looked(world, after=60)
    await looked(world)
    world.venue.deposit("BTC", "-0.01")
    await looked(world, after=60)
    view = await performance(intents)
    assert view.flows_today == FlowSum(withdrawals=Decimal(500), count=1)
    assert view.flows_month == FlowSum(deposits=Decimal(500), withdrawals=Decimal(500), count=2)
    assert view.flows_month.net == 0
    assert view.returns.whole == 0


async def test_every_limit_is_shown_with_its_use(world: RiskWorld, intents: RiskIntents) -> None:
    world.orders.replace_limits(
        RiskLimits(
            max_drawdown=Decimal("0.2"),
            max_order_notional=Decimal(100),
            max_orders_per_minute=10,
        )
    )
    view = await shown(world, intents)
    assert [(use.name, use.use) for use in view.uses] == [
        (LimitName.DRAWDOWN, Decimal(0)),
        (LimitName.ORDER_NOTIONAL, Decimal(0)),
        (LimitName.ORDERS_PER_MINUTE, Decimal(0)),
    ]
    assert view.performance is not None


async def test_status_names_what_is_nearly_used_up_or_more(world: RiskWorld) -> None:
    probe = risk_probe(world.watch, world.clock)
    assert await probe() == []
    await world.figures()
    assert await probe() == []
    world.price("BTC/USD", 42_000)
    await world.figures()
    (warned,) = await probe()
    assert (warned.name, warned.healthy) == ("memory max_daily_loss", True)
    assert warned.detail == "⚠ 80 % used: the loss of this day"
    world.price("BTC/USD", 39_000)
    await world.figures()
    assert [part.healthy for part in await probe()] == [False]


async def test_status_names_a_venue_that_cannot_be_judged(world: RiskWorld) -> None:
    probe = risk_probe(world.watch, world.clock)
    await world.figures()
    world.venue.fail("fetch_balances", *[VenueUnavailable(world.name, "down")] * 99)
    await world.look(after=120)
    assert await probe() == [], "not yet worth a line"
    await world.look(after=200)
    (blind,) = await probe()
    assert (blind.name, blind.healthy) == ("memory risk", False)
    assert blind.detail.startswith("not judged: balances are not verified")


async def test_resuming_says_what_is_still_breached(
    world: RiskWorld, intents: RiskIntents
) -> None:
    halt = HaltIntents(gate=world.gate, risk=intents)
    await world.figures()
    world.price("BTC/USD", 28_000)
    await world.figures()
    assert len(intents.standing()) == 2
    await world.clock.advance(1)
    await halt.resume("owner")
    assert [words.partition("; ")[2] for words in halt.standing] == [
        "it trips again at 27.00 %",
        "it trips again at 24.50 %",
    ]
    await world.figures()
    assert world.mode == "active"
    assert len(await intents.performance()) == 1
    await halt.resume("owner")
    assert halt.standing == ()
