"""The account on paper: whole after every end of a process, and honest about what it lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from storage.database import Database
from storage.paper import PaperRepository
from tests.contracts.paper_world import OPENING, PaperWorld, build_paper, paper_world
from tests.contracts.trader import Trader
from tests.support.background import in_background
from tests.support.stream_ears import Ears
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.errors import InsufficientFunds, OutcomeUnknown, VenueFatal, VenueRejected
from trading.model.identifiers import Asset, VenueOrderId
from trading.model.instrument import Side
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.venues.kraken.adapter import KrakenAdapter

USD, BTC = Asset("USD"), Asset("BTC")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[PaperWorld]:
    async with paper_world(tmp_path) as opened:
        yield opened


@pytest.fixture
def trader(world: PaperWorld) -> Trader:
    return Trader(world)


async def test_what_it_begins_with_is_a_deposit(world: PaperWorld) -> None:
    entries = await world.adapter.fetch_ledger(since=world.clock.now().replace(year=2000))
    assert {entry.asset: str(entry.amount) for entry in entries} == OPENING
    assert {entry.kind.value for entry in entries} == {"deposit"}
    assert dict(await world.adapter.fetch_totals()) == {
        Asset(code): Decimal(amount) for code, amount in OPENING.items()
    }


async def test_it_is_the_same_account_after_the_process(tmp_path: Path) -> None:
    async with paper_world(tmp_path) as world:
        trader = Trader(world)
        await trader.submit(await trader.crossing())
        resting = await trader.submit(await trader.far(TimeInForce.GTC))
        held = await world.holdings()
        async with Database.open(tmp_path / "steelyard.db", clock=SystemClock()) as database:
            again = build_paper(world.kraken, database, tmp_path / "nonce")
            async with again:
                snapshot = await again.fetch_balances()
                assert {
                    asset: (each.free, each.locked) for asset, each in snapshot.balances.items()
                } == {asset: (each.free, each.locked) for asset, each in held.items()}
                assert [each.venue_order_id for each in await again.fetch_open_orders()] == [
                    resting
                ]
                # It asked the venue nothing, so an outage does not keep an order from its end.
                await world.kraken.kill()
                assert await again.cancel(resting)
                assert await again.fetch_open_orders() == ()


async def test_the_ledger_and_the_balances_agree_after_trades(
    world: PaperWorld, trader: Trader
) -> None:
    await trader.submit(await trader.crossing("0.02"))
    await trader.submit(await trader.crossing("0.01", Side.SELL))
    snapshot = await world.adapter.fetch_balances()
    totals = {asset: each.total for asset, each in snapshot.balances.items()}
    assert dict(await world.adapter.fetch_totals()) == totals
    fills = await world.adapter.fetch_fills(since=world.clock.now().replace(year=2000))
    bought = sum((f.quantity if f.side is Side.BUY else -f.quantity for f in fills), Decimal(0))
    spent = sum(((f.cost if f.side is Side.BUY else -f.cost) + f.fee for f in fills), Decimal(0))
    assert totals[BTC] == Decimal(OPENING["BTC"]) + bought
    assert totals[USD] == Decimal(OPENING["USD"]) - spent


async def test_an_order_beyond_the_account_is_refused_and_changes_nothing(
    world: PaperWorld, trader: Trader
) -> None:
    before = await world.holdings()
    with pytest.raises(InsufficientFunds):
        await trader.submit(await trader.crossing("400"))
    assert await world.holdings() == before


async def test_a_store_that_fails_leaves_the_outcome_unknown_and_the_proof_in_the_books(
    world: PaperWorld, trader: Trader, tmp_path: Path
) -> None:
    order = await trader.crossing()
    before = await world.holdings()
    await world.adapter.fetch_books([world.symbol])
    with closing(sqlite3.connect(tmp_path / "steelyard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutcomeUnknown):
            await trader.submit(order)
        other.execute("ROLLBACK")
    assert await world.adapter.find_orders(order.client_order_id, symbol=world.symbol) == ()
    assert await world.holdings() == before
    await trader.submit(trader.again(order))


async def test_whoever_is_cut_off_while_it_is_written_finds_it_whole_or_absent(
    world: PaperWorld, trader: Trader
) -> None:
    crossing = await trader.crossing()
    for steps in range(12):
        order, following = trader.again(crossing), trader.again(crossing)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(world.adapter.submit(order))
            await asyncio.wait((task,), timeout=steps * 0.0005)
            task.cancel()
        # What was cut off may still be written: the next order must come after it, not beside it.
        await trader.submit(following)
        assert await world.placed(order.client_order_id) in {0, 1}
        snapshot = await world.adapter.fetch_balances()
        held = {asset: each.total for asset, each in snapshot.balances.items()}
        assert held == {a: each.free + each.locked for a, each in (await world.holdings()).items()}
        assert held == dict(await world.adapter.fetch_totals())


async def test_what_rests_is_filled_when_the_venue_s_book_comes_to_it(tmp_path: Path) -> None:
    ears = Ears()
    async with (
        paper_world(tmp_path) as world,
        in_background(world.adapter.run_streams(ears)),
    ):
        await eventually(lambda: ears.is_live, because="the account is told")
        trader = Trader(world)
        order = await trader.far(TimeInForce.GTC)
        order_id = await trader.submit(order)
        assert ears.held[USD][1] > 0
        limit = order.intent.limit_price
        assert limit is not None
        await world.kraken.market(pair=str(world.symbol), price=str(limit * Decimal("0.98")))
        await eventually(
            lambda: ears.ended(order_id) is OrderStatus.FILLED, because="it is filled"
        )
        assert ears.spoken[-3:] == ["fill", f"order {OrderStatus.FILLED}", "account"]
        assert ears.fills[-1].price == limit
        assert {asset: held[0] for asset, held in ears.held.items()} == {
            asset: each.free for asset, each in (await world.holdings()).items() if each.free
        }


async def test_two_orders_at_once_do_not_take_the_same_liquidity(
    world: PaperWorld, trader: Trader
) -> None:
    book = await trader.book()
    best = book.asks[0]
    order = await trader.crossing(str(best.quantity))
    first = await world.adapter.fetch_orders([await trader.submit(order)])
    second = await world.adapter.fetch_orders([await trader.submit(trader.again(order))])
    (one,), (two,) = first.values(), second.values()
    assert one.filled_quantity == two.filled_quantity == order.intent.quantity
    assert two.cost > one.cost


async def test_an_unlisted_market_and_a_dead_man_s_switch_are_refused(
    world: PaperWorld, trader: Trader
) -> None:
    order = await trader.crossing()
    world.paper.watch_prices([world.symbol])
    with pytest.raises(VenueRejected, match="dead man"):
        await world.adapter.arm_dead_man_switch(None)
    assert not await world.adapter.cancel(VenueOrderId("P999"))
    assert world.adapter.traits.kind == "paper"
    await trader.submit(order)


async def test_the_venue_behind_it_has_no_account_to_ask(
    world: PaperWorld, tmp_path: Path
) -> None:
    async with Database.open(tmp_path / "steelyard.db", clock=SystemClock()) as database:
        paper = build_paper(world.kraken, database, tmp_path / "nonce")
        behind = paper.public
        assert isinstance(behind, KrakenAdapter)
        async with paper:
            with pytest.raises(VenueFatal, match="no API key"):
                await behind.fetch_balances()
            with pytest.raises(VenueFatal, match="no API key"):
                await behind.cancel_all()


async def test_a_store_of_another_venue_is_another_account(
    world: PaperWorld, tmp_path: Path
) -> None:
    async with Database.open(tmp_path / "steelyard.db", clock=SystemClock()) as database:
        assert await PaperRepository(database=database).load("elsewhere") is None
        assert await PaperRepository(database=database).load(world.adapter.name) is not None
