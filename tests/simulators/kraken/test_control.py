"""The control address: for this machine only, exact to the digit, and obeyed."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.simulators.kraken.desk import Caller, Desk
from tests.support.local_kraken import LocalKraken
from tests.support.waiting import eventually


@pytest.fixture
async def control(
    desk: Desk,
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """Serve the control address from this process, over a real socket."""
    server = TestServer(desk.venue.control.application())
    async with TestClient(server) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
    ],
)
async def test_web_pages_and_other_names_are_refused(
    control: TestClient[web.Request, web.Application], headers: dict[str, str], status: int
) -> None:
    async with control.get("/state", headers=headers) as response:
        assert response.status == status


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/deposit", {"asset": "GOLD", "amount": "1"}),
        ("/deposit", {"asset": "USD", "amount": "-1"}),
        ("/deposit", {"asset": "USD"}),
        ("/withdraw", {"asset": "USD", "amount": "10001"}),
        ("/order", {"pair": "BTC/EUR"}),
        ("/order", {"pair": "BTC/USD", "side": "hold", "type": "market", "volume": "1"}),
        ("/market", {"price": "5"}),
        ("/market", {"pair": "BTC/USD", "price": "NaN"}),
        ("/market", {"shock_fraction": "-1"}),
        ("/market", {"speed": -1}),
        ("/latency", {"ms": "x"}),
        ("/latency", {"ms": 60001}),
        ("/faults", {"name": "earthquake"}),
        ("/faults", [1]),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    desk: Desk, control: TestClient[web.Request, web.Application], path: str, wish: Any
) -> None:
    before = desk.venue.exchange.engine.state
    async with control.post(path, json=wish) as response:
        assert response.status == 400
        assert (await response.json())["error"]
    assert desk.venue.exchange.engine.state is before


async def test_a_body_that_is_not_json_is_refused(
    control: TestClient[web.Request, web.Application],
) -> None:
    async with control.post("/deposit", data=b"{") as response:
        assert response.status == 400


async def test_deposits_and_withdrawals_reach_balances_and_ledger(kraken: LocalKraken) -> None:
    await kraken.deposit("XXDG", "12.5")
    await kraken.withdraw("DOGE", "2.25")
    book = await kraken.book()
    assert book["balances"]["DOGE"] == {"total": "10.25", "hold": "0", "free": "10.25"}
    assert [(row["type"], row["amount"]) for row in book["ledger"][-2:]] == [
        ("deposit", "12.5"),
        ("withdrawal", "-2.25"),
    ]


async def test_an_order_by_hand_has_no_client_order_id(
    kraken: LocalKraken, caller: Caller
) -> None:
    placed = await kraken.order_by_hand(
        pair="BTC/USD", side="buy", type="limit", volume="0.01", price="60000"
    )
    assert placed["cl_ord_id"] is None
    shown = (await caller.private("OpenOrders"))["result"]["open"]
    assert list(shown) == [placed["order_id"]]
    await kraken.cancel_all()
    assert (await kraken.current())["open_orders"] == []
    await kraken.cancel_all()


async def test_the_market_obeys(kraken: LocalKraken, caller: Caller) -> None:
    async def ask() -> Decimal:
        ticker = await caller.public("Ticker", pair="XBTUSD")
        return Decimal(ticker["result"]["XXBTZUSD"]["a"][0])

    set_ = await kraken.market(pair="BTC/USD", price="50000")
    assert set_["prices"]["BTC/USD"] == "50000"
    assert Decimal(50000) < await ask() < Decimal(50020)
    shocked = await kraken.market(shock_fraction="-0.1")
    assert shocked["prices"]["BTC/USD"] == "45000"
    assert shocked["prices"]["ETH/BTC"] == set_["prices"]["ETH/BTC"], "it follows the other two"
    assert await ask() < Decimal(45020)
    state = await kraken.market(freeze=True, speed=3)
    assert (state["speed"], len(state["frozen"])) == (3.0, 7)
    assert (await kraken.market(pair="XBTUSD", freeze=False))["frozen"] != []


async def test_a_shock_fills_the_orders_it_crosses(kraken: LocalKraken, caller: Caller) -> None:
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit"}
    await caller.private("AddOrder", {**order, "price": "60000", "volume": "0.01"})
    await kraken.market(pair="BTC/USD", shock_fraction="-0.1")
    book = await kraken.book()
    (fill,) = book["fills"]
    assert (fill["price"], fill["maker"], fill["cost"]) == ("60000", True, "600")
    assert book["orders"][0]["status"] == "closed"
    assert await kraken.audit() == []


async def test_latency_is_shown(kraken: LocalKraken) -> None:
    await kraken.latency(25)
    assert (await kraken.current())["latency_ms"] == 25


async def test_the_market_walks_by_itself(kraken: LocalKraken) -> None:
    await kraken.market(speed=100)
    before = (await kraken.current())["market"]["prices"]

    async def moved() -> bool:
        now: dict[str, str] = (await kraken.current())["market"]["prices"]
        return all(now[symbol] != price for symbol, price in before.items())

    await eventually(moved)
