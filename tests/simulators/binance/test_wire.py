"""REST over a real socket: headers, faults of the wire, and what was done all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.simulators.binance.desk import Caller
from tests.simulators.binance.streams import Floor, open_floor
from tests.support.waiting import eventually

MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
GONE = (aiohttp.ClientError, ConnectionError)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as opened:
        yield opened


@pytest.fixture
async def caller(floor: Floor) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(session=session, url=floor.url, now=floor.desk.milliseconds)


def filled(floor: Floor) -> int:
    return len(floor.exchange.archive.all_trades())


async def test_what_is_used_is_told_with_every_answer(caller: Caller) -> None:
    async with caller.send("GET", "account", {}) as response:
        assert response.headers["X-MBX-USED-WEIGHT-1M"] == "20"
        assert "X-MBX-ORDER-COUNT-10S" not in response.headers
    async with caller.send("POST", "order", {**MARKET, "quantity": "9"}) as response:
        assert (response.status, (await response.json())["code"]) == (400, -2010)
        assert "X-MBX-ORDER-COUNT-10S" not in response.headers
    async with caller.send("POST", "order", MARKET) as response:
        assert response.status == 200
        assert response.headers["X-MBX-ORDER-COUNT-10S"] == "0", "it is filled"
        assert response.headers["X-MBX-ORDER-COUNT-1D"] == "0"


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [
        ({"name": "http_5xx_before"}, 502, 0),
        ({"name": "http_5xx_after"}, 503, 1),
        ({"name": "firewall"}, 403, 0),
        ({"name": "firewall", "status": 451}, 451, 0),
        ({"name": "error", "status": 503, "code": -1008}, 503, 0),
        ({"name": "error_after"}, 504, 1),
        ({"name": "refuse_key"}, 401, 0),
        ({"name": "refuse_timestamp"}, 400, 0),
        ({"name": "refuse_timestamp", "ahead": True}, 400, 0),
        ({"name": "refuse_signature"}, 400, 0),
        ({"name": "rate_limit"}, 429, 0),
        ({"name": "ban"}, 418, 0),
        ({"name": "order_limit"}, 429, 0),
    ],
    ids=str,
)
async def test_answers_that_are_none(
    floor: Floor, caller: Caller, fault: dict[str, Any], status: int, done: int
) -> None:
    floor.fault(**fault, match="POST order", count=1)
    async with caller.send("POST", "order", MARKET) as response:
        assert response.status == status
        is_limit = status in {418, 429}
        assert ("Retry-After" in response.headers) is is_limit
    assert filled(floor) == done


@pytest.mark.parametrize(
    ("fault", "done"),
    [("drop_before", 0), ("lose_answer", 1), ("truncate_body", 1)],
)
async def test_lines_that_break(floor: Floor, caller: Caller, fault: str, done: int) -> None:
    floor.fault(fault, match="order", count=1)
    with pytest.raises(GONE):
        await caller.call("POST", "order", **MARKET)
    assert filled(floor) == done


@pytest.mark.parametrize("fault", ["malformed_json", "garbage"])
async def test_answers_that_cannot_be_read(floor: Floor, caller: Caller, fault: str) -> None:
    floor.fault(fault, match="order", count=1)
    async with caller.send("POST", "order", MARKET) as response:
        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            json.loads(await response.read())
    assert filled(floor) == 1


async def test_an_order_that_hangs_is_too_old_when_it_comes(floor: Floor, caller: Caller) -> None:
    """The window is looked at again before the matching engine."""
    floor.fault("hang_before", match="order", count=1, seconds=6)
    asking = asyncio.ensure_future(caller.call("POST", "order", **MARKET))  # noqa: TID251 -- the test is its owner
    await eventually(lambda: floor.desk.clock.sleepers)
    await floor.desk.clock.advance(6)
    assert (await asking)["code"] == -1021
    assert filled(floor) == 0


async def test_latency_is_spent_half_before_and_half_after(floor: Floor, caller: Caller) -> None:
    floor.desk.venue.rest.latency_seconds = 0.1
    asking = asyncio.ensure_future(caller.call("POST", "order", **MARKET))  # noqa: TID251 -- the test is its owner
    await eventually(lambda: floor.desk.clock.sleepers)
    assert filled(floor) == 0
    await floor.desk.clock.advance(0.05)
    await eventually(lambda: filled(floor) == 1 and floor.desk.clock.sleepers)
    assert not asking.done()
    await floor.desk.clock.advance(0.05)
    assert (await asking)["status"] == "FILLED"


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        ({"name": "empty_balances"}, []),
        ({"name": "partial_balances", "assets": ["USDT"]}, ["BTC", "ETH"]),
        ({"name": "partial_balances"}, ["BTC", "ETH"]),
    ],
)
async def test_balances_may_be_missing(
    floor: Floor, caller: Caller, fault: dict[str, Any], left: list[str]
) -> None:
    floor.desk.venue.faults.add({**fault, "count": 1})
    answer = await caller.call("GET", "account", omitZeroBalances="true")
    assert [row["asset"] for row in answer["balances"]] == left
    whole = await caller.call("GET", "account", omitZeroBalances="true")
    assert len(whole["balances"]) == 3


async def test_an_order_may_not_be_seen_at_once(floor: Floor, caller: Caller) -> None:
    placed = floor.desk.place("BUY", "0.01", "60000")
    floor.fault("unseen_order", match="GET order", count=1)
    words = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert (await caller.call("GET", "order", **words))["code"] == -2013
    assert (await caller.call("GET", "order", **words))["status"] == "NEW"
    floor.fault("unseen_order", match="openOrders", count=1)
    assert await caller.call("GET", "openOrders") == []
    assert len(await caller.call("GET", "openOrders")) == 1


@pytest.mark.parametrize("path", ["/", "/api/v3/nothing", "/api/v4/time", "/wapi/v3/x"])
async def test_what_is_not_there(floor: Floor, path: str) -> None:
    async with floor.session.get(f"{floor.url}{path}") as response:
        assert (response.status, response.content_type) == (404, "text/html")
