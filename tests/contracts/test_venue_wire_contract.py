"""What every adapter makes of a wire that fails: it never lies, and never sends an order twice."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.contracts.trader import Trader
from tests.contracts.venue_world import EXECUTED, Call, Trouble, WireWorld
from tests.support.waiting import eventually, once_within
from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus
from trading.venues.port import Priority, VenueState

AMBIGUOUS = [
    Trouble.REFUSED_BY_EDGE,
    Trouble.EDGE_AFTER,
    Trouble.DROPPED,
    Trouble.ANSWER_LOST,
    Trouble.HANGS_AFTER,
    Trouble.GARBLED,
    Trouble.TRUNCATED,
    Trouble.BUSY,
    Trouble.NEVER_HEARD,
]
CERTAIN = [
    (Trouble.NONCE, NonceRefused),
    (Trouble.LIMITED, VenueUnavailable),
    (Trouble.BAD_KEY, VenueFatal),
    (Trouble.NO_FUNDS, InsufficientFunds),
]
PASSING = [
    Trouble.REFUSED_BY_EDGE,
    Trouble.EDGE_AFTER,
    Trouble.DROPPED,
    Trouble.ANSWER_LOST,
    Trouble.HANGS_AFTER,
    Trouble.TRUNCATED,
    Trouble.NONCE,
    Trouble.BUSY,
    Trouble.LIMITED,
]
LASTING = [
    (Trouble.REFUSED_BY_EDGE, VenueUnavailable),
    (Trouble.DROPPED, VenueUnavailable),
    (Trouble.NONCE, NonceRefused),
    (Trouble.BUSY, VenueUnavailable),
    (Trouble.GARBLED, VenueProtocolError),
    (Trouble.NEVER_HEARD, VenueProtocolError),
    (Trouble.BAD_KEY, VenueFatal),
]
QUESTIONS = [Call.BALANCES, Call.OPEN_ORDERS, Call.FILLS, Call.PRICES]
"""As many as fit under a venue's call limit, asked again and again."""


async def ask(wire: WireWorld, call: Call) -> object:
    since = wire.clock.now() - timedelta(hours=1)
    match call:
        case Call.BALANCES:
            return await wire.adapter.fetch_balances()
        case Call.OPEN_ORDERS:
            return await wire.adapter.fetch_open_orders()
        case Call.FILLS:
            return await wire.adapter.fetch_fills(since=since)
        case Call.PRICES:
            return await wire.adapter.fetch_prices([wire.symbol])
        case _:
            raise AssertionError(f"{call} is no question")


@pytest.mark.parametrize("kind", AMBIGUOUS)
async def test_a_lost_answer_to_an_order_is_unknown_sent_once_and_settled_by_looking(
    wire: WireWorld, wire_trader: Trader, kind: Trouble
) -> None:
    order = await wire_trader.crossing()
    await wire.trouble(kind, Call.SUBMIT)
    with pytest.raises(OutcomeUnknown):
        await wire.adapter.submit(order)
    taken = 1 if kind in EXECUTED else 0
    assert await wire.placed(order.client_order_id) == taken
    found = await wire.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol)
    assert [item.status for item in found] == [OrderStatus.FILLED] * taken


@pytest.mark.parametrize(("kind", "fault"), CERTAIN)
async def test_a_refused_order_is_certainly_not_placed(
    wire: WireWorld, wire_trader: Trader, kind: Trouble, fault: type[VenueError]
) -> None:
    if kind is Trouble.NONCE and not wire.orders_carry_nonces:
        pytest.skip("orders carry no nonce here")
    order = await wire_trader.crossing()
    await wire.trouble(kind, Call.SUBMIT)
    with pytest.raises(fault) as caught:
        await wire.adapter.submit(order)
    assert type(caught.value) is fault
    assert await wire.placed(order.client_order_id) == 0
    await wire_trader.submit(wire_trader.again(order))


@pytest.mark.parametrize("kind", PASSING)
async def test_a_question_survives_one_passing_trouble(wire: WireWorld, kind: Trouble) -> None:
    if kind is Trouble.NONCE and not wire.keys_carry_nonces:
        pytest.skip("requests carry no nonce here")
    before = await wire.adapter.fetch_balances()
    await wire.trouble(kind, Call.BALANCES)
    after = await wire.adapter.fetch_balances()
    assert after.balances == before.balances


@pytest.mark.parametrize(("kind", "fault"), LASTING)
async def test_no_question_is_answered_while_trouble_lasts(
    wire: WireWorld, kind: Trouble, fault: type[VenueError]
) -> None:
    if kind is Trouble.NONCE and not wire.keys_carry_nonces:
        pytest.skip("requests carry no nonce here")
    # Public questions carry no nonce that could be refused.
    calls = [call for call in QUESTIONS if (call, kind) != (Call.PRICES, Trouble.NONCE)]
    for call in calls:
        await wire.trouble(kind, call, count=None)
    answers = await asyncio.gather(*(ask(wire, call) for call in calls), return_exceptions=True)
    assert [type(answer) for answer in answers] == [fault] * len(calls)


async def test_an_empty_account_is_told_as_empty_never_as_zeros(wire: WireWorld) -> None:
    await wire.empty_balances()
    assert dict((await wire.adapter.fetch_balances()).balances) == {}


async def test_an_order_that_the_market_cannot_fill_is_filled_in_part(
    wire: WireWorld, wire_trader: Trader
) -> None:
    order = await wire_trader.crossing("0.01")
    await wire.thin_market(Decimal("0.5"))
    await wire_trader.submit(order)
    found = await wire_trader.look_up(order)
    assert found.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    assert 0 < found.filled_quantity < order.intent.quantity


@pytest.mark.parametrize("state", [VenueState.MAINTENANCE, VenueState.CANCEL_ONLY])
async def test_a_venue_that_takes_no_orders_says_so(
    wire: WireWorld, wire_trader: Trader, state: VenueState
) -> None:
    if state not in wire.states:
        pytest.skip("this venue knows no such state")
    order = await wire_trader.crossing()
    await wire.set_state(state)

    async def it_is_told() -> bool:
        return await wire.adapter.fetch_state() is state

    await eventually(it_is_told)
    with pytest.raises((VenueRejected, VenueUnavailable, OutcomeUnknown)):
        await wire.adapter.submit(order)
    assert await wire.placed(order.client_order_id) == 0


@pytest.mark.parametrize("seconds", [-5.0, 5.0])
async def test_a_clock_five_seconds_off_neither_stops_orders_nor_lets_them_be_late(
    wire: WireWorld, wire_trader: Trader, seconds: float
) -> None:
    order = await wire_trader.crossing()
    await wire.step_clock(seconds)
    await wire.adapter.fetch_time()  # it is so from the first look; no venue's clock steps later
    await wire_trader.submit(order)
    late = wire_trader.again(order, within=timedelta(seconds=2))
    await wire.trouble(Trouble.HANGS_BEFORE, Call.SUBMIT)
    with pytest.raises((OutcomeUnknown, VenueUnavailable)):
        await wire.adapter.submit(late)
    proven_at = late.deadline_at + wire.adapter.traits.absence.after_deadline
    await eventually(lambda: wire.clock.now() > proven_at)
    assert await wire.placed(late.client_order_id) == 0


async def test_an_emergency_does_not_wait_for_a_call_that_hangs(
    wire: WireWorld, wire_trader: Trader
) -> None:
    far = [await wire_trader.submit(await wire_trader.far(TimeInForce.GTC)) for _ in range(5)]
    await wire.trouble(Trouble.HANGS_AFTER, Call.BALANCES, count=9)
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(_expect_unavailable(wire))

        async def it_hangs() -> bool:
            return await wire.troubles_left() < 9

        await eventually(it_hangs)

        async def cancel_one() -> None:
            assert await wire.adapter.cancel(far.pop(), priority=Priority.EMERGENCY)

        await once_within(0.4, cancel_one)
        assert not hanging.done()


async def _expect_unavailable(wire: WireWorld) -> None:
    with pytest.raises(VenueUnavailable):
        await wire.adapter.fetch_balances()


async def test_a_venue_that_dies_is_unavailable_and_its_books_are_there_when_it_is_back(
    wire: WireWorld, wire_trader: Trader
) -> None:
    order = await wire_trader.crossing()
    await wire_trader.submit(order)
    before = await wire.adapter.fetch_balances()
    await wire.die()
    with pytest.raises(VenueUnavailable):
        await wire.adapter.fetch_balances()
    unsent = wire_trader.again(order)
    with pytest.raises((VenueUnavailable, OutcomeUnknown)):
        await wire.adapter.submit(unsent)
    await wire.come_back()
    assert (await wire.adapter.fetch_balances()).balances == before.balances
    assert (await wire_trader.look_up(order)).status is OrderStatus.FILLED
    assert await wire.placed(unsent.client_order_id) == 0


async def test_many_calls_at_once_never_upset_the_order_of_requests(
    wire: WireWorld, wire_trader: Trader
) -> None:
    small = await wire_trader.crossing("0.0001")
    orders = [wire_trader.again(small) for _ in range(8)]
    async with asyncio.TaskGroup() as group:
        for order in orders:
            group.create_task(wire.adapter.submit(order))
        for _ in range(3):
            group.create_task(wire.adapter.fetch_balances())
            group.create_task(wire.adapter.fetch_balances(priority=Priority.EMERGENCY))
    assert [await wire.placed(order.client_order_id) for order in orders] == [1] * 8


async def test_a_cancelled_question_leaves_the_next_one_its_turn(wire: WireWorld) -> None:
    await wire.trouble(Trouble.HANGS_AFTER, Call.BALANCES)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire.adapter.fetch_balances()
    assert (await wire.adapter.fetch_balances()).balances[wire.symbol.quote].total == 10000
