"""The private channels tell the truth, in sequence, to everybody who shows a good token."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.exchange.audit import audit
from tests.simulators.kraken.streams import Floor, Frame, Stream, open_floor
from tests.support.waiting import eventually


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD,ETH/USD") as opened:
        yield opened


def numbered(frames: list[Frame], channel: str) -> list[int]:
    return [frame["sequence"] for frame in frames if frame.get("channel") == channel]


@pytest.mark.parametrize("token", [None, 7, "", "never given out"])
async def test_without_a_good_token_nothing_is_told(floor: Floor, token: object) -> None:
    stream = await floor.private()
    stream.token = None
    answer = await stream.subscribe("balances", **({} if token is None else {"token": token}))
    assert answer["error"] == "ESession:Invalid session"
    assert (answer["success"], answer["status"], answer["channel"]) == (False, "error", "balances")
    assert (await stream.ask("ping"))["method"] == "pong", "an answer, not the end"


async def test_an_unused_token_lasts_a_quarter_of_an_hour(floor: Floor) -> None:
    assert floor.desk.private("GetWebSocketsToken")["expires"] == 900
    used, late = await floor.account(), await floor.private()
    unused = late.token
    for _ in range(900):
        await floor.desk.clock.advance(1)
    newcomer = await floor.private(token=unused)
    assert (await newcomer.subscribe("balances"))["error"] == "ESession:Invalid session"
    again = await floor.private(token=used.token)
    assert (await again.subscribe("balances"))["success"] is True, "it lives while it is used"
    for stream in (used, again):
        await stream.socket.close()
    await eventually(lambda: floor.desk.venue.streams.count()["private"] == 1)
    third = await floor.private(token=used.token)
    assert (await third.subscribe("balances"))["error"] == "ESession:Invalid session"


async def test_unsubscribing_lets_go_of_the_token(floor: Floor) -> None:
    stream = await floor.private()
    await stream.subscribe("balances")
    assert (await stream.ask("unsubscribe", channel="balances"))["result"] == {
        "channel": "balances"
    }
    floor.exchange.deposit("USD", Decimal(1))
    assert [f for f in await stream.silence() if f.get("type") == "update"] == []
    again = await stream.ask("unsubscribe", channel="balances")
    assert again["error"] == "Subscription Not Found"


async def test_balances_begin_with_everything_and_go_on_by_ledger_rows(floor: Floor) -> None:
    stream = await floor.private()
    await stream.subscribe("balances")
    snapshot = await stream.channel("balances", "snapshot")
    assert snapshot["sequence"] == 1
    assert {row["asset"]: row["balance"] for row in snapshot["data"]} == {
        "USD": 10000,
        "BTC": 1,
        "ETH": 5,
    }
    assert snapshot["data"][0]["wallets"] == [{"type": "spot", "id": "main", "balance": 10000}]
    floor.desk.add("sell", "0.01")
    rows = [await stream.row("balances") for _ in range(2)]
    book = floor.desk.venue.exchange.archive.all_ledger()[-2:]
    assert [row["ledger_id"] for row in rows] == [entry.entry_id for entry in book]
    trades = floor.desk.private("TradesHistory")["trades"]
    assert {row["ref_id"] for row in rows} == set(trades), "the trade's id"
    for row, entry in zip(rows, book, strict=True):
        assert (row["amount"], row["fee"]) == (entry.row.amount, entry.row.fee)
        assert row["balance"] == entry.row.balance, "the new total"
    assert [row["type"] for row in rows] == ["trade", "trade"]


async def test_an_order_that_only_rests_says_nothing_about_balances(floor: Floor) -> None:
    """The channel knows totals, never what orders hold."""
    stream = await floor.account()
    floor.desk.add("buy", "0.01", "50000")
    await stream.steps("pending_new", "new")
    assert [f for f in await stream.silence() if f.get("channel") == "balances"] == []


async def test_deposits_and_withdrawals_arrive(floor: Floor) -> None:
    stream = await floor.account()
    floor.exchange.deposit("USD", Decimal("12.5"))
    floor.exchange.withdraw("ETH", Decimal(2))
    deposit, withdrawal = await stream.row("balances"), await stream.row("balances")
    assert (deposit["type"], deposit["balance"]) == ("deposit", Decimal("10012.5"))
    assert (withdrawal["type"], withdrawal["amount"]) == ("withdrawal", -2)


async def test_many_deposits_at_once_are_as_many_rows(floor: Floor) -> None:
    stream = await floor.account()
    floor.exchange.deposit("USD", Decimal("0.01"), times=500)
    rows = [await stream.row("balances") for _ in range(500)]
    assert [row["balance"] for row in rows[:2]] == [Decimal("10000.01"), Decimal("10000.02")]
    assert rows[-1]["balance"] == 10005 == floor.exchange.engine.state.balances["USD"].total
    assert audit(floor.exchange.engine.state, floor.exchange.archive) == []


async def test_earned_balances_are_wallets_of_the_asset_itself(floor: Floor) -> None:
    exchange = floor.exchange
    for name, amount in (("ETH.F", "2"), ("ETH.S", "1"), ("NEWCOIN", "7")):
        exchange.catalogue.list_asset(name)
        exchange.deposit(name, Decimal(amount))
    stream = await floor.account()
    fresh = await floor.private()
    await fresh.subscribe("balances")
    rows = {r["asset"]: r for r in (await fresh.channel("balances", "snapshot"))["data"]}
    assert rows["ETH"]["balance"] == 8, "over all wallets"
    wallets = {(w["type"], w["id"]): w["balance"] for w in rows["ETH"]["wallets"]}
    assert wallets == {("spot", "main"): 5, ("earn", "liquid"): 2, ("earn", "locked"): 1}
    assert rows["NEWCOIN"]["balance"] == 7
    assert floor.desk.private("Balance")["ETH.F"] == "2.0000000000", "REST's name for the same"
    exchange.deposit("ETH.F", Decimal("0.5"))
    row = await stream.row("balances")
    assert (row["asset"], row["wallet_type"], row["wallet_id"]) == ("ETH", "earn", "liquid")
    assert (row["amount"], row["balance"]) == (Decimal("0.5"), Decimal("8.5"))


async def test_orders_are_told_whole_and_then_sparsely(floor: Floor) -> None:
    stream = await floor.account()
    order_id = floor.desk.add("sell", "0.02", "65000", cl_ord_id="mine-1")
    pending, new = await stream.steps("pending_new", "new")
    assert pending["order_id"] == new["order_id"] == order_id
    assert (pending["cl_ord_id"], pending["symbol"], pending["side"]) == (
        "mine-1",
        "BTC/USD",
        "sell",
    )
    assert (pending["order_qty"], pending["limit_price"]) == (Decimal("0.02"), 65000)
    assert (pending["time_in_force"], pending["order_status"]) == ("GTC", "pending_new")
    assert "symbol" not in new, "only what changed"
    floor.exchange.set_price("BTC/USD", Decimal(70000))
    trade, filled = await stream.steps("trade", "filled")
    fill = floor.desk.private("TradesHistory")["trades"][trade["exec_id"]]
    assert (trade["last_qty"], trade["last_price"]) == (Decimal("0.02"), 65000)
    assert trade["fees"] == [{"asset": "USD", "qty": Decimal(fill["fee"])}]
    assert (trade["liquidity_ind"], trade["trade_id"]) == ("m", fill["trade_id"])
    assert trade["order_status"] == "partially_filled", "even of the fill that completes it"
    assert (filled["order_status"], filled["cum_qty"]) == ("filled", Decimal("0.02"))
    assert (filled["avg_price"], filled["cum_cost"]) == (65000, 1300)


async def test_endings_say_why(floor: Floor) -> None:
    stream = await floor.account()
    order_id = floor.desk.add("buy", "0.01", "50000")
    floor.desk.private("CancelOrder", txid=order_id)
    (_, _, ended) = await stream.steps("pending_new", "new", "canceled")
    assert (ended["reason"], ended["cum_qty"]) == ("User requested", 0)
    floor.desk.add("buy", "0.01", "50000", timeinforce="IOC")
    (_, _, ended) = await stream.steps("pending_new", "new", "canceled")
    assert ended["reason"] == "Immediate or cancel"
    floor.desk.add("buy", "0.01", "50000", expiretm="+5")
    await floor.desk.clock.advance(6)
    floor.exchange.settle_time()
    (_, _, ended) = await stream.steps("pending_new", "new", "expired")
    assert ended["order_status"] == "expired"


async def test_sequences_rise_by_one_in_each_channel_of_each_connection(floor: Floor) -> None:
    first, second = await floor.account(), await floor.private()
    floor.desk.add("buy", "0.01")
    await second.subscribe("executions")
    floor.desk.add("sell", "0.01")
    for stream, balances, executions in (
        (first, [2, 3, 4, 5], [2, 3, 4, 5, 6, 7, 8, 9]),
        (second, [], [1, 2, 3, 4, 5]),
    ):
        told = stream.told + await stream.silence()
        assert numbered(told, "balances") == balances
        assert numbered(told, "executions") == executions


async def test_a_snapshot_shows_open_orders_and_old_trades_on_demand(floor: Floor) -> None:
    floor.desk.add("sell", "0.01")
    order_id = floor.desk.add("sell", "0.5", "64000", cl_ord_id="half")
    resting = floor.desk.query(order_id)
    stream = await floor.private()
    answer = await stream.subscribe("executions", snap_trades=True)
    assert answer["result"] == {
        "channel": "executions",
        "maxratecount": 125,
        "snap_orders": True,
        "snap_trades": True,
    }
    snapshot = await stream.channel("executions", "snapshot")
    order, *trades = snapshot["data"]
    assert (order["order_id"], order["cl_ord_id"]) == (order_id, "half")
    assert order["cum_qty"] == Decimal(resting["vol_exec"])
    assert order["order_status"] == ("partially_filled" if order["cum_qty"] else "new")
    history = floor.desk.private("TradesHistory")["trades"]
    assert [row["exec_id"] for row in trades] == list(history), "the newest first"
    bare = await floor.private()
    await bare.subscribe("executions", snap_orders=False)
    floor.desk.private("CancelAll")
    assert (await bare.row("executions"))["exec_type"] == "canceled"
    assert [frame["channel"] for frame in bare.told] == ["status"], "no snapshot before it"


async def test_steps_and_counters_are_told_as_wished(tmp_path: Path) -> None:
    async with open_floor(tmp_path, "--counters", "starter") as floor:
        stream = await floor.private()
        answer = await stream.subscribe("executions", order_status=False, ratecounter=True)
        assert answer["result"]["maxratecount"] == 60
        await stream.channel("executions", "snapshot")
        order_id = floor.desk.add("buy", "0.01", "50000")
        (new,) = await stream.steps("new")
        assert new["ratecount"] == 1
        floor.desk.private("CancelOrder", txid=order_id)
        await stream.steps("canceled")
        floor.desk.add("buy", "0.01", "50000")
        (new,) = await stream.steps("new")
        assert new["ratecount"] == 10, "a young order's cancellation costs eight"


async def test_what_is_told_adds_up_to_the_books(floor: Floor) -> None:
    """Merged by order, and the last total of each asset, the stream is the venue's own book."""
    stream = await floor.account()
    floor.desk.add("sell", "0.3", "64100")
    floor.desk.add("buy", "0.05")
    floor.desk.add("sell", "1.5", pair="ETHUSD")
    floor.exchange.set_price("BTC/USD", Decimal(66000))
    floor.desk.add("buy", "0.01", "60000")
    floor.desk.private("CancelAll")
    told = stream.told + await stream.silence()
    orders: dict[str, Frame] = {}
    totals: dict[str, Decimal] = {}
    for frame in told:
        for row in frame.get("data", []):
            if frame["channel"] == "executions":
                orders.setdefault(row["order_id"], {}).update(row)
            elif frame["channel"] == "balances":
                totals[row["asset"]] = row["balance"]
    for order in floor.exchange.archive.all_orders():
        seen = orders.pop(order.order_id)
        assert (seen["cum_qty"], seen["cum_cost"]) == (order.filled, order.cost)
        assert seen["order_qty"] == order.request.quantity
    assert orders == {}
    balances = floor.exchange.engine.state.balances
    assert totals == {asset: balances[asset].total for asset in ("BTC", "ETH", "USD")}


async def test_every_client_hears_of_what_happens_over_any_door(floor: Floor) -> None:
    streams: list[Stream] = [await floor.account(), await floor.account()]
    await streams[0].ask(
        "add_order", order_type="market", side="buy", order_qty=0.01, symbol="BTC/USD"
    )
    floor.desk.add("buy", "0.01")
    for stream in streams:
        steps = ("pending_new", "new", "trade", "filled")
        await stream.steps(*steps, *steps)
