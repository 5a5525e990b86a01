"""What the watch knows and did outlives the process; a day ends, and the owner resumes."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.risk_world import RiskWorld, risk_world

ZERO = Decimal(0)
DAY = 86_400.0


async def test_everything_survives_the_process(
    tmp_path: Path, instant: FakeClock, half_in_btc: MemoryVenue
) -> None:
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        await world.look()
        world.price("BTC/USD", 60_000)
        before = await world.figures()
        assert before.peak == Decimal("1.1")
    half_in_btc.deposit("USD", "11000")
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        after = await world.figures()
        assert (after.growth, after.peak, after.peak_at) == (
            before.peak,
            before.peak,
            before.peak_at,
        )
        assert after.day_at == before.day_at
        world.price("BTC/USD", 16_000)
        figures = await world.figures()
        assert figures.drawdown == Decimal("0.2")
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        assert world.mode == "halted"
        await world.look()
        assert world.told() == [], "it was told of before the restart"


async def test_a_new_day_forgives_the_day_but_not_the_drawdown(watched: RiskWorld) -> None:
    watched.price("BTC/USD", 41_500)
    await watched.figures()
    figures = await watched.figures(after=DAY)
    assert (figures.daily_loss, figures.drawdown) == (ZERO, Decimal("0.085"))
    assert figures.day_nav == 9150


async def test_the_day_begins_in_the_owners_timezone(watched: RiskWorld) -> None:
    """It is 12:01 in UTC, so 13:01 in Berlin, where the next day begins eleven hours later."""
    first = await watched.figures()
    assert (await watched.figures(after=10.9 * 3600)).day_at == first.day_at
    assert (await watched.figures(after=0.2 * 3600)).day_at > first.day_at


async def test_after_resuming_it_trips_again_only_when_worse(watched: RiskWorld) -> None:
    watched.price("BTC/USD", 28_000)
    await watched.figures()
    assert watched.mode == "halted"
    await watched.clock.advance(1)
    await watched.gate.resume("owner")
    said = await watched.watch.acknowledge("owner")
    assert said[0] == (
        "memory: the loss from the peak is still 22.00 %, beyond max_drawdown (20.00 %); it trips "
        "again at 27.00 %"
    )
    for mid, mode in ((28_000, "active"), (27_000, "active"), (22_000, "halted")):
        watched.price("BTC/USD", mid)
        await watched.figures()
        assert watched.mode == mode, mid
    assert watched.use("max_drawdown").trips_again_at is None


async def test_resuming_while_no_bot_runs_counts_as_well(
    tmp_path: Path, instant: FakeClock, half_in_btc: MemoryVenue
) -> None:
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        await world.look()
        world.price("BTC/USD", 28_000)
        await world.look()
        assert world.mode == "halted"
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        await instant.advance(1)
        await world.gate.resume("command line")
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc) as world:
        await world.look()
        assert world.mode == "active"
        assert world.use("max_drawdown").trips_again_at == Decimal("0.27")


async def test_a_limit_acts_although_nothing_can_be_written_down(
    watched: RiskWorld, tmp_path: Path
) -> None:
    await watched.clock.advance(60)
    await watched.balances.manager.sync(watched.name)
    with closing(sqlite3.connect(tmp_path / "steelyard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        watched.price("BTC/USD", 20_000)
        looked = await watched.watch.look_at(watched.name)
        assert watched.mode == "halted"
        other.execute("ROLLBACK")
    assert looked.problem is None
    await watched.look()
    row = await watched.performance.load(watched.name)
    assert row is not None
    assert row.growth == Decimal("0.7")
    assert len(await watched.performance.limit_states(watched.name)) == 2
