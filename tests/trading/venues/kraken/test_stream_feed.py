"""What the private channels say becomes news: in sequence, once, and never more than is sure."""

from decimal import Decimal
from typing import Any

import pytest

from tests.trading.venues.kraken.stream_world import Sent, StreamWorld
from trading.model.identifiers import Asset
from trading.model.order_status import OrderStatus
from trading.venues.paper.values import Side, TimeInForce

USD, BTC = Asset("USD"), Asset("BTC")
RESTING = Sent("sy-1", Side.BUY, Decimal("0.01"), Decimal(50000), TimeInForce.GTC)
CROSSING = Sent("sy-1", Side.BUY, Decimal("0.001"), Decimal(60100), TimeInForce.IOC)
BY_HAND = Sent("", Side.SELL, Decimal("0.1"), Decimal(70000), TimeInForce.GTC)


@pytest.fixture
def world() -> StreamWorld:
    made = StreamWorld()
    made.baseline()
    return made


def held(free: str | Decimal, locked: str | Decimal = "0") -> tuple[Decimal, Decimal]:
    return Decimal(free), Decimal(locked)


def update(world: StreamWorld, channel: str, number: int, row: dict[str, Any]) -> None:
    world.hear({"channel": channel, "type": "update", "data": [row], "sequence": number})


def execution(**fields: Any) -> dict[str, Any]:
    return {"order_id": "OX", "timestamp": "2026-01-05T12:00:00.5Z", **fields}


def test_the_first_push_is_the_baseline_and_comes_with_the_second_snapshot() -> None:
    world = StreamWorld()
    at = world.subscribe()
    world.acknowledge(at)
    world.snapshot_balances()
    world.deliver_all()
    assert world.ears.accounts == []
    world.snapshot_executions()
    world.deliver_all()
    assert [pushed.is_baseline for pushed in world.ears.accounts] == [True]
    assert world.ears.held == {USD: held("10000"), BTC: held("0.5")}


def test_a_snapshot_that_comes_before_its_answer_waits_for_it() -> None:
    world = StreamWorld()
    at = world.subscribe()
    world.snapshot_balances()
    world.snapshot_executions()
    world.deposit("USD", Decimal(5))
    world.deliver_all()
    assert world.ears.accounts == []
    world.acknowledge(at)
    assert world.ears.held[USD] == held("10005")


def test_what_we_send_is_locked_from_the_moment_of_sending(world: StreamWorld) -> None:
    world.send(RESTING)
    world.turn()
    assert world.ears.held[USD] == held("9498", "502")
    world.arrive()
    world.deliver_all()
    world.turn()
    assert world.ears.held[USD] == held("9498", "502")


def test_what_was_refused_is_free_again(world: StreamWorld) -> None:
    world.send(Sent("sy-1", Side.SELL, Decimal("0.6"), Decimal(70000), TimeInForce.GTC))
    world.turn()
    assert world.ears.held[BTC] == held("0", "0.5")
    world.arrive()
    world.deliver_all()
    world.turn()
    assert world.ears.held[BTC] == held("0.5")


def test_what_gets_no_answer_is_locked_until_it_cannot_show_up_any_more(
    world: StreamWorld,
) -> None:
    world.send(RESTING)
    world.clock.seconds += 9.9
    world.feed.pass_time()
    world.turn()
    assert world.ears.held[USD] == held("9498", "502")
    world.clock.seconds += 0.2
    world.feed.pass_time()
    world.turn()
    assert world.ears.held[USD] == held("10000")
    assert world.ears.lost == []


def test_orders_placed_by_hand_lock_their_money_too(world: StreamWorld) -> None:
    world.place(BY_HAND)
    world.deliver_all()
    world.turn()
    assert world.ears.held[BTC] == held("0.4", "0.1")
    assert world.ears.orders[-1].client_order_id is None


def test_fills_come_before_the_order_that_they_complete(world: StreamWorld) -> None:
    world.place(CROSSING)
    world.deliver_all()
    world.turn()
    said = [word for word in world.ears.spoken if word != "baseline"]
    assert said.index("fill") < said.index("order filled")
    assert said[-1] == "account"
    filled = world.ears.orders[-1]
    (fill,) = world.ears.fills
    assert (filled.status, filled.filled_quantity) == (OrderStatus.FILLED, Decimal("0.001"))
    assert (filled.cost, filled.fee) == (fill.cost, fill.fee)
    assert (fill.client_order_id, fill.fee_asset) == ("sy-1", USD)


def test_a_burst_is_pushed_once(world: StreamWorld) -> None:
    pushed = len(world.ears.accounts)
    for _ in range(20):
        world.deposit("USD", Decimal(1))
    world.deliver_all()
    world.turn()
    assert len(world.ears.accounts) == pushed + 1
    assert world.ears.held[USD] == held("10020")


def test_a_frame_that_comes_twice_is_heard_once(world: StreamWorld) -> None:
    world.place(CROSSING)
    for channel in (world.wire.executions, world.wire.balances):
        frames = list(channel)
        channel.clear()
        for frame in frames:
            world.hear(frame)
            world.hear(frame)
    world.turn()
    assert len(world.ears.fills) == 1
    assert world.ears.held[USD][1] == 0
    assert world.ears.lost == []


@pytest.mark.parametrize("channel", ["executions", "balances"])
def test_a_missing_frame_ends_the_account_at_once(world: StreamWorld, channel: str) -> None:
    world.place(CROSSING)
    queue = getattr(world.wire, channel)
    queue.popleft()
    world.deliver(queue)
    assert len(world.ears.lost) == 1
    assert channel in world.ears.lost[0]
    pushed = len(world.ears.accounts)
    world.deliver_all()
    world.turn()
    assert len(world.ears.accounts) == pushed
    world.baseline()
    assert world.ears.accounts[-1].is_baseline
    world.clock.seconds += 2.1  # so lately filled: the snapshot may or may not have it
    world.feed.pass_time()
    world.turn()
    assert world.ears.held[USD] == held(world.engine.state.balances["USD"].free)


def test_rows_that_overtake_each_other_open_no_order_again(world: StreamWorld) -> None:
    world.place(CROSSING)
    frames = list(world.wire.executions)
    numbers = [frame["sequence"] for frame in frames]
    world.wire.executions.clear()
    for number, frame in zip(numbers, reversed(frames), strict=True):
        world.hear({**frame, "sequence": number})
    world.deliver_all()
    world.turn()
    truth = world.engine.state.balances["USD"]
    assert world.ears.held[USD] == held(truth.free)
    assert world.ears.last_order("O1").status is OrderStatus.FILLED
    assert len(world.ears.fills) == 1
    world.clock.seconds += 5
    world.feed.pass_time()
    assert world.ears.lost == []


def test_a_fill_after_the_cancel_that_it_crossed_is_booked_and_opens_nothing(
    world: StreamWorld,
) -> None:
    world.place(RESTING)
    world.cancel("O1")
    world.deliver_all()
    trade = execution(
        order_id="O1", exec_type="trade", exec_id="TX", symbol="BTC/USD", side="buy",
        last_qty=Decimal("0.001"), last_price=Decimal(50000), cost=Decimal(50),
        fees=[{"asset": "USD", "qty": Decimal("0.2")}], order_status="partially_filled",
    )  # fmt: skip
    update(world, "executions", 5, trade)
    world.turn()
    assert world.ears.fills[-1].fill_id == "TX"
    assert world.ears.last_order("O1").status is OrderStatus.CANCELLED
    assert world.ears.held[USD] == held("9949.8", "50.2")


@pytest.mark.parametrize(
    ("channel", "row"),
    [
        pytest.param("balances", {"asset": "USD"}, id="a ledger row without figures"),
        pytest.param(
            "balances",
            {"asset": "USD", "amount": Decimal(5), "balance": Decimal(7), "type": "deposit"},
            id="a ledger row that does not follow",
        ),
        pytest.param("executions", {}, id="an execution of no order"),
        pytest.param("executions", execution(order_status="melted"), id="a status never heard of"),
        pytest.param("executions", execution(side="both"), id="a side never heard of"),
        pytest.param("executions", execution(order_qty="many"), id="a quantity that is none"),
    ],
)
def test_what_is_not_understood_ends_the_account(
    world: StreamWorld, channel: str, row: dict[str, Any]
) -> None:
    number = world.feed.is_live and {"executions": 2, "balances": 4}[channel]
    update(world, channel, number, row)
    assert len(world.ears.lost) == 1


def test_a_fill_whose_ledger_row_does_not_come_is_a_doubt(world: StreamWorld) -> None:
    world.clock.seconds += 60
    world.place(CROSSING)
    world.wire.balances.clear()
    world.deliver_all()
    world.turn()
    truth = world.engine.state.balances["USD"]
    assert world.ears.held[USD][0] == truth.free
    world.clock.seconds += 9.9
    world.feed.pass_time()
    assert world.ears.lost == []
    world.clock.seconds += 0.2
    world.feed.pass_time()
    assert len(world.ears.lost) == 1


def test_a_trade_in_the_ledger_that_no_execution_tells_of_is_a_doubt(world: StreamWorld) -> None:
    world.place(CROSSING)
    world.wire.executions.clear()
    world.deliver_all()
    world.clock.seconds += 10.1
    world.feed.pass_time()
    assert len(world.ears.lost) == 1


def test_an_order_that_was_taken_and_is_not_told_of_is_a_doubt(world: StreamWorld) -> None:
    world.clock.seconds += 60
    world.send(RESTING)
    world.arrive()
    world.wire.executions.clear()
    world.deliver_all()
    world.turn()
    assert world.ears.held[USD] == held("9498", "502")
    world.clock.seconds += 10.1
    world.feed.pass_time()
    assert len(world.ears.lost) == 1


def test_an_order_that_nothing_describes_locks_all_and_is_a_doubt(world: StreamWorld) -> None:
    row = execution(order_status="partially_filled", symbol="BTC/USD", side="sell")
    update(world, "executions", 2, row)
    world.turn()
    assert world.ears.held[BTC] == held("0", "0.5")
    world.clock.seconds += 2.1
    world.feed.pass_time()
    assert len(world.ears.lost) == 1


def test_signs_of_life_are_passed_on_once_a_second(world: StreamWorld) -> None:
    for _ in range(100):
        world.clock.seconds += 0.1
        world.hear({"channel": "heartbeat"})
    assert 9 <= world.ears.confirmations <= 11


def test_nothing_is_confirmed_while_it_is_in_doubt(world: StreamWorld) -> None:
    world.feed.lose("a test")
    world.clock.seconds += 5
    world.hear({"channel": "heartbeat"})
    assert world.ears.confirmations == 0
