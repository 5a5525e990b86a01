"""The wire itself: paths, methods, and what a stream would be told."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.simulators.kraken.desk import Desk
from trading.venues.paper.values import (
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    Transition,
)

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def rest(desk: Desk) -> AsyncIterator[Client]:
    """Serve the REST interface from this process, over a real socket."""
    async with TestClient(TestServer(desk.venue.rest.application())) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/0/public/Time", 200),
        ("POST", "/0/public/Time", 405),
        ("GET", "/0/private/Balance", 405),
        ("GET", "/0/public/Nonsense", 404),
        ("POST", "/0/private/Nonsense", 404),
        ("GET", "/", 404),
        ("GET", "/1/public/Time", 404),
    ],
)
async def test_unknown_paths_and_methods_are_told(
    rest: Client, method: str, path: str, status: int
) -> None:
    async with rest.request(method, path) as response:
        assert response.status == status
        errors = [] if status == 200 else ["EGeneral:Unknown method"]
        assert (await response.json())["error"] == errors


async def test_a_call_without_a_key_is_refused(rest: Client) -> None:
    async with rest.post("/0/private/Balance", data={"nonce": "1"}) as response:
        assert await response.json() == {"error": ["EAPI:Invalid key"]}


async def test_a_null_in_json_is_nothing_said(desk: Desk) -> None:
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "60000"}
    answer = desk.private("AddOrder", **order, volume="0.01", userref=None, cl_ord_id=None)
    assert len(answer["txid"]) == 1


async def test_listeners_hear_of_changes_when_they_are_in_the_books(desk: Desk) -> None:
    """What a socket would push: each change once, with the order as the books have it."""
    exchange = desk.venue.exchange
    heard: list[str] = []

    def listen(transition: Transition) -> None:
        for event in transition.events:
            if isinstance(event, OrderAccepted | OrderFilled | OrderEnded):
                (written,) = exchange.archive.orders([event.order.order_id]).values()
                heard.append(f"{type(event).__name__} {written.state}")

    exchange.listeners.append(listen)
    desk.add("sell", "0.01", "65000")
    assert heard == ["OrderAccepted open"]
    exchange.set_price("BTC/USD", exchange.market.price("BTC/USD") * 2)
    assert heard[1:] == ["OrderFilled closed", "OrderEnded closed"]
    exchange.tick(1.0)
    assert len(heard) == 3
