"""The order desk over the real adapter on a local Kraken that loses answers and breaks off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.kraken_desk import VENUE, KrakenDesk, differences, kraken_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import eventually, settle
from trading.model.identifiers import Asset, CorrelationId, Symbol
from trading.model.instrument import Side
from trading.model.order import (
    Order,
    OrderIntent,
    OrderOrigin,
    OrderType,
    TimeInForce,
)
from trading.model.order_status import OrderStatus
from trading.model.trading_state import TradingMode

BALANCES = {"USD": "100000", "BTC": "1", "ETH": "10", "SOL": "100"}


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    async with running_local_kraken(tmp_path / "kraken", balances=BALANCES) as kraken:
        yield kraken


@asynccontextmanager
async def at_work(folder: Path, kraken: LocalKraken) -> AsyncIterator[KrakenDesk]:
    """Start up, then let executor and reconciler run; leaving kills them where they stand."""
    async with kraken_desk(folder, kraken) as desk:
        report = await desk.desk.reconciler.start_up()
        assert report.venues[0].error is None
        async with asyncio.TaskGroup() as group:
            parts = (
                group.create_task(desk.desk.executor.run()),
                group.create_task(desk.desk.reconciler.run()),
            )
            await settle(1)
            try:
                yield desk
            finally:
                for part in parts:
                    part.cancel()


async def wish(
    desk: KrakenDesk,
    symbol: str,
    side: Side,
    quantity: str,
    *,
    away: str = "0.01",
    time_in_force: TimeInForce = TimeInForce.IOC,
) -> OrderIntent:
    """A limit order so far beyond the middle: marketable, but for a distance below zero."""
    wanted = Symbol.parse(symbol)
    book = (await desk.adapter.fetch_books([wanted]))[wanted]
    instrument = (await desk.adapter.fetch_instruments())[wanted]
    assert not isinstance(book, Exception)
    assert book.mid is not None
    sign = 1 if side is Side.BUY else -1
    price = instrument.round_limit_price(side, book.mid * (1 + sign * Decimal(away)))
    return OrderIntent(
        venue=VENUE,
        symbol=wanted,
        side=side,
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT,
        time_in_force=time_in_force,
        limit_price=price,
        reserve_asset=wanted.quote if side is Side.BUY else wanted.base,
        reserve_amount=Decimal(0),
        origin=OrderOrigin.MANUAL,
        reason="test",
        run_id=None,
        correlation_id=CorrelationId("corr"),
    )


async def test_a_batch_fills_and_both_books_agree(tmp_path: Path, kraken: LocalKraken) -> None:
    async with at_work(tmp_path, kraken) as desk:
        batch = [
            await wish(desk, "BTC/USD", Side.SELL, "0.1"),
            await wish(desk, "ETH/USD", Side.BUY, "1"),
            await wish(desk, "SOL/USD", Side.SELL, "10"),
        ]
        result = await desk.desk.executor.execute(batch)

        statuses = [each.order and each.order.status for each in result.outcomes]
        assert statuses == [OrderStatus.FILLED] * 3
        assert await differences(kraken, desk) == []
        assert desk.reservations.reserved(VENUE) == {}
        assert await kraken.audit() == []


async def _fate(desk: KrakenDesk, kraken: LocalKraken, fault: str, wanted: OrderIntent) -> Order:
    await kraken.fault(fault, count=1, match="AddOrder")
    result = await desk.desk.executor.execute([wanted])
    (outcome,) = result.outcomes
    assert outcome.order is not None, outcome.denied
    return outcome.order


@pytest.mark.parametrize("fault", ["lose_answer", "http_5xx_after", "hang_after", "truncate_body"])
async def test_an_order_whose_answer_is_lost_is_found(
    tmp_path: Path, kraken: LocalKraken, fault: str
) -> None:
    async with at_work(tmp_path, kraken) as desk:
        wanted = await wish(desk, "BTC/USD", Side.SELL, "0.1")
        order = await _fate(desk, kraken, fault, wanted)

        assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.1"))
        events = [each.status for each in await desk.orders.events(order.client_order_id)]
        assert "unknown" in events
        assert await differences(kraken, desk) == []


async def test_an_order_killed_in_the_middle_of_its_send_is_found_by_the_next_process(
    tmp_path: Path, kraken: LocalKraken
) -> None:
    await kraken.fault("hang_after", count=1, match="AddOrder", seconds=3.0)
    async with at_work(tmp_path, kraken) as desk, asyncio.TaskGroup() as group:
        wanted = await wish(desk, "BTC/USD", Side.SELL, "0.1")
        caller = group.create_task(desk.desk.executor.execute([wanted]))
        await eventually(lambda: _is_at_the_venue(kraken))
        caller.cancel()

    async with at_work(tmp_path, kraken) as desk:
        (order,) = await desk.desk.journal.recent(10)
        await eventually(lambda: _has_ended(desk, order))
        assert await differences(kraken, desk) == []
        assert desk.gate.state.mode is TradingMode.ACTIVE


async def _is_at_the_venue(kraken: LocalKraken) -> bool:
    return bool((await kraken.book())["orders"])


async def _has_ended(desk: KrakenDesk, order: Order) -> bool:
    return not (await desk.desk.journal.get(order.client_order_id)).is_working


async def test_an_order_placed_by_hand_is_adopted_with_its_fills(
    tmp_path: Path, kraken: LocalKraken
) -> None:
    async with at_work(tmp_path, kraken) as desk:
        await kraken.order_by_hand(pair="BTC/USD", side="buy", type="market", volume="0.01")
        await kraken.order_by_hand(
            pair="ETH/USD", side="buy", type="limit", volume="1", price="100.00"
        )
        report = await desk.desk.reconciler.reconcile(correlation_id=CorrelationId("test"))

        (venue,) = report.venues
        assert {order.intent.origin for order in venue.adopted} == {OrderOrigin.EXTERNAL}
        assert [order.intent.symbol.base for order in await desk.desk.journal.working()] == ["ETH"]
        assert await differences(kraken, desk) == []
        assert desk.gate.state.mode is TradingMode.ACTIVE


async def test_another_steelyards_order_halts(tmp_path: Path, kraken: LocalKraken) -> None:
    async with at_work(tmp_path / "one", kraken) as desk:
        wanted = await wish(desk, "BTC/USD", Side.SELL, "0.1")
        async with at_work(tmp_path / "other", kraken) as other:
            await other.desk.executor.execute([wanted])
        report = await desk.desk.reconciler.reconcile(correlation_id=CorrelationId("test"))

        assert report.venues[0].problems
        assert desk.gate.state.mode is TradingMode.HALTED
        assert "another Steelyard" in desk.gate.state.reason
        assert (await desk.manager.balance(VENUE, Asset("BTC"))).total == Decimal("0.9")
