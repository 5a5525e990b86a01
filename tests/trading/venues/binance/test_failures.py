"""Every fault that Binance is known for, on the real wire, with both books compared after it."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.contracts.binance_world import BinanceWorld
from tests.contracts.trader import Trader
from tests.support.haste import hasten
from tests.support.local_binance import running_local_binance
from tests.trading.venues.binance.wire import SkewedClock, Wire, agree
from trading.clock import SystemClock
from trading.errors import (
    InsufficientFunds,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.venues.port import Priority

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_FUNDS = "Account has insufficient balance for requested action."

# Status, code and words, and what they are for an order.
Refusal = tuple[int, int, str]
WORDS: list[tuple[int, int, str, type[VenueError]]] = [
    (500, -1000, "An unknown error occurred.", OutcomeUnknown),
    (504, -1007, "Timeout waiting for response; execution status unknown.", OutcomeUnknown),
    (500, -1006, "An unexpected response was received.", OutcomeUnknown),
    (503, -1008, "Server is currently overloaded.", OutcomeUnknown),
    (400, -1013, "Filter failure: LOT_SIZE", VenueRejected),
    (400, -1021, "Timestamp for this request is outside of the recvWindow.", VenueUnavailable),
    (400, -1022, "Signature for this request is not valid.", VenueFatal),
    (400, -1111, "Precision is over the maximum defined for this asset.", VenueRejected),
    (400, -1121, "Invalid symbol.", VenueRejected),
    (400, -2010, NO_FUNDS, InsufficientFunds),
    (400, -2010, "Market is closed.", VenueRejected),
    (400, -2010, "Duplicate order sent.", OutcomeUnknown),
    (401, -2014, "API-key format invalid.", VenueFatal),
    (401, -2015, "Invalid API-key, IP, or permissions for action.", VenueFatal),
    (403, -9000, "", VenueUnavailable),
    (400, -9999, "A code that nobody has documented.", OutcomeUnknown),
]
WIRE: list[tuple[str, dict[str, Any], bool]] = [
    ("http_5xx_before", {"status": 502}, False),
    ("http_5xx_after", {"status": 503}, True),
    ("error_after", {}, True),
    ("drop_before", {}, False),
    ("lose_answer", {}, True),
    ("malformed_json", {}, True),
    ("truncate_body", {}, True),
    ("hang_before", {"seconds": 0.6}, True),
    ("hang_after", {"seconds": 0.6}, True),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("failures")
    balances = {"BTC": "0.5", "ETH": "2", "USDT": "10000"}
    async with running_local_binance(
        folder, balances=balances, orders_10s=10_000, weight_limit=1_000_000
    ) as running:
        yield Wire(binance=running)


@pytest_asyncio.fixture(loop_scope="module")
async def world(wire: Wire) -> AsyncIterator[BinanceWorld]:
    wire.told.clear()
    async with wire.opened(SystemClock()) as opened:
        yield opened


@pytest.fixture
def trader(wire: Wire, world: BinanceWorld) -> Trader:
    return wire.trader(world)


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [(row[:3], row[3]) for row in WORDS],
    ids=[f"{row[1]} {row[2][:20]}" for row in WORDS],
)
async def test_an_order_refused_in_these_words_is_what_they_say_and_in_no_book(
    world: BinanceWorld,
    trader: Trader,
    refusal: Refusal,
    fault: type[VenueError],
) -> None:
    status, code, words = refusal
    order = await trader.crossing()
    await world.binance.fault(
        "error", match="POST order", count=1, status=status, code=code, msg=words
    )
    with pytest.raises(fault) as caught:
        await world.adapter.submit(order)
    kinds = (VenueUnavailable, VenueRejected, InsufficientFunds, OutcomeUnknown, VenueFatal)
    assert [kind for kind in kinds if isinstance(caught.value, kind)][-1] is fault
    assert await world.placed(order.client_order_id) == 0


@pytest.mark.parametrize(
    ("name", "parameters", "is_executed"), WIRE, ids=[name for name, *_ in WIRE]
)
async def test_an_order_whose_answer_is_lost_is_in_doubt_and_looking_it_up_tells_the_truth(
    world: BinanceWorld,
    trader: Trader,
    name: str,
    parameters: Mapping[str, Any],
    is_executed: bool,
) -> None:
    order = await trader.crossing()
    await world.binance.fault(name, match="POST order", count=1, **parameters)
    if name.startswith("hang"):
        hasten(world.settings, answer_seconds=0.4)
    with pytest.raises(OutcomeUnknown):
        await world.adapter.submit(order)
    if name == "hang_before":
        return  # it may arrive later, and its window decides: the order desk waits for that
    assert await world.placed(order.client_order_id) == int(is_executed)
    found = await world.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol)
    assert len(found) == int(is_executed)


async def test_an_order_that_a_look_does_not_show_yet_is_shown_by_the_next(
    world: BinanceWorld, trader: Trader
) -> None:
    order = await trader.crossing()
    await world.adapter.submit(order)
    await world.binance.fault("unseen_order", count=1)
    symbol = order.intent.symbol
    assert await world.adapter.find_orders(order.client_order_id, symbol=symbol) == ()
    assert len(await world.adapter.find_orders(order.client_order_id, symbol=symbol)) == 1


@pytest.mark.parametrize(
    ("name", "parameters"), [row[:2] for row in WIRE], ids=[name for name, *_ in WIRE]
)
async def test_a_question_whose_answer_is_lost_is_asked_again_and_never_half_believed(
    world: BinanceWorld, name: str, parameters: Mapping[str, Any]
) -> None:
    await world.binance.fault(name, match="GET account", count=1, **parameters)
    if name.startswith("hang"):
        hasten(world.settings, timeout_seconds=0.4)
    if name == "malformed_json":
        with pytest.raises(VenueError):
            await world.adapter.fetch_balances()
    await agree(world)


async def test_half_an_answer_is_handed_on_as_it_is_for_others_to_doubt(
    world: BinanceWorld,
) -> None:
    await world.binance.fault("partial_balances", match="account", count=1)
    assert len((await world.adapter.fetch_balances()).balances) == 2


async def test_after_429_nothing_but_one_emergency_is_sent_and_the_owner_is_told(
    wire: Wire, world: BinanceWorld, trader: Trader
) -> None:
    order = await trader.crossing()
    await world.binance.fault("rate_limit", match="GET openOrders", count=1, seconds=30)
    with pytest.raises(VenueUnavailable):
        await world.adapter.fetch_open_orders()
    with pytest.raises(VenueUnavailable, match="no request before"):
        await world.adapter.submit(order)
    await world.adapter.fetch_balances(priority=Priority.EMERGENCY)
    assert await world.placed(order.client_order_id) == 0
    assert [notice.kind for notice in wire.told] == ["lockout"]


async def test_during_a_ban_nothing_at_all_is_sent_and_a_repair_says_until_when(
    tmp_path: Path,
) -> None:
    async with running_local_binance(tmp_path) as binance:
        wire = Wire(binance=binance)
        async with wire.alone(SystemClock()) as world:
            await world.adapter.fetch_balances()
            await binance.fault("ban", seconds=600, count=1)
            with pytest.raises(VenueUnavailable, match="418"):
                await world.adapter.fetch_balances(priority=Priority.EMERGENCY)
            for _ in range(2):
                with pytest.raises(VenueUnavailable, match=r"no request before \d\d:\d\d:\d\d"):
                    await world.adapter.resync()
                with pytest.raises(VenueUnavailable, match="no request before"):
                    await world.adapter.cancel_all()
            assert len(wire.told) == 1


async def test_an_order_for_the_whole_holding_is_sold_whole(
    world: BinanceWorld, trader: Trader
) -> None:
    held = (await world.adapter.fetch_balances()).balances[Asset("BTC")].free
    order = await trader.crossing(str(held), Side.SELL)
    await world.adapter.submit(order)
    found = await trader.look_up(order)
    assert found.filled_quantity == order.intent.quantity
    back = await trader.crossing("0.4")
    await world.adapter.submit(back)


async def test_a_key_that_may_withdraw_and_one_that_may_only_read_say_so(
    world: BinanceWorld,
) -> None:
    assert (await world.adapter.fetch_key_report()).can_withdraw is False
    await world.binance.fault("can_withdraw")
    await world.binance.fault("cannot_trade")
    report = await world.adapter.fetch_key_report()
    assert (report.can_withdraw, report.can_trade) == (True, False)


@pytest.mark.parametrize(
    ("venue_ahead", "ours_ahead"), [(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (5.0, -5.0)]
)
async def test_orders_go_although_a_clock_is_off(
    wire: Wire, venue_ahead: float, ours_ahead: float
) -> None:
    clock = SkewedClock(ours_ahead)
    await wire.binance.fault("clock_skew", seconds=venue_ahead)
    before = len((await wire.binance.book())["orders"])
    async with wire.opened(clock) as world:
        trader = wire.trader(world)
        await world.adapter.submit(await trader.crossing())
        clock.off -= timedelta(seconds=30)  # as when a machine's clock is put right
        await world.adapter.submit(await trader.crossing())
        assert len((await wire.binance.book())["orders"]) == before + 2
        late = trader.again(await trader.crossing(), within=timedelta(seconds=-1))
        with pytest.raises(VenueUnavailable, match="deadline"):
            await world.adapter.submit(late)


async def test_a_clock_that_the_venue_steps_is_asked_for_when_it_says_so(
    world: BinanceWorld, trader: Trader
) -> None:
    """A question and a cancellation are made again at once; an order is not."""
    await world.adapter.fetch_balances()
    await world.binance.fault("clock_skew", seconds=-20)
    await world.adapter.fetch_balances()
    order = await trader.crossing()
    await world.binance.clear_faults()
    with pytest.raises(VenueUnavailable, match="-1021"):
        await world.adapter.submit(order)
    assert await world.placed(order.client_order_id) == 0
    await world.adapter.submit(trader.again(order))
