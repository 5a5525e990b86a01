"""The WebSocket API: requests, subscriptions, and the events of the account."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulators.binance.options import DEMO_KEY
from tests.simulators.binance.streams import Floor, open_floor
from tests.support.waiting import eventually

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "60000.00",
}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as opened:
        yield opened


async def test_an_answer_carries_its_id_and_the_limits(floor: Floor) -> None:
    stream = await floor.api()
    answer = await stream.ask("ping")
    assert answer == {
        "id": 1,
        "status": 200,
        "result": {},
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": 6000,
                "count": 1,
            }
        ],
    }
    quiet = await stream.ask("time", {"returnRateLimits": False})
    assert quiet.keys() == {"id", "status", "result"}
    assert (await stream.ask("v3/time"))["result"] == quiet["result"]
    batch = await stream.ask("ticker.price", {"symbols": ["BTCUSDT", "ETHBTC"]})
    assert [row["symbol"] for row in batch["result"]] == ["BTCUSDT", "ETHBTC"]


async def test_orders_over_the_socket(floor: Floor) -> None:
    stream = await floor.api()
    placed = await stream.ask_signed("order.place", **LIMIT, newClientOrderId="mine")
    assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
    counts = {each["rateLimitType"]: each["count"] for each in placed["rateLimits"]}
    assert counts == {"ORDERS": 1, "REQUEST_WEIGHT": 0}
    found = await stream.ask_signed("order.status", symbol="BTCUSDT", origClientOrderId="mine")
    assert found["result"]["orderId"] == placed["result"]["orderId"]
    again = await stream.ask_signed("order.place", **LIMIT, newClientOrderId="mine")
    assert (again["status"], again["error"]["code"]) == (400, -2010)
    ended = await stream.ask_signed("order.cancel", symbol="BTCUSDT", origClientOrderId="mine")
    assert ended["result"]["status"] == "CANCELED"
    account = await stream.ask_signed("account.status", omitZeroBalances="true")
    assert [row["asset"] for row in account["result"]["balances"]] == ["BTC", "USDT", "ETH"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"signature": "00"}, 400, -1022),
        ({"apiKey": "short"}, 401, -2014),
        ({"apiKey": "A" * 64}, 401, -2015),
        ({"timestamp": 1}, 400, -1021),
        ({"timestamp": None}, 400, -1102),
        ({"signature": None}, 400, -1102),
        ({"symbol": "ETHBTC"}, 400, -1022),
    ],
)
async def test_who_may_call(floor: Floor, change: dict[str, Any], status: int, code: int) -> None:
    stream = await floor.api()
    words = {**stream.signed(**LIMIT), **change}
    words = {name: value for name, value in words.items() if value is not None}
    answer = await stream.ask("order.place", words)
    assert (answer["status"], answer["error"]["code"]) == (status, code)
    assert floor.exchange.open_orders == ()


async def test_a_value_is_signed_as_it_is_written(floor: Floor) -> None:
    """Here nothing is percent-encoded: the raw text is what is signed."""
    stream = await floor.api()
    answer = await stream.ask_signed("order.status", symbol="１２３４５６", orderId=1)
    assert answer["error"]["code"] == -1121, "only the symbol is wrong"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{not json", -1135),
        ("[]", -1102),
        ('{"id":1}', -1102),
        ('{"method":"x","params":3}', -1135),
    ],
)
async def test_what_is_no_request(floor: Floor, text: str, code: int) -> None:
    stream = await floor.api()
    await stream.socket.send_str(text)
    answer = json.loads(await stream.next_text())
    assert (answer["id"], answer["status"], answer["error"]["code"]) == (None, 400, code)


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("order.dance", 400, -1020),
        ("userDataStream.start", 410, -1020),
        ("userDataStream.ping", 410, -1020),
        ("userDataStream.subscribe", 401, -2015),
        ("session.logon", 400, -4056),
    ],
)
async def test_what_cannot_be_asked(floor: Floor, method: str, status: int, code: int) -> None:
    answer = await (await floor.api()).ask(method, {})
    assert (answer["status"], answer["error"]["code"]) == (status, code)


async def test_listen_keys_are_gone(floor: Floor) -> None:
    url = f"{floor.url}/api/v3/userDataStream"
    async with floor.session.post(url, headers={"X-MBX-APIKEY": DEMO_KEY}) as response:
        assert response.status == 410


async def test_the_account_is_followed(floor: Floor) -> None:
    stream = await floor.api()
    assert await stream.subscribe() == 0
    placed = floor.desk.place("BUY", "0.01", "60000", newClientOrderId="mine")
    report, position = await stream.events("executionReport", "outboundAccountPosition")
    assert (report["x"], report["X"], report["c"], report["C"]) == ("NEW", "NEW", "mine", "")
    assert report["i"] == placed["orderId"]
    held = {row["a"]: (row["f"], row["l"]) for row in position["B"]}
    assert held["USDT"] == ("9400.00000000", "600.00000000")
    floor.desk.good(
        "DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"], newClientOrderId="bye"
    )
    report, position = await stream.events("executionReport", "outboundAccountPosition")
    assert (report["x"], report["X"], report["c"], report["C"]) == (
        "CANCELED",
        "CANCELED",
        "bye",
        "mine",
    )
    floor.exchange.deposit("ETH", Decimal(2))
    update, position = await stream.events("balanceUpdate", "outboundAccountPosition")
    assert (update["a"], update["d"]) == ("ETH", "2.00000000")
    assert position["B"] == [{"a": "ETH", "f": "7.00000000", "l": "0.00000000"}]
    floor.exchange.withdraw("ETH", Decimal(3))
    update, _ = await stream.events("balanceUpdate", "outboundAccountPosition")
    assert update["d"] == "-3.00000000"


async def test_each_fill_is_told_with_its_commission(floor: Floor) -> None:
    stream = await floor.account()
    placed = floor.desk.place("BUY", "0.1")
    fills = placed["fills"]
    assert len(fills) > 1
    new, *trades = await stream.events("executionReport", *["executionReport"] * len(fills))
    assert new["x"] == "NEW"
    assert [(each["t"], each["l"], each["L"], each["n"], each["N"]) for each in trades] == [
        (fill["tradeId"], fill["qty"], fill["price"], fill["commission"], "BTC") for fill in fills
    ]
    assert [each["X"] for each in trades] == ["PARTIALLY_FILLED"] * (len(fills) - 1) + ["FILLED"]
    assert trades[-1]["z"] == "0.10000000"
    (position,) = await stream.events("outboundAccountPosition")
    free = {row["a"]: row["f"] for row in position["B"]}
    assert free["BTC"] == floor.desk.held("BTC")[0]


@pytest.mark.parametrize(
    ("words", "step", "status", "reason"),
    [
        ({"timeInForce": "IOC"}, "EXPIRED", "EXPIRED", "INSUFFICIENT_LIQUIDITY"),
        ({"timeInForce": "FOK"}, "EXPIRED", "EXPIRED", "INSUFFICIENT_LIQUIDITY"),
        ({"price": "64001"}, "TRADE_PREVENTION", "EXPIRED_IN_MATCH", "EXPIRE_TAKER"),
    ],
)
async def test_an_order_that_expires_says_why(
    floor: Floor, words: dict[str, str], step: str, status: str, reason: str
) -> None:
    floor.desk.place("SELL", "0.01", "64001")
    stream = await floor.account()
    floor.desk.good("POST", "order", **{**LIMIT, **words})
    new, ended = await stream.events("executionReport", "executionReport")
    assert (new["x"], ended["x"], ended["X"], ended["eR"]) == ("NEW", step, status, reason)


async def test_what_is_told_adds_up_to_the_books(floor: Floor) -> None:
    stream = await floor.account()
    for number in range(6):
        side = "BUY" if number % 2 else "SELL"
        floor.desk.place(side, "0.02", "64000" if number % 3 else None)
    floor.exchange.set_price("BTC/USDT", Decimal(63990))
    floor.exchange.set_price("BTC/USDT", Decimal(64010))
    told: dict[str, tuple[str, str]] = {}
    for frame in await stream.silence():
        if frame["event"]["e"] == "outboundAccountPosition":
            told.update({row["a"]: (row["f"], row["l"]) for row in frame["event"]["B"]})
    for asset in ("BTC", "USDT"):
        assert told[asset] == floor.desk.held(asset)


async def test_the_answer_comes_before_what_it_caused(floor: Floor) -> None:
    stream = await floor.account()
    answer = await stream.ask_signed("order.place", **MARKET)
    assert stream.told == []
    trade = (await stream.events("executionReport", "executionReport"))[1]
    assert trade["i"] == answer["result"]["orderId"]


async def test_a_subscription_is_one_and_may_end(floor: Floor) -> None:
    stream = await floor.account()
    again = await stream.ask_signed("userDataStream.subscribe.signature")
    assert again["error"]["code"] == -2035
    assert (await stream.ask("session.subscriptions"))["result"] == [{"subscriptionId": 0}]
    assert floor.desk.venue.streams.count() == {"api": 1, "market": 0, "account": 1}
    assert (await stream.ask("userDataStream.unsubscribe", {"subscriptionId": 7}))["error"]
    assert (await stream.ask("userDataStream.unsubscribe", {"subscriptionId": 0}))["result"] == {}
    floor.desk.place("BUY", "0.01")
    assert await stream.silence() == []
    assert await stream.subscribe() == 1, "a new subscription has a new number"


async def test_a_connection_has_its_day_and_is_pinged(tmp_path: Path) -> None:
    arguments = ("--ws-ping-seconds", "20", "--ws-life-seconds", "50")
    async with open_floor(tmp_path, *arguments) as floor:
        stream, clock = await floor.api(), floor.desk.clock
        await eventually(lambda: clock.sleepers)
        await clock.advance(20)
        await stream.silence()
        assert stream.pings == [str(floor.desk.milliseconds()).encode()]
        await stream.socket.pong(stream.pings[0])
        await stream.silence()
        await clock.advance(30)
        assert await stream.ended() == 1001


async def test_a_client_that_answers_no_ping_is_cut_off(tmp_path: Path) -> None:
    async with open_floor(tmp_path, "--ws-ping-seconds", "20") as floor:
        stream, clock = await floor.api(), floor.desk.clock
        await eventually(lambda: clock.sleepers)
        for _ in range(4):
            await clock.advance(20)
            await eventually(lambda: clock.sleepers or not floor.desk.venue.streams.count()["api"])
        assert await stream.ended() == 1008


async def test_limits_hold_over_the_socket_too(tmp_path: Path) -> None:
    async with open_floor(tmp_path, "--weight-limit", "3") as floor:
        stream = await floor.api()
        for _ in range(3):
            assert (await stream.ask("ping"))["status"] == 200
        answer = await stream.ask("ping")
        assert (answer["status"], answer["error"]["code"]) == (429, -1003)
        data = answer["error"]["data"]
        assert data == {
            "serverTime": floor.desk.milliseconds(),
            "retryAfter": floor.desk.milliseconds() + 60_000,
        }
