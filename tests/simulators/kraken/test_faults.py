"""Each fault does on the wire what its name says, to the calls it is meant for, and no longer."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from simulators.exchange.faults import UnknownFaultError
from simulators.kraken.faults import KNOWN, Faults
from tests.simulators.kraken.desk import Caller
from tests.support.local_kraken import LocalKraken
from tests.support.waiting import eventually

ORDER = {
    "pair": "XBTUSD",
    "type": "buy",
    "ordertype": "limit",
    "price": "60000",
    "volume": "0.01",
}
DISCONNECTED = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def orders_in_the_book(kraken: LocalKraken) -> int:
    return len((await kraken.book())["orders"])


@pytest.mark.parametrize(
    ("fault", "executed"),
    [("drop_before", 0), ("lose_answer", 1)],
)
async def test_a_connection_breaks_before_or_after_the_order(
    kraken: LocalKraken, caller: Caller, fault: str, executed: int
) -> None:
    await kraken.fault(fault, count=1, match="AddOrder")
    with pytest.raises(DISCONNECTED):
        await caller.private("AddOrder", ORDER)
    assert await orders_in_the_book(kraken) == executed
    assert (await caller.private("Balance"))["error"] == []
    assert (await caller.private("AddOrder", ORDER))["error"] == [], "it strikes once"


@pytest.mark.parametrize(
    ("fault", "status", "executed"),
    [("http_5xx_before", 502, 0), ("http_5xx_after", 520, 1), ("http_5xx_after", 503, 1)],
)
async def test_the_edge_answers_with_a_page(
    kraken: LocalKraken, caller: Caller, fault: str, status: int, executed: int
) -> None:
    await kraken.fault(fault, count=1, match="AddOrder", status=status)
    async with caller.post("AddOrder", ORDER) as response:
        assert response.status == status
        assert response.content_type == "text/html"
        assert "<html>" in await response.text()
    assert await orders_in_the_book(kraken) == executed


async def test_a_late_order_is_executed_although_nobody_waits_for_it(
    kraken: LocalKraken, caller: Caller
) -> None:
    await kraken.fault("hang_before", count=1, match="AddOrder", seconds=4.0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await caller.private("AddOrder", ORDER)
    assert await orders_in_the_book(kraken) == 0

    async def arrived() -> bool:
        return await orders_in_the_book(kraken) == 1

    await eventually(arrived)


async def test_a_deadline_is_the_cure_for_a_late_order(
    kraken: LocalKraken, caller: Caller
) -> None:
    async def with_deadline(seconds: float) -> list[str]:
        now = datetime.fromisoformat((await kraken.current())["time"])
        deadline = (now + timedelta(seconds=seconds)).isoformat()
        answer = await caller.private("AddOrder", {**ORDER, "deadline": deadline})
        errors: list[str] = answer["error"]
        return errors

    await kraken.fault("hang_before", count=1, match="AddOrder", seconds=0.6)
    assert await with_deadline(0.5) == ["EService:Deadline elapsed"]
    assert await orders_in_the_book(kraken) == 0
    assert await with_deadline(30) == []


async def test_an_answer_may_hang_after_the_order_is_done(
    kraken: LocalKraken, caller: Caller
) -> None:
    await kraken.fault("hang_after", count=1, match="AddOrder", seconds=30)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await caller.private("AddOrder", ORDER)

    async def is_done() -> bool:
        return await orders_in_the_book(kraken) == 1

    await eventually(is_done)
    assert await kraken.process.terminate() == 0, "a hanging answer does not hold the venue up"


@pytest.mark.parametrize("fault", ["malformed_json", "truncate_body"])
async def test_an_answer_breaks_off(kraken: LocalKraken, caller: Caller, fault: str) -> None:
    await kraken.fault(fault, count=1, match="AddOrder")
    with pytest.raises((aiohttp.ClientPayloadError, ValueError)):
        await caller.private("AddOrder", ORDER)
    assert await orders_in_the_book(kraken) == 1
    assert (await caller.private("Balance"))["error"] == []


async def test_balances_can_be_spoiled(kraken: LocalKraken, caller: Caller) -> None:
    whole = (await caller.private("BalanceEx"))["result"]
    await kraken.fault("empty_balances", count=1)
    assert await caller.private("BalanceEx") == {"error": [], "result": {}}
    await kraken.fault("partial_balances", count=1)
    assert set((await caller.private("BalanceEx"))["result"]) < set(whole)
    await kraken.fault("partial_balances", count=1, match="Balance*", assets=["ZUSD"])
    assert set((await caller.private("Balance"))["result"]) == set(whole) - {"ZUSD"}
    assert (await caller.private("BalanceEx"))["result"] == whole


async def test_any_error_can_be_answered_instead(kraken: LocalKraken, caller: Caller) -> None:
    await kraken.fault("error", count=2, match="AddOrder", error="EService:Busy")
    for _ in range(2):
        assert await caller.private("AddOrder", ORDER) == {"error": ["EService:Busy"]}
    assert await orders_in_the_book(kraken) == 0
    assert (await caller.private("AddOrder", ORDER))["error"] == []


async def test_a_refused_nonce_executes_nothing(kraken: LocalKraken, caller: Caller) -> None:
    await kraken.fault("invalid_nonce", count=1)
    assert await caller.private("AddOrder", ORDER) == {"error": ["EAPI:Invalid nonce"]}
    assert await orders_in_the_book(kraken) == 0
    assert (await caller.private("AddOrder", ORDER))["error"] == []


async def test_latency_and_delay_are_waited_for(kraken: LocalKraken, caller: Caller) -> None:
    loop = asyncio.get_running_loop()

    async def duration() -> float:
        start = loop.time()
        assert (await caller.public("Time"))["error"] == []
        return loop.time() - start

    await kraken.latency(120)
    assert await duration() >= 0.12
    await kraken.latency(0)
    await kraken.fault("delay", count=1, seconds=0.15)
    assert await duration() >= 0.15
    assert (await kraken.current())["faults"] == []


async def test_maintenance_leaves_only_the_clock_and_the_status(
    kraken: LocalKraken, caller: Caller
) -> None:
    await kraken.fault("status", status="maintenance")
    assert (await caller.public("SystemStatus"))["result"]["status"] == "maintenance"
    assert (await caller.public("Time"))["error"] == []
    assert (await caller.public("Ticker"))["error"] == ["EService:Unavailable"]
    assert (await caller.private("Balance"))["error"] == ["EService:Unavailable"]
    assert (await kraken.current())["status"] == "maintenance"
    await kraken.clear_faults("status")
    assert (await kraken.current())["status"] == "online"
    assert (await caller.private("Balance"))["error"] == []


async def test_cancel_only_refuses_orders_on_the_wire(kraken: LocalKraken, caller: Caller) -> None:
    await kraken.fault("status", status="cancel_only")
    refused = ["EService:Market in cancel_only mode"]
    assert (await caller.private("AddOrder", ORDER))["error"] == refused
    assert (await caller.private("CancelAll"))["error"] == []


async def test_the_venues_clock_can_be_wrong(kraken: LocalKraken, caller: Caller) -> None:
    right = (await caller.public("Time"))["result"]["unixtime"]
    await kraken.fault("clock_skew", seconds=-3600)
    wrong = (await caller.public("Time"))["result"]["unixtime"]
    assert -3600 <= wrong - right <= -3590
    await kraken.clear_faults()
    assert (await caller.public("Time"))["result"]["unixtime"] >= right


async def test_orders_can_find_half_of_what_they_want_or_nothing(
    kraken: LocalKraken, caller: Caller
) -> None:
    market = {"pair": "XBTUSD", "type": "sell", "ordertype": "market", "volume": "0.02"}
    await kraken.fault("partial_fill_only", count=1, fraction="0.25")
    await caller.private("AddOrder", market)
    await kraken.fault("zero_liquidity", count=1, match="AddOrder")
    await caller.private("AddOrder", market)
    orders = (await kraken.book())["orders"]
    assert [order["filled"] for order in orders] == ["0.005", "0"]
    assert {order["status"] for order in orders} == {"canceled"}
    assert (await kraken.current())["faults"] == []


async def test_without_liquidity_the_public_book_is_empty_at_once(
    kraken: LocalKraken, caller: Caller
) -> None:
    async def levels() -> int:
        book = (await caller.public("Depth", pair="XBTUSD"))["result"]["XXBTZUSD"]
        return len(book["asks"]) + len(book["bids"])

    assert await levels() > 0
    await kraken.fault("zero_liquidity")
    assert await levels() == 0
    await kraken.clear_faults()
    assert await levels() > 0


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({}, id="nameless"),
        pytest.param({"name": "earthquake"}, id="unknown"),
        pytest.param({"name": "delay", "minutes": 1}, id="unknown-parameter"),
        pytest.param({"name": "delay", "count": 0}, id="never"),
        pytest.param({"name": "delay", "count": True}, id="not-a-count"),
        pytest.param({"name": "status", "status": "asleep"}, id="unknown-status"),
        pytest.param({"name": "hang_after", "seconds": "long"}, id="not-a-number"),
        pytest.param({"name": "hang_after", "seconds": -1}, id="negative"),
        pytest.param({"name": "http_5xx_after", "status": "x"}, id="not-a-status"),
        pytest.param({"name": "partial_fill_only", "fraction": "2"}, id="more-than-all"),
        pytest.param({"name": "partial_balances", "assets": "ZUSD"}, id="not-a-list"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wish: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(UnknownFaultError):
        faults.add(wish)
    assert faults.describe() == []


def test_faults_are_counted_matched_listed_and_taken_away() -> None:
    faults = Faults()
    faults.add({"name": "delay", "count": 2, "match": "Balance*"})
    faults.add({"name": "drop_before"})
    assert faults.strike("delay", "AddOrder") is None
    assert faults.strike("delay", "BalanceEx") is not None
    assert [(fault["name"], fault["count"]) for fault in faults.describe()] == [
        ("delay", 1),
        ("drop_before", None),
    ]
    assert faults.strike("delay", "Balance") is not None
    assert faults.strike("delay", "Balance") is None
    assert faults.remove("delay") == 0
    assert faults.remove(None) == 1
    assert faults.describe() == []


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_known_fault_can_be_asked_for_by_its_name_alone(name: str) -> None:
    assert Faults().add({"name": name}).describe()["name"] == name
