"""What the user data stream does wrong, on the real wire: the pushed account is never wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contracts.binance_world import BinanceWorld
from tests.contracts.trader import Trader
from tests.support.background import in_background
from tests.support.local_binance import running_local_binance
from tests.support.stream_ears import Ears
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.clock import SystemClock
from trading.model.identifiers import Asset, VenueName
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.venues.binance.adapter import BinanceAdapter
from trading.venues.binance.settings import BinanceSettings
from trading.venues.websocket import SocketLimits

USDT = Asset("USDT")


@asynccontextmanager
async def live(
    folder: Path, *, renew_seconds: float = 3600.0, dead_seconds: float = 20.0
) -> AsyncIterator[BinanceWorld]:
    balances = {"BTC": "0.5", "ETH": "2", "USDT": "10000"}
    async with running_local_binance(folder / "binance", balances=balances) as binance:
        settings = BinanceSettings(
            key=binance.key,
            secret=binance.secret,
            rest_url=binance.rest_url,
            ws_url=binance.stream_url,
            ws_api_url=binance.ws_api_url,
            timeout_seconds=PATIENCE_SECONDS,
            answer_seconds=PATIENCE_SECONDS,
            reconnect_seconds=0.05,
            renew_seconds=renew_seconds,
            socket_limits=SocketLimits(quiet_seconds=0.3, dead_seconds=dead_seconds),
        )
        ears = Ears()
        async with BinanceAdapter(
            name=VenueName("binance"), settings=settings, clock=SystemClock()
        ) as adapter:
            world = BinanceWorld(binance=binance, adapter=adapter, settings=settings, ears=ears)
            async with in_background(adapter.run_streams(ears)):
                await eventually(lambda: ears.is_live, because="the stream is live")
                yield world


async def agrees(world: BinanceWorld) -> None:
    """Wait until what was pushed last is what the venue's books say."""

    async def it_does() -> bool:
        truth = await world.holdings()
        held = {asset: (each.free, each.locked) for asset, each in truth.items()}
        assert world.ears.is_live
        assert world.ears.held == held
        return True

    await eventually(it_does)


async def each_fill_was_told_once(world: BinanceWorld) -> None:
    kept = [
        f"{row['pair'].replace('/', '')}-{row['trade_id']}"
        for row in (await world.binance.book())["fills"]
    ]
    assert kept
    assert sorted(fill.fill_id for fill in world.ears.fills) == sorted(kept)


@pytest.mark.parametrize("fault", ["ws_drop", "ws_shutdown", "ws_terminate"])
async def test_a_stream_that_ends_is_subscribed_anew_with_a_baseline(
    tmp_path: Path, fault: str
) -> None:
    async with live(tmp_path) as world:
        trader = Trader(world)
        order_id = await trader.submit(await trader.far(TimeInForce.GTC))
        await agrees(world)
        await world.binance.fault(fault, count=1, match="api")
        await eventually(lambda: world.ears.lost, because="the loss is said")
        await world.binance.deposit(USDT, Decimal(100))
        await eventually(lambda: world.ears.is_live)
        await agrees(world)
        assert world.ears.last_order(order_id).status is OrderStatus.OPEN
        await trader.submit(await trader.crossing())
        await agrees(world)
        await each_fill_was_told_once(world)


async def test_what_ended_while_nobody_listened_is_told_after(tmp_path: Path) -> None:
    async with live(tmp_path) as world:
        trader = Trader(world)
        order_id = await trader.submit(await trader.far(TimeInForce.GTC))
        await agrees(world)
        await world.binance.fault("ws_refuse", match="api")
        await world.binance.fault("ws_drop", count=1, match="api")
        await eventually(lambda: world.ears.lost)
        assert await world.adapter.cancel(order_id)
        await world.binance.clear_faults()
        await eventually(lambda: world.ears.is_live)
        assert world.ears.last_order(order_id).status is OrderStatus.CANCELLED
        await agrees(world)


async def test_a_silent_connection_is_noticed(tmp_path: Path) -> None:
    async with live(tmp_path, dead_seconds=1.5) as world:
        await world.binance.fault("ws_silent", match="api")
        await eventually(lambda: world.ears.lost)
        assert "nothing was heard" in world.ears.lost[0]
        await world.binance.clear_faults()
        await eventually(lambda: world.ears.is_live)
        await agrees(world)


@pytest.mark.parametrize(
    ("fault", "match"),
    [
        ("ws_duplicate", "executionReport"),
        ("ws_duplicate", "outboundAccountPosition"),
        ("ws_swap", "executionReport"),
        ("ws_swap", "outboundAccountPosition"),
        ("ws_late", "executionReport.TRADE"),
        ("ws_late", "outboundAccountPosition"),
    ],
)
async def test_events_twice_late_and_out_of_order_push_nothing_wrong(
    tmp_path: Path, fault: str, match: str
) -> None:
    async with live(tmp_path) as world:
        trader = Trader(world)
        extra = {"seconds": 0.3} if fault == "ws_late" else {}
        await world.binance.fault(fault, match=match, count=2, **extra)
        for _ in range(2):
            order = await trader.crossing()
            order_id = await trader.submit(order)
            spendable = (await world.holdings())[USDT].free
            assert world.ears.held[USDT][0] <= spendable
            await agrees(world)
            assert world.ears.last_order(order_id).status is OrderStatus.FILLED
        await each_fill_was_told_once(world)


async def test_a_balance_that_is_never_pushed_is_asked_for(tmp_path: Path) -> None:
    """The referee judges what a silent channel leaves: here, a deposit that nothing tells of."""
    async with live(tmp_path) as world:
        await world.binance.fault("ws_silent_channel", match="outboundAccountPosition")
        await world.binance.fault("ws_silent_channel", match="balanceUpdate")
        await world.binance.deposit(USDT, Decimal(100))
        await world.adapter.fetch_balances()
        await eventually(lambda: world.ears.lost, because="the referee disagrees")
        await eventually(lambda: world.ears.is_live)
        await agrees(world)


async def test_a_connection_is_renewed_before_it_ends_without_a_gap(tmp_path: Path) -> None:
    async with live(tmp_path, renew_seconds=1.0) as world:
        trader = Trader(world)

        async def connected() -> bool:
            state = await world.binance.current()
            return bool(state["calls"]["stream"]["connect api"] >= 2)

        await eventually(connected, because="a second connection was opened")
        for _ in range(3):
            await trader.submit(await trader.crossing())
            await agrees(world)
        assert world.ears.lost == []
        await each_fill_was_told_once(world)
