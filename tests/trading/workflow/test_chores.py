"""Each chore does one round, says what came of it, and a failure is never a success."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading.workflow.chore_parts import RETENTION, RUN, ChoreWorld, chore_world
from trading.errors import StorageError, VenueUnavailable
from trading.events import TradingStateChanged
from trading.model.identifiers import Asset
from trading.model.trading_state import TradingMode


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ChoreWorld]:
    async with chore_world(tmp_path) as chores:
        yield chores


def unavailable(world: ChoreWorld) -> VenueUnavailable:
    return VenueUnavailable(world.venue.name, "no route")


async def test_balances_are_read_and_verified(world: ChoreWorld) -> None:
    before = world.venue.count("fetch_balances")
    assert await world.at_venue.balance_sync(RUN) == "read and verified"
    assert world.venue.count("fetch_balances") > before
    reading = await world.world.balances.manager.balance(world.venue.name, Asset("USD"))
    assert reading.free == 10_000


async def test_a_venue_that_does_not_answer_is_the_jobs_failure(world: ChoreWorld) -> None:
    world.venue.fail("fetch_balances", *[unavailable(world)] * 10)
    with pytest.raises(VenueUnavailable, match="no route"):
        await world.at_venue.balance_sync(RUN)


async def test_the_trading_loop_values_the_whole_and_trades_nothing(world: ChoreWorld) -> None:
    await world.at_venue.balance_sync(RUN)
    outcome = await world.at_venue.trading_loop(RUN)
    assert outcome == "memory: 10000.00 USD, outside: BTC -50.0%"
    row = await world.nav.latest("memory")
    assert row is not None
    assert (row.nav, row.base) == (Decimal(10_000), "USD")
    assert world.venue.count("submit") == 0


async def test_what_is_not_verified_leaves_no_mark_in_the_books(world: ChoreWorld) -> None:
    await world.at_venue.balance_sync(RUN)
    await world.clock.advance(3600)
    world.venue.fail("fetch_balances", *[unavailable(world)] * 50)
    with pytest.raises(VenueUnavailable):
        await world.at_venue.balance_sync(RUN)
    await world.at_venue.trading_loop(RUN)
    assert await world.nav.latest("memory") is None


async def test_a_halt_file_made_by_hand_is_told_whoever_saw_it_first(
    world: ChoreWorld, tmp_path: Path
) -> None:
    modes = [world.world.gate.state.mode]
    (tmp_path / "HALT").touch()
    await world.chores.heartbeat(RUN)
    modes.append(world.world.gate.state.mode)
    assert modes == [TradingMode.ACTIVE, TradingMode.HALTED]
    assert _changes(world) == []
    for _ in range(3):
        await world.at_venue.trading_loop(RUN)
    assert _changes(world) == [TradingMode.HALTED]


def _changes(world: ChoreWorld) -> list[TradingMode]:
    heard = world.world.balances.heard.events
    return [event.state.mode for event in heard if isinstance(event, TradingStateChanged)]


async def test_prices_of_what_is_held_are_kept_warm(world: ChoreWorld) -> None:
    assert await world.at_venue.price_scan(RUN) == "0 priced"
    world.venue.deposit("BTC", "0.1")
    await world.at_venue.balance_sync(RUN)
    assert await world.at_venue.price_scan(RUN) == "1 priced"


async def test_a_price_that_cannot_be_had_is_named(world: ChoreWorld) -> None:
    world.venue.deposit("BTC", "0.1")
    await world.at_venue.balance_sync(RUN)
    world.venue.account.quotes.clear()
    await world.clock.advance(120)
    assert await world.at_venue.price_scan(RUN) == "0 priced, none for BTC/USD"


async def test_the_heartbeat_says_how_it_is(world: ChoreWorld) -> None:
    await world.at_venue.balance_sync(RUN)
    text = await world.chores.heartbeat(RUN)
    assert text == "active, balances of 1 of 1 venues verified"


async def test_cleanup_backs_up_then_forgets_and_keeps_the_last_seven(world: ChoreWorld) -> None:
    for day in range(9):
        outcome = await world.chores.cleanup(RUN)
        assert outcome.startswith(f"backed up as daily-{world.clock.now():%Y%m%d-%H%M%S}.db")
        assert len(list(world.backups.glob("daily-*.db"))) == min(day + 1, 7)
        assert world.pruned[-2:] == [world.clock.now() - RETENTION] * 2
        await world.clock.advance(86_400)
    newest = max(path.name for path in world.backups.iterdir())
    assert newest == f"daily-{world.clock.now() - timedelta(days=1):%Y%m%d-%H%M%S}.db"


async def test_backups_made_by_hand_are_left_alone(world: ChoreWorld) -> None:
    (world.backups / "by-hand.db").touch()
    for _ in range(9):
        await world.chores.cleanup(RUN)
        await world.clock.advance(86_400)
    assert (world.backups / "by-hand.db").exists()


async def test_without_a_backup_nothing_is_forgotten(world: ChoreWorld) -> None:
    world.backups.rmdir()
    world.backups.touch()
    with pytest.raises(StorageError):
        await world.chores.cleanup(RUN)
    assert world.pruned == []


async def test_a_scheduled_run_trades_once_and_then_cools_down(world: ChoreWorld) -> None:
    rebalance = world.at_venue.rebalance
    outcome = await rebalance(RUN)
    assert outcome.startswith("done: cost ")
    assert world.venue.account.total(Asset("BTC")) > Decimal("0.099")
    (run,) = await world.runs.recent(5)
    assert (run.trigger, run.status, run.correlation_id) == ("schedule", "done", RUN)
    assert "too recently" in await rebalance(RUN)
    await world.clock.advance(700)
    assert await rebalance(RUN) == "everything is inside its band"
    assert world.venue.count("submit") == 1


async def test_a_scheduled_run_under_halt_says_why_it_did_not(world: ChoreWorld) -> None:
    await world.world.gate.halt("a drill", "1")
    outcome = await world.at_venue.rebalance(RUN)
    assert outcome.startswith("not run: ")
    assert world.venue.count("submit") == 0
    assert await world.runs.recent(5) == ()
