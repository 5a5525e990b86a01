"""What every venue with streams pushes: whole accounts, in sequence, and never too much free."""

from datetime import timedelta
from decimal import Decimal

from tests.contracts.trader import Trader
from tests.contracts.venue_world import StreamWorld
from tests.support.waiting import eventually, settle
from trading.model.identifiers import Asset
from trading.model.market_data import Price
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.orders.client_ids import is_ours

HOUR = timedelta(hours=1)


async def agrees(world: StreamWorld) -> None:
    """Wait until what was pushed last is what the venue's books say."""

    async def it_does() -> bool:
        truth = await world.holdings()
        held = {asset: (each.free, each.locked) for asset, each in truth.items()}
        assert world.ears.held == {asset: each for asset, each in held.items() if any(each)}
        return True

    await eventually(it_does)


async def test_a_baseline_comes_first_and_is_the_venue_s_book(streamed: StreamWorld) -> None:
    (first, *_) = streamed.ears.accounts
    assert first.is_baseline
    assert first.snapshot.venue == streamed.adapter.name
    await agrees(streamed)
    assert streamed.adapter.traits.has_streams
    assert "private" in {status.name for status in streamed.adapter.stream_status()}
    assert streamed.ears.lost == []


async def test_money_that_comes_and_goes_is_pushed(streamed: StreamWorld) -> None:
    await streamed.deposit(streamed.symbol.quote, Decimal("123.45"))
    await agrees(streamed)
    await streamed.withdraw(streamed.symbol.quote, Decimal("23.45"))
    await streamed.deposit(Asset("SOL"), Decimal(3))
    await agrees(streamed)
    assert [pushed.is_baseline for pushed in streamed.ears.accounts].count(True) == 1


async def test_an_order_is_locked_as_soon_as_it_was_taken(
    streamed: StreamWorld, stream_trader: Trader
) -> None:
    order = await stream_trader.far(TimeInForce.GTC)
    order_id = await stream_trader.submit(order)
    await settle()
    truth = (await streamed.holdings())[streamed.symbol.quote]
    assert truth.locked > 0
    assert streamed.ears.held[streamed.symbol.quote][0] <= truth.free
    await agrees(streamed)
    assert await streamed.adapter.cancel(order_id)
    await agrees(streamed)
    assert streamed.ears.last_order(order_id).status is OrderStatus.CANCELLED


async def test_orders_of_others_are_told_and_lock_too(streamed: StreamWorld) -> None:
    await streamed.rest_by_hand(Decimal("0.001"), Decimal(30000))
    await agrees(streamed)
    await eventually(lambda: streamed.ears.orders)
    assert not is_ours(streamed.ears.orders[-1].client_order_id)
    assert streamed.ears.held[streamed.symbol.quote][1] > 0


async def test_what_is_told_of_fills_and_orders_is_what_one_can_ask_for(
    streamed: StreamWorld, stream_trader: Trader
) -> None:
    order = await stream_trader.crossing()
    order_id = await stream_trader.submit(order)
    await agrees(streamed)
    await eventually(lambda: streamed.ears.last_order(order_id).closed_at)
    asked = await stream_trader.look_up(order)
    told = streamed.ears.last_order(order_id)
    assert told.status is asked.status is OrderStatus.FILLED
    for name in ("client_order_id", "symbol", "side", "quantity", "filled_quantity", "limit_price",
                 "cost", "fee", "order_type"):  # fmt: skip
        assert getattr(told, name) == getattr(asked, name), name
    fills = await streamed.adapter.fetch_fills(since=streamed.clock.now() - HOUR)
    keys = [(f.fill_id, f.venue_order_id, f.quantity, f.price, f.cost, f.fee) for f in fills]
    heard = streamed.ears.fills
    assert sorted(keys) == sorted(
        (f.fill_id, f.venue_order_id, f.quantity, f.price, f.cost, f.fee) for f in heard
    )
    assert {fill.client_order_id for fill in heard} == {order.client_order_id}


async def test_a_venue_that_dies_is_said_at_once_and_a_baseline_follows(
    streamed: StreamWorld, stream_trader: Trader
) -> None:
    order_id = await stream_trader.submit(await stream_trader.far(TimeInForce.GTC))
    await agrees(streamed)
    await streamed.die()
    await eventually(lambda: len(streamed.ears.lost) == 1)
    assert not any(status.is_live for status in streamed.adapter.stream_status())
    await streamed.come_back()
    await eventually(lambda: streamed.ears.is_live)
    await agrees(streamed)
    assert streamed.ears.last_order(order_id).status is OrderStatus.OPEN
    assert streamed.ears.fills == []


async def test_new_connections_begin_with_a_baseline_and_repeat_no_fill(
    streamed: StreamWorld, stream_trader: Trader
) -> None:
    await stream_trader.submit(await stream_trader.crossing())
    await agrees(streamed)
    fills = len(streamed.ears.fills)
    await streamed.adapter.reconnect_streams()
    assert [word for word in streamed.ears.spoken if word in ("lost", "baseline")] == [
        "baseline", "lost", "baseline",
    ]  # fmt: skip
    (private,) = [s for s in streamed.adapter.stream_status() if s.name == "private"]
    assert (private.is_live, private.reconnects) == (True, 1)
    await agrees(streamed)
    assert len(streamed.ears.fills) == fills


async def test_the_prices_that_are_watched_are_pushed_and_no_others(
    streamed: StreamWorld,
) -> None:
    streamed.adapter.watch_prices([streamed.symbol, streamed.unlisted])
    await eventually(lambda: streamed.ears.prices)
    asked = (await streamed.adapter.fetch_prices([streamed.symbol]))[streamed.symbol]
    assert isinstance(asked, Price)
    assert streamed.ears.prices[-1].value == asked.value
    streamed.adapter.watch_prices([streamed.other])
    await eventually(lambda: streamed.ears.prices[-1].symbol == streamed.other)
    assert {price.symbol for price in streamed.ears.prices} == {streamed.symbol, streamed.other}
