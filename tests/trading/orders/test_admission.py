"""Which orders are let into the journal, and which are denied and why."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world
from tests.support.perilous_venue import PerilousVenue
from tests.support.perils import Fate
from tests.support.waiting import eventually, settle
from tests.trading.orders.asking import buy_eth, denial, execute, execute_one, sell_btc
from tests.trading.orders.conftest import BTC, ETH
from trading.errors import VenueUnavailable
from trading.model.denial import DenialCode, Denied
from trading.model.funds import required_funds
from trading.model.instrument import InstrumentStatus, Side
from trading.model.order import OrderOrigin
from trading.model.order_status import OrderStatus
from trading.orders.verification import Approved


async def test_a_halt_stops_what_has_not_left_yet(world: OrderWorld) -> None:
    await world.gate.halt("enough", "test")
    assert await denial(world, sell_btc(world.venue)) is DenialCode.HALTED
    assert world.venue.arrivals == []


async def test_close_all_works_while_halted(world: OrderWorld) -> None:
    await world.gate.halt("enough", "test")
    wanted = intent(world.venue, BTC, Side.SELL, "1", "49900", origin=OrderOrigin.CLOSE_ALL)
    assert (await execute_one(world, wanted)).status is OrderStatus.FILLED


async def test_reducing_allows_only_what_reduces(world: OrderWorld) -> None:
    await world.gate.reduce("drawdown", "bot")
    result = await execute(world, buy_eth(world.venue), sell_btc(world.venue))
    assert [outcome.denied and outcome.denied.code for outcome in result.outcomes] == [
        DenialCode.REDUCING_ONLY,
        None,
    ]


async def test_one_batch_cannot_spend_the_same_money_twice(world: OrderWorld) -> None:
    result = await execute(
        world,
        sell_btc(world.venue, "0.7"),
        sell_btc(world.venue, "0.4"),
        sell_btc(world.venue, "0.3"),
    )
    codes = [outcome.denied and outcome.denied.code for outcome in result.outcomes]
    assert codes == [None, DenialCode.INSUFFICIENT_FREE, None]


async def test_two_batches_cannot_spend_the_same_money_twice(world: OrderWorld) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        first = group.create_task(execute(world, sell_btc(world.venue, "0.7")))
        second = group.create_task(execute(world, sell_btc(world.venue, "0.7")))
        await eventually(lambda: first.done() or second.done())
        gate.set()
    outcomes = [*first.result().outcomes, *second.result().outcomes]
    assert sorted(str(outcome.denied and outcome.denied.code) for outcome in outcomes) == [
        "None",
        "insufficient_free",
    ]


async def test_a_buy_reserves_price_fee_and_buffer(world: OrderWorld) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        group.create_task(execute(world, buy_eth(world.venue)))
        await eventually(lambda: world.venue.count("submit"))
        reserved = world.balances.reservations.reserved(world.name)
        gate.set()
    instrument = world.venue.instruments[ETH]
    worst = required_funds(
        instrument,
        Side.BUY,
        quantity=Decimal(1),
        price=Decimal(3010),
        buffer_fraction=Decimal("0.02"),
    )
    assert reserved == dict([worst])
    assert worst[1] >= Decimal(3010) * Decimal("1.02")


async def test_a_whole_holding_can_be_sold(world: OrderWorld) -> None:
    order = await execute_one(world, intent(world.venue, ETH, Side.SELL, "2", "2990"))
    assert order.filled_quantity == Decimal(2)


async def test_nothing_is_sent_on_balances_that_are_not_believed(world: OrderWorld) -> None:
    world.venue.show({"USD": "10000", "ETH": "2"})
    await world.clock.advance(61)
    assert await denial(world, sell_btc(world.venue)) is DenialCode.BALANCE_UNVERIFIED


async def test_nothing_is_sent_when_balances_cannot_be_read(world: OrderWorld) -> None:
    world.venue.fail("fetch_balances", VenueUnavailable(world.name, "down"))
    await world.clock.advance(61)
    assert await denial(world, sell_btc(world.venue)) is DenialCode.BALANCE_UNVERIFIED


async def test_nothing_is_sent_before_the_journal_is_reconciled(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with order_world(tmp_path, clock=clock, venue=venue) as world:
        venue.fail("fetch_open_orders", VenueUnavailable(venue.name, "down"))
        report = await world.desk.reconciler.start_up()
        assert report.venues[0].error == "memory: down"
        async with asyncio.TaskGroup() as group:
            runner = group.create_task(world.desk.executor.run())
            await settle(1)
            assert await denial(world, sell_btc(venue)) is DenialCode.NOT_RECONCILED
            runner.cancel()


async def test_an_instrument_with_an_unknown_order_is_left_alone(world: OrderWorld) -> None:
    world.venue.fates = [Fate.REQUEST_LOST]
    looks = world.venue.hold("find_orders")
    async with asyncio.TaskGroup() as group:
        group.create_task(execute(world, sell_btc(world.venue, "0.1")))
        await eventually(lambda: world.venue.count("find_orders"))
        assert await denial(world, sell_btc(world.venue, "0.1")) is DenialCode.INSTRUMENT_BUSY
        other = await execute_one(world, buy_eth(world.venue))
        looks.set()
    assert other.status is OrderStatus.FILLED


async def test_an_order_off_the_lot_is_denied(world: OrderWorld) -> None:
    wanted = intent(world.venue, BTC, Side.SELL, "0.123456789", "49900")
    assert await denial(world, wanted) is DenialCode.PLAN_CHANGED


async def test_an_instrument_that_is_not_online_is_denied(world: OrderWorld) -> None:
    listed = world.venue.instruments[BTC]
    world.venue.instruments[BTC] = replace(listed, status=InstrumentStatus.CANCEL_ONLY)
    assert await denial(world, sell_btc(world.venue)) is DenialCode.INSTRUMENT_NOT_TRADABLE


async def test_an_instrument_whose_answer_could_not_be_written_down_is_left_alone(
    world: OrderWorld,
) -> None:
    gate = world.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(execute_one(world, sell_btc(world.venue, "0.1")))
        await eventually(lambda: world.venue.count("submit"))
        world.orders_database.refuse(writes=3)
        gate.set()

    assert sent.result().status is OrderStatus.SUBMITTING
    assert await denial(world, sell_btc(world.venue, "0.1")) is DenialCode.INSTRUMENT_BUSY
    assert len(world.venue.arrivals) == 1


async def test_no_batch_waits_behind_another_ones_silent_venue(world: OrderWorld) -> None:
    await world.clock.advance(61)
    world.venue.fail("fetch_balances", VenueUnavailable(world.name, "down"))
    before = world.venue.count("fetch_balances")
    gate = world.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        denials = [
            group.create_task(denial(world, sell_btc(world.venue, "0.1"))) for _ in range(3)
        ]
        await eventually(lambda: world.venue.count("fetch_balances") > before)
        await settle()
        gate.set()
    assert {each.result() for each in denials} == {DenialCode.BALANCE_UNVERIFIED}
    assert world.venue.count("fetch_balances") == before + 1


async def test_examining_says_what_admission_would_and_changes_nothing(world: OrderWorld) -> None:
    executor, wanted = world.desk.executor, sell_btc(world.venue, "0.7")
    approved, denied = await executor.examine((wanted, wanted))
    assert isinstance(approved, Approved)
    assert approved.evidence["free"] == "1"
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.INSUFFICIENT_FREE
    assert world.balances.reservations.reserved(world.name) == {}
    assert (await world.desk.journal.recent(10), world.venue.arrivals) == ((), [])
    assert (await execute_one(world, wanted)).status is OrderStatus.FILLED


async def test_examining_tells_of_a_halt(world: OrderWorld) -> None:
    await world.gate.halt("enough", "test")
    (denied,) = await world.desk.executor.examine((sell_btc(world.venue),))
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.HALTED
