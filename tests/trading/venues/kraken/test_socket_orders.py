"""Orders over the private socket: sent once, one way only, and in both books the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS, eventually, once_within, settle
from tests.trading.venues.kraken.live_streams import (
    SOON_DEAD,
    SOON_DOUBTED,
    USD,
    LiveStreams,
    live_streams,
)
from trading.errors import (
    InsufficientFunds,
    OutcomeUnknown,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import VenueOrderId
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.venues.port import Priority


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[LiveStreams]:
    async with live_streams(tmp_path) as streams:
        yield streams


async def both_books(live: LiveStreams, order: ApprovedOrder, placed: int) -> None:
    """Compare what the venue has of an order with what we heard and can ask for."""
    assert await live.placed(order.client_order_id) == placed
    await live.agrees()
    found = await live.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol)
    assert [each.status for each in found] == [OrderStatus.FILLED] * placed
    (book, fills) = await live.kraken.book(), live.ears.fills
    assert {fill.fill_id for fill in fills} == {fill["trade_id"] for fill in book["fills"]}
    assert sum(fill.cost + fill.fee for fill in fills) == sum(
        Decimal(fill["cost"]) + Decimal(fill["fee"]) for fill in book["fills"]
    )


async def test_while_the_socket_is_live_orders_need_no_rest(live: LiveStreams) -> None:
    trader = live.trader
    order = await trader.crossing("0.00012345")
    resting = await trader.far(TimeInForce.GTC)
    await live.kraken.fault("invalid_nonce")  # refuses whatever carries one
    await live.adapter.submit(order)
    order_id = (await live.adapter.submit(resting)).venue_order_id
    assert await live.adapter.cancel(order_id) is True
    assert await live.adapter.cancel(order_id) is False
    assert await live.adapter.cancel_all() == 0
    await live.kraken.clear_faults()
    await both_books(live, order, 1)
    quantities = {Decimal(each["filled"]) for each in (await live.kraken.book())["orders"]}
    assert quantities == {Decimal("0.00012345"), Decimal(0)}


async def test_while_the_socket_is_down_orders_go_by_rest(live: LiveStreams) -> None:
    order = await live.trader.crossing()
    await live.kraken.fault("ws_refuse", match="private", status=503)
    await live.kraken.fault("ws_drop", match="private", count=1)
    await live.lost()
    await live.kraken.fault("error", match="add_order", error="EGeneral:Internal error")
    await live.adapter.submit(order)
    await live.kraken.clear_faults()
    await both_books(live, order, 1)


@pytest.mark.parametrize(
    ("fault", "placed"),
    [("ws_drop_before", 0), ("ws_drop_after", 1), ("ws_lose_ack", 1), ("ws_malformed", 1)],
)
async def test_an_answer_that_does_not_come_is_an_unknown_outcome_never_sent_again(
    tmp_path: Path, fault: str, placed: int
) -> None:
    wire = SOON_DOUBTED if fault == "ws_lose_ack" else None
    async with live_streams(tmp_path, wire=wire) as live:
        order = await live.trader.crossing()
        await live.kraken.fault(fault, match="add_order", count=1)
        with pytest.raises(OutcomeUnknown):
            await live.adapter.submit(order)
        if not placed:
            # Nobody tells that it was not placed: its money is locked until its time is over.
            assert await live.placed(order.client_order_id) == 0
            await live.baseline(2)
            await settle()
            assert live.ears.held[USD][1] > 0
            return
        await both_books(live, order, placed)


@pytest.mark.parametrize("way", ["add_order", "AddOrder"])
async def test_an_order_is_in_doubt_long_before_a_question_is_given_up(
    tmp_path: Path, way: str
) -> None:
    """By socket and, while that is down, by REST; a balance answer may take its time."""
    async with live_streams(tmp_path, wire=SOON_DOUBTED) as live:
        if way == "AddOrder":
            await live.kraken.fault("ws_refuse", match="private", status=503)
            await live.kraken.fault("ws_drop", match="private", count=1)
            await live.lost()
        order = await live.trader.crossing()
        await live.kraken.fault("hang_after", match=way, count=1, seconds=PATIENCE_SECONDS)
        began = live.clock.monotonic()
        with pytest.raises(OutcomeUnknown):
            await live.adapter.submit(order)
        assert live.clock.monotonic() - began < PATIENCE_SECONDS / 2
        await live.kraken.fault("delay", match="BalanceEx", count=1, seconds=0.6)
        await live.adapter.fetch_balances()
        await live.kraken.clear_faults()
        await both_books(live, order, 1)


async def test_a_socket_that_is_deaf_makes_the_outcome_unknown(tmp_path: Path) -> None:
    async with live_streams(tmp_path, wire=SOON_DEAD | SOON_DOUBTED) as live:
        order = await live.trader.crossing()
        await live.kraken.fault("ws_silent", match="private", count=1)
        with pytest.raises(OutcomeUnknown):
            await live.adapter.submit(order)
        await live.baseline(2)
        assert await live.placed(order.client_order_id) == 0


async def test_fills_may_come_before_the_answer(live: LiveStreams) -> None:
    order = await live.trader.crossing()
    await live.kraken.fault("ws_ack_last", match="add_order", count=1, seconds=0.3)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(live.adapter.submit(order))
        await eventually(lambda: live.ears.fills)
        assert not sending.done()
    await both_books(live, order, 1)
    assert live.ears.last_order(sending.result().venue_order_id).status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("EOrder:Insufficient funds", InsufficientFunds),
        ("EOrder:Rate limit exceeded", VenueRejected),
        ("EService:Deadline elapsed", VenueRejected),
        ("EAPI:Rate limit exceeded", VenueUnavailable),
        ("EService:Busy", OutcomeUnknown),
        ("Nobody ever heard of it", OutcomeUnknown),
    ],
)
async def test_a_refusal_means_what_it_means_by_rest(
    live: LiveStreams, text: str, fault: type[VenueError]
) -> None:
    order = await live.trader.crossing()
    await live.kraken.fault("error", match="add_order", error=text, count=1)
    with pytest.raises(fault) as caught:
        await live.adapter.submit(order)
    assert type(caught.value) is fault
    assert await live.placed(order.client_order_id) == 0
    if fault is not OutcomeUnknown:
        await live.agrees()


async def test_after_a_lockout_no_order_is_sent_either_way(live: LiveStreams) -> None:
    """Kraken says it on the socket; what an order would have done there, REST must not do."""
    words = "EGeneral:Temporary lockout"
    first, second = await live.trader.crossing(), await live.trader.crossing()
    await live.kraken.fault("error", match="add_order", error=words, count=1)
    with pytest.raises(VenueUnavailable, match=words):
        await live.adapter.submit(first)
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await live.adapter.submit(second)
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await live.adapter.fetch_balances()
    assert (await live.kraken.book())["orders"] == []


async def test_a_token_that_ends_costs_one_order_its_chance_and_nothing_else(
    live: LiveStreams,
) -> None:
    order = await live.trader.crossing()
    await live.kraken.fault("ws_expire_token", count=1)
    with pytest.raises(VenueUnavailable, match=r"session|token"):
        await live.adapter.submit(order)
    assert await live.placed(order.client_order_id) == 0
    await live.baseline(2)
    again = live.trader.again(order)
    await live.adapter.submit(again)
    assert live.status().reconnects == 1
    await both_books(live, again, 1)


async def test_nothing_is_sent_after_the_deadline(live: LiveStreams) -> None:
    order = await live.trader.crossing()
    late = replace(order, deadline_at=live.clock.now())
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await live.adapter.submit(late)
    assert await live.placed(late.client_order_id) == 0
    await live.agrees()


async def test_orders_do_not_wait_for_each_other(live: LiveStreams) -> None:
    """Twelve orders in the time of one round trip, not of twelve."""
    first = await live.trader.crossing("0.0001")
    trader = live.trader
    await live.kraken.latency(250)

    async def send_all() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(12):
                group.create_task(live.adapter.submit(trader.again(first)))

    await once_within(1.5, send_all)
    await live.kraken.latency(0)
    await live.agrees()


async def test_an_emergency_goes_by_rest_beside_a_deaf_socket(live: LiveStreams) -> None:
    for _ in range(2):
        await live.trader.submit(await live.trader.far(TimeInForce.GTC))
    await live.kraken.fault("ws_silent", match="private")
    began = live.clock.monotonic()
    assert await live.adapter.cancel_all() == 2
    assert live.clock.monotonic() - began < PATIENCE_SECONDS / 2, "the socket has so long twice"


async def test_an_emergency_needs_no_rest(live: LiveStreams) -> None:
    order_id = await live.trader.submit(await live.trader.far(TimeInForce.GTC))
    await live.kraken.fault("invalid_nonce")
    assert await live.adapter.cancel(order_id, priority=Priority.EMERGENCY) is True
    assert await live.adapter.cancel_all() == 0


async def test_what_nobody_can_cancel_is_said(live: LiveStreams) -> None:
    await live.kraken.fault("error", match="cancel_all", error="EService:Unavailable", count=1)
    await live.kraken.fault("invalid_nonce")
    with pytest.raises(VenueError):
        await live.adapter.cancel_all()
    await live.kraken.fault("error", match="cancel_order", error="EOrder:Whatever", count=1)
    with pytest.raises(VenueRejected):
        await live.adapter.cancel(VenueOrderId("OZZZZZ-ZZZZZ-ZZZZZZ"))
