"""What every venue adapter does, held against every world."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from tests.contracts.trader import Trader
from tests.contracts.venue_world import VenueWorld
from trading.errors import OrderWithdrawn, VenueError, VenueRejected
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, ClientOrderId, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerKind
from trading.model.market_data import Book, Price
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.orders.client_ids import is_ours
from trading.venues.port import VenueState

MINUTE = timedelta(minutes=1)


async def test_it_says_what_it_is(world: VenueWorld) -> None:
    traits = world.adapter.traits
    assert traits.kind
    assert traits.order_deadline > timedelta(0)
    assert traits.client_order_id_length >= 18
    assert not traits.absence.provable or traits.absence.looks >= 2


async def test_state_time_and_rights_are_told(world: VenueWorld) -> None:
    assert await world.adapter.fetch_state() is VenueState.ONLINE
    now = await world.adapter.fetch_time()
    assert now.tzinfo is UTC
    assert abs(now - world.clock.now()) < timedelta(seconds=3)
    report = await world.adapter.fetch_key_report()
    assert (report.can_trade, report.can_withdraw) == (True, False)


async def test_an_order_that_was_withdrawn_is_never_sent(
    world: VenueWorld, trader: Trader
) -> None:
    """A halt takes approval back while an order waits for its turn."""
    order = await trader.crossing()
    halted = Denied(code=DenialCode.HALTED, reason="trading is halted")
    with pytest.raises(OrderWithdrawn, match="halted"):
        await trader.submit(replace(order, withdrawn=lambda: halted))
    assert await world.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol) == ()


async def test_it_can_begin_afresh_at_any_time(world: VenueWorld) -> None:
    for _ in range(2):
        now = await world.adapter.resync()
        assert abs(now - world.clock.now()) < timedelta(seconds=3)
    await world.adapter.fetch_balances()


async def test_instruments_carry_their_own_symbol_and_usable_steps(world: VenueWorld) -> None:
    instruments = await world.adapter.fetch_instruments()
    assert {world.symbol, world.other} <= set(instruments)
    assert world.unlisted not in instruments
    for symbol, instrument in instruments.items():
        assert instrument.symbol == symbol
        assert instrument.venue == world.adapter.name
        assert 0 <= instrument.taker_fee_fraction < 1


async def test_balances_are_those_in_the_venue_s_books(world: VenueWorld) -> None:
    before = world.clock.monotonic()
    snapshot = await world.adapter.fetch_balances()
    truth = await world.holdings()
    assert {asset: (held.free, held.locked) for asset, held in truth.items()} == {
        asset: (balance.free, balance.locked) for asset, balance in snapshot.balances.items()
    }
    assert before <= snapshot.received_monotonic <= world.clock.monotonic()
    assert snapshot.received_at.tzinfo is UTC
    assert snapshot.venue == world.adapter.name


async def test_the_second_opinion_on_totals_agrees(world: VenueWorld, trader: Trader) -> None:
    await trader.submit(await trader.far(TimeInForce.GTC))
    snapshot = await world.adapter.fetch_balances()
    totals = await world.adapter.fetch_totals()
    assert dict(totals) == {asset: held.total for asset, held in snapshot.balances.items()}


async def test_deposits_and_withdrawals_show_in_balance_and_ledger(world: VenueWorld) -> None:
    since = world.clock.now() - MINUTE
    await world.deposit(world.symbol.quote, Decimal("123.45"))
    await world.withdraw(world.symbol.quote, Decimal("23.45"))
    snapshot = await world.adapter.fetch_balances()
    assert snapshot.balances[world.symbol.quote].total == Decimal(10100)
    rows = [
        row
        for row in await world.adapter.fetch_ledger(since=since)
        if row.asset == world.symbol.quote
    ]
    kinds = {row.amount: row.kind for row in rows}
    assert kinds[Decimal("123.45")] is LedgerKind.DEPOSIT
    assert kinds[Decimal("-23.45")] in (LedgerKind.WITHDRAWAL, LedgerKind.DEPOSIT)
    assert rows[-1].balance == Decimal(10100)


async def test_prices_and_books_agree_and_a_bad_symbol_fails_alone(world: VenueWorld) -> None:
    wanted = [world.symbol, world.unlisted, world.other]
    prices = await world.adapter.fetch_prices(wanted)
    books = await world.adapter.fetch_books(wanted)
    assert set(prices) == set(books) == set(wanted)
    assert isinstance(prices[world.unlisted], VenueError)
    assert isinstance(books[world.unlisted], VenueError)
    for symbol in (world.symbol, world.other):
        price, book = prices[symbol], books[symbol]
        assert isinstance(price, Price)
        assert isinstance(book, Book)
        assert price.symbol == book.symbol == symbol
        assert book.bids[0].price < price.value < book.asks[0].price
        assert [level.price for level in book.bids] == sorted(
            (level.price for level in book.bids), reverse=True
        )
        assert [level.price for level in book.asks] == sorted(level.price for level in book.asks)


async def test_asking_for_nothing_answers_nothing(world: VenueWorld) -> None:
    assert dict(await world.adapter.fetch_prices([])) == {}
    assert dict(await world.adapter.fetch_books([])) == {}
    assert dict(await world.adapter.fetch_orders([])) == {}


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
async def test_an_order_that_crosses_is_filled_and_every_book_agrees(
    world: VenueWorld, trader: Trader, side: Side
) -> None:
    since = world.clock.now() - MINUTE
    before = await world.holdings()
    order = await trader.crossing(side=side)
    order_id = await trader.submit(order)
    found = await trader.look_up(order)
    fills = await world.adapter.fetch_fills(since=since)
    after = (await world.adapter.fetch_balances()).balances
    sign = 1 if side is Side.BUY else -1
    assert (found.venue_order_id, found.status) == (order_id, OrderStatus.FILLED)
    assert (found.side, found.quantity) == (side, order.intent.quantity)
    assert {fill.venue_order_id for fill in fills} == {order_id}
    assert sum(fill.quantity for fill in fills) == found.filled_quantity == order.intent.quantity
    assert sum(fill.cost for fill in fills) == found.cost
    if found.fee is not None:
        assert sum(fill.fee for fill in fills) == found.fee
    changes = {world.symbol.base: sign * found.filled_quantity}
    changes[world.symbol.quote] = -sign * found.cost
    for fill in fills:
        changes[fill.fee_asset] -= fill.fee
    for asset, change in changes.items():
        assert abs(after[asset].total - before[asset].free - change) <= Decimal("0.0002")


async def test_the_ledger_accounts_for_every_change(world: VenueWorld, trader: Trader) -> None:
    since = world.clock.now() - timedelta(hours=1)
    await trader.submit(await trader.crossing())
    rows = await world.adapter.fetch_ledger(since=since)
    totals: dict[Asset, Decimal] = {}
    for row in rows:
        totals[row.asset] = totals.get(row.asset, Decimal(0)) + row.amount - row.fee
        assert row.balance == totals[row.asset]
    assert totals == dict(await world.adapter.fetch_totals())
    assert len({row.ledger_id for row in rows}) == len(rows)


async def test_a_resting_order_is_open_locks_funds_and_can_be_cancelled_once(
    world: VenueWorld, trader: Trader
) -> None:
    order = await trader.far(TimeInForce.GTC)
    order_id = await trader.submit(order)
    (open_order,) = await world.adapter.fetch_open_orders()
    assert (open_order.venue_order_id, open_order.status) == (order_id, OrderStatus.OPEN)
    assert open_order.client_order_id == order.client_order_id
    assert open_order.limit_price == order.intent.limit_price
    held = (await world.adapter.fetch_balances()).balances[world.symbol.quote]
    assert held.locked >= order.intent.reserve_amount
    assert held.total == Decimal(10000)
    assert await world.adapter.cancel(order_id) is True
    assert await world.adapter.cancel(order_id) is False
    assert await world.adapter.fetch_open_orders() == ()
    assert (await trader.look_up(order)).status is OrderStatus.CANCELLED
    assert (await world.adapter.fetch_balances()).balances[world.symbol.quote].locked == 0


async def test_an_order_that_may_not_rest_ends_at_once(world: VenueWorld, trader: Trader) -> None:
    order = await trader.far(TimeInForce.IOC)
    await trader.submit(order)
    found = await trader.look_up(order)
    assert found.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    assert found.filled_quantity == 0
    assert await world.adapter.fetch_open_orders() == ()


async def test_what_cannot_be_paid_is_rejected_and_leaves_nothing(
    world: VenueWorld, trader: Trader
) -> None:
    order = await trader.crossing("5")
    with pytest.raises(VenueRejected):
        await world.adapter.submit(order)
    assert await world.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol) == ()
    assert await world.placed(order.client_order_id) == 0


async def test_orders_of_others_are_seen_without_an_id_of_ours(world: VenueWorld) -> None:
    await world.rest_by_hand(Decimal("0.001"), Decimal(30000))
    (found,) = await world.adapter.fetch_open_orders()
    assert not is_ours(found.client_order_id)
    assert (found.quantity, found.limit_price) == (Decimal("0.001"), Decimal(30000))


async def test_cancel_all_cancels_everyone_s(world: VenueWorld, trader: Trader) -> None:
    await world.rest_by_hand(Decimal("0.001"), Decimal(30000))
    await trader.submit(await trader.far(TimeInForce.GTC))
    assert await world.adapter.cancel_all() == 2
    assert await world.adapter.fetch_open_orders() == ()
    assert await world.adapter.cancel_all() == 0


async def test_orders_are_found_by_the_venue_s_ids_and_strangers_are_missing(
    world: VenueWorld, trader: Trader
) -> None:
    filled = await trader.submit(await trader.crossing())
    resting = await trader.submit(await trader.far(TimeInForce.GTC))
    stranger = VenueOrderId("OZZZZZ-ZZZZZ-ZZZZZZ")
    found = await world.adapter.fetch_orders([filled, stranger, resting])
    assert {order_id: order.status for order_id, order in found.items()} == {
        filled: OrderStatus.FILLED,
        resting: OrderStatus.OPEN,
    }
    assert await world.adapter.cancel(stranger) is False


async def test_an_id_that_was_never_sent_is_not_found(world: VenueWorld, trader: Trader) -> None:
    await trader.submit(await trader.crossing())
    assert (
        await world.adapter.find_orders(ClientOrderId("sytest-never0sent1"), symbol=world.symbol)
        == ()
    )


async def test_long_histories_are_read_to_the_end_and_only_from_when_asked(
    world: VenueWorld, trader: Trader
) -> None:
    since = world.clock.now() - MINUTE
    small = await trader.crossing("0.0001")
    order_ids = [await trader.submit(trader.again(small)) for _ in range(55)]
    closed = await world.adapter.fetch_closed_orders(since=since)
    fills = await world.adapter.fetch_fills(since=since)
    assert [order.venue_order_id for order in closed] == order_ids
    assert list(dict.fromkeys(fill.venue_order_id for fill in fills)) == order_ids
    assert len({fill.fill_id for fill in fills}) == len(fills)
    assert list(fills) == sorted(fills, key=lambda fill: fill.executed_at)
    later = [fill for fill in fills if fill.executed_at >= fills[30].executed_at]
    assert await world.adapter.fetch_fills(since=fills[30].executed_at) == tuple(later)
    assert len(await world.adapter.fetch_orders(order_ids)) == 55
    future = world.clock.now() + MINUTE
    assert await world.adapter.fetch_fills(since=future) == ()
    assert await world.adapter.fetch_closed_orders(since=future) == ()
    assert await world.adapter.fetch_ledger(since=future) == ()
