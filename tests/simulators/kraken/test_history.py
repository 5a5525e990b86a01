"""Past and present orders, trades and ledger rows: filters, pages and bounds."""

from decimal import Decimal
from typing import Any

import pytest

from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.desk import Desk


def refusal_of(desk: Desk, endpoint: str, **words: Any) -> str:
    with pytest.raises(KrakenError) as caught:
        desk.private(endpoint, **words)
    return caught.value.text


async def cancelled_orders(desk: Desk, count: int, **words: str) -> list[str]:
    """Place and cancel orders, a second apart, and answer their ids, the oldest first."""
    found = []
    for _ in range(count):
        found.append(desk.add("buy", "0.001", "60000", **words))
        desk.private("CancelOrder", txid=found[-1])
        await desk.clock.advance(1)
    return found


async def test_closed_orders_come_fifty_a_page_newest_first(desk: Desk) -> None:
    ids = await cancelled_orders(desk, 52)
    first = desk.private("ClosedOrders")
    second = desk.private("ClosedOrders", ofs="50")
    assert first["count"] == second["count"] == 52
    assert [*first["closed"], *second["closed"]] == ids[::-1]
    assert desk.private("ClosedOrders", ofs="100")["closed"] == {}
    assert "count" not in desk.private("ClosedOrders", without_count="true")
    assert refusal_of(desk, "ClosedOrders", ofs="-1") == "EGeneral:Invalid arguments:ofs"


async def test_orders_are_found_by_their_marks(desk: Desk) -> None:
    (mine,) = await cancelled_orders(desk, 1, cl_ord_id="mine")
    (marked,) = await cancelled_orders(desk, 1, userref="9")
    assert list(desk.private("ClosedOrders", cl_ord_id="mine")["closed"]) == [mine]
    assert list(desk.private("ClosedOrders", userref="9")["closed"]) == [marked]
    assert desk.private("ClosedOrders", cl_ord_id="other")["closed"] == {}
    again = desk.add("buy", "0.001", "60000", cl_ord_id="mine")
    assert list(desk.private("OpenOrders", cl_ord_id="mine")["open"]) == [again]
    assert desk.private("OpenOrders", userref="9")["open"] == {}


async def test_a_span_excludes_its_start_and_includes_its_end(desk: Desk) -> None:
    ids = await cancelled_orders(desk, 4)
    times = [desk.query(order_id)["closetm"] for order_id in ids]

    def found(**words: str) -> list[str]:
        return list(desk.private("ClosedOrders", **words)["closed"])

    assert found(start=str(times[0]), end=str(times[2])) == [ids[2], ids[1]]
    assert found(start=ids[0], end=ids[2]) == [ids[2], ids[1]]
    assert found(start=str(times[2]), closetime="open") == [ids[3]]
    assert (
        refusal_of(desk, "ClosedOrders", closetime="x") == "EGeneral:Invalid arguments:closetime"
    )
    assert refusal_of(desk, "ClosedOrders", start="x") == "EGeneral:Invalid arguments:start"
    unknown = "OAAAAA-AAAAA-AAAAAA"
    assert refusal_of(desk, "ClosedOrders", start=unknown) == "EGeneral:Invalid arguments:start"


async def test_orders_are_asked_for_by_id(desk: Desk) -> None:
    ids = await cancelled_orders(desk, 3)
    assert list(desk.private("QueryOrders", txid=",".join(ids[:2]))) == ids[:2]
    missing = refusal_of(desk, "QueryOrders", txid=f"{ids[0]},OAAAAA-AAAAA-AAAAAA")
    assert missing == "EOrder:Unknown order"
    assert refusal_of(desk, "QueryOrders", txid="nonsense") == "EOrder:Invalid order"
    for words in ({}, {"txid": ",".join(ids * 17)}):
        assert refusal_of(desk, "QueryOrders", **words) == "EGeneral:Invalid arguments:txid"


def test_trades_tell_what_was_paid_and_lead_to_their_ledger(desk: Desk) -> None:
    order_id = desk.add("buy", "0.1")
    order = desk.private("QueryOrders", txid=order_id, trades="true")[order_id]
    history = desk.private("TradesHistory", ledgers="true")
    trades = history["trades"]
    assert set(order["trades"]) == set(trades)
    assert history["count"] == len(trades) > 1
    for name in ("vol", "cost", "fee"):
        total = sum(Decimal(trade[name]) for trade in trades.values())
        assert total == Decimal(order["vol_exec" if name == "vol" else name])
    trade_id, trade = next(iter(trades.items()))
    assert (trade["pair"], trade["maker"], trade["ordertxid"]) == ("XXBTZUSD", False, order_id)
    rows = desk.private("QueryLedgers", id=",".join(trade["ledgers"]))
    assert {row["asset"]: row["amount"] for row in rows.values()} == {
        "XXBT": f"{trade['vol']}00",
        "ZUSD": f"-{trade['cost'][:-1]}",
    }
    assert {row["refid"] for row in rows.values()} == {trade_id}
    assert desk.private("QueryTrades", txid=trade_id)[trade_id]["cost"] == trade["cost"]


def test_trades_are_asked_for_twenty_at_most(desk: Desk) -> None:
    desk.add("buy", "0.01")
    (trade_id,) = desk.private("TradesHistory")["trades"]
    assert refusal_of(desk, "QueryTrades", txid="TAAAAA-AAAAA-AAAAAA") == "EQuery:Unknown trade"
    many = ",".join([trade_id] * 21)
    assert refusal_of(desk, "QueryTrades", txid=many) == "EGeneral:Invalid arguments:txid"
    assert desk.private("TradesHistory", type="any position") == {"trades": {}, "count": 0}
    assert "count" not in desk.private("TradesHistory", without_count="true")


async def test_trades_come_fifty_a_page_newest_first(desk: Desk) -> None:
    for _ in range(51):
        desk.add("sell", "0.0001")
    first, second = desk.private("TradesHistory"), desk.private("TradesHistory", ofs="50")
    assert (len(first["trades"]), len(second["trades"]), first["count"]) == (50, 1, 51)
    numbers = [trade["trade_id"] for trade in first["trades"].values()]
    assert numbers == sorted(numbers, reverse=True)


def test_the_ledger_tells_deposits_trades_and_withdrawals_apart(desk: Desk) -> None:
    desk.add("sell", "0.01")
    exchange = desk.venue.exchange
    exchange.withdraw("ETH", Decimal(2))
    exchange.deposit("USD", Decimal("12.34"))

    def found(**words: str) -> list[tuple[str, str, str]]:
        rows = desk.private("Ledgers", **words)["ledger"].values()
        return [(row["type"], row["asset"], row["amount"]) for row in rows]

    assert found(type="withdrawal") == [("withdrawal", "XETH", "-2.0000000000")]
    assert found(asset="XETH") == [
        ("withdrawal", "XETH", "-2.0000000000"),
        ("deposit", "XETH", "5.0000000000"),
    ]
    assert found(asset="ETH,XBT", type="trade") == [("trade", "XXBT", "-0.0100000000")]
    assert found(type="staking") == []
    assert desk.private("Ledgers")["count"] == 7
    assert "count" not in desk.private("Ledgers", without_count="true")
    assert refusal_of(desk, "Ledgers", asset="GOLD") == "EQuery:Unknown asset"
    unknown = refusal_of(desk, "QueryLedgers", id="LAAAAA-AAAAA-AAAAAA")
    assert unknown == "EQuery:Unknown ledger"


def test_the_last_ledger_row_of_an_asset_shows_its_balance(desk: Desk) -> None:
    desk.add("buy", "0.02")
    desk.add("sell", "0.013")
    rows = desk.private("Ledgers", asset="ZUSD")["ledger"]
    newest = next(iter(rows.values()))
    assert newest["balance"] == desk.private("Balance")["ZUSD"]
