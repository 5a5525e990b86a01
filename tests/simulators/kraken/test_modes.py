"""The venue obeys its own status, over both doors, and says so when it changes."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.streams import Floor, Frame, Stream, open_floor

UNAVAILABLE = "EService:Unavailable"


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD", "--speed", "1") as opened:
        yield opened


def order(price: float | None, *, post_only: bool = False) -> Frame:
    wish: Frame = {"side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}
    if price is None:
        return {**wish, "order_type": "market"}
    return {**wish, "order_type": "limit", "limit_price": price, "post_only": post_only}


async def over_both_doors(floor: Floor, stream: Stream, wish: Frame) -> list[str | None]:
    """Place it over the socket and over REST; answer the errors."""
    answer = await stream.ask("add_order", **wish)
    words = {"price": str(wish["limit_price"])} if "limit_price" in wish else {}
    if wish.get("post_only"):
        words["oflags"] = "post"
    kind = wish["order_type"]
    try:
        floor.desk.private(
            "AddOrder", pair="XBTUSD", type="buy", ordertype=kind, volume="0.01", **words
        )
    except KrakenError as error:
        return [answer.get("error"), error.text]
    return [answer.get("error"), None]


async def test_cancel_only_takes_cancellations(floor: Floor) -> None:
    stream = await floor.account()
    order_id = floor.desk.add("buy", "0.01", "50000")
    floor.fault("status", status="cancel_only")
    errors = ["EService:Market in cancel_only mode"] * 2
    for wish in (order(None), order(50000), order(50000, post_only=True)):
        assert await over_both_doors(floor, stream, wish) == errors
    answer = await stream.ask("amend_order", order_id=order_id, limit_price=49000)
    assert answer["error"] == errors[0]
    assert (await stream.ask("cancel_order", order_id=[order_id]))["success"] is True
    assert floor.filled() == 0


async def test_post_only_takes_orders_that_only_rest(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("status", status="post_only")
    errors = ["EService:Market in post_only mode"] * 2
    for wish in (order(None), order(50000), order(90000)):
        assert await over_both_doors(floor, stream, wish) == errors
    assert await over_both_doors(floor, stream, order(50000, post_only=True)) == [None, None]
    assert len(floor.exchange.open_orders) == 2
    await over_both_doors(floor, stream, order(90000, post_only=True))
    assert len(floor.exchange.open_orders) == 2, "what would take is cancelled"
    assert floor.filled() == 0


async def test_limit_only_takes_no_market_orders(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("status", status="limit_only")
    errors = ["EService:Market in limit_only mode"] * 2
    assert await over_both_doors(floor, stream, order(None)) == errors
    assert await over_both_doors(floor, stream, order(90000)) == [None, None]


async def test_maintenance_takes_nothing_and_cancels_nothing(floor: Floor) -> None:
    stream = await floor.account()
    order_id = floor.desk.add("buy", "0.01", "50000")
    floor.fault("status", status="maintenance")
    for method, wish in (
        ("add_order", order(50000)),
        ("cancel_order", {"order_id": [order_id]}),
        ("cancel_all", {}),
        ("amend_order", {"order_id": order_id, "limit_price": 49000}),
    ):
        assert (await stream.ask(method, **wish))["error"] == UNAVAILABLE
    assert len(floor.exchange.open_orders) == 1
    assert (await stream.ask("ping"))["method"] == "pong"


@pytest.mark.parametrize("status", ["maintenance", "cancel_only", "post_only"])
async def test_nothing_trades_until_the_market_is_open_again(floor: Floor, status: str) -> None:
    order_id = floor.desk.add("buy", "0.01", "50000")
    floor.fault("status", status=status)
    tape = floor.exchange.tapes["BTC/USD"]
    last = tape.last_trade.number
    floor.exchange.set_price("BTC/USD", Decimal(40000))
    floor.exchange.tick(1.0)
    assert (floor.filled(), tape.last_trade.number) == (0, last)
    floor.heal()
    assert floor.filled() == 1, "the first thing that happens"
    assert floor.desk.query(order_id)["status"] == "closed"


async def test_a_new_status_is_told_to_everybody_once(floor: Floor) -> None:
    streams = [await floor.public(), await floor.account()]
    await streams[0].next()
    for status in ("maintenance", "cancel_only"):
        floor.heal()
        floor.fault("status", status=status)
        floor.desk.venue.modes.follow()
        for stream in streams:
            told = [f for f in await stream.silence() if f.get("channel") == "status"]
            assert [frame["data"][0]["system"] for frame in told][-1] == status
            assert len(told) <= 2
    newcomer = await (await floor.public()).next()
    assert newcomer["data"][0]["system"] == "cancel_only"


async def test_a_status_meant_for_one_call_is_no_status_of_the_venue(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("status", count=1, match="AddOrder", status="post_only")
    assert [f for f in await stream.silence() if f.get("channel") == "status"] == []
    answer = await stream.ask("add_order", **order(50000))
    assert answer["error"] == "EService:Market in post_only mode"
    assert (await stream.ask("add_order", **order(50000)))["success"] is True
