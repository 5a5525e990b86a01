"""What goes wrong on the sockets, on demand."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.binance.streams import Floor, open_floor
from tests.support.waiting import eventually

MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path) as opened:
        yield opened


def filled(floor: Floor) -> int:
    return len(floor.exchange.archive.all_trades())


async def steps(floor: Floor) -> list[str]:
    """Place an order and say what its follower hears of it."""
    stream = await floor.account()
    floor.desk.place("BUY", "0.01")
    found = []
    for frame in await stream.silence():
        event = frame["event"]
        found.append(event.get("x", event["e"]))
    return found


WHOLE = ["NEW", "TRADE", "outboundAccountPosition"]


async def test_without_a_fault_all_is_told(floor: Floor) -> None:
    assert await steps(floor) == WHOLE


@pytest.mark.parametrize(
    ("fault", "match", "told"),
    [
        ("ws_silent_channel", "executionReport.TRADE", ["NEW", "outboundAccountPosition"]),
        ("ws_silent_channel", "executionReport", ["outboundAccountPosition"]),
        ("ws_duplicate", "executionReport.TRADE", ["NEW", "TRADE", *WHOLE[1:]]),
        ("ws_swap", "executionReport.NEW", ["TRADE", "NEW", "outboundAccountPosition"]),
        ("ws_swap", "executionReport", ["TRADE", "NEW", "outboundAccountPosition"]),
    ],
)
async def test_events_that_are_lost_doubled_or_swapped(
    floor: Floor, fault: str, match: str, told: list[str]
) -> None:
    floor.fault(fault, match=match)
    assert await steps(floor) == told


async def test_an_event_may_come_late(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_late", match="executionReport.TRADE", seconds=5)
    floor.desk.place("BUY", "0.01")
    assert len(await stream.silence()) == 2
    await floor.desk.clock.advance(5)
    (late,) = await stream.events("executionReport")
    assert late["x"] == "TRADE"


async def test_old_events_may_come_after_a_subscription(floor: Floor) -> None:
    floor.desk.place("BUY", "0.01")
    snapshot = floor.desk.good("GET", "account")["updateTime"]
    await floor.desk.clock.advance(10)
    floor.desk.place("BUY", "0.01")
    after = floor.desk.good("GET", "account")["updateTime"]
    floor.fault("ws_replay", events=6)
    stream = await floor.account()
    told = await stream.events(
        *["executionReport", "executionReport", "outboundAccountPosition"] * 2
    )
    assert told[2]["u"] == snapshot < after
    assert await stream.silence() == []


async def test_a_frame_may_break_off(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_malformed", match="balanceUpdate", count=1)
    floor.exchange.deposit("BTC", floor.exchange.fees.maker)
    assert not (await stream.next_text()).endswith("}")


async def test_the_line_is_cut(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_drop", match="api", count=1)
    assert await stream.ended() is None
    assert (await (await floor.api()).ask("ping"))["status"] == 200


async def test_the_upgrade_is_refused(floor: Floor) -> None:
    floor.fault("ws_refuse", match="market", count=1, status=403)
    await floor.api()
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await floor.open("/ws")


@pytest.mark.parametrize("deaf", [True, False])
async def test_a_silent_line_stays_open(floor: Floor, *, deaf: bool) -> None:
    stream = await floor.account()
    floor.fault("ws_silent", match="api", deaf=deaf)
    await stream.send("order.place", stream.signed(**MARKET))
    other = await floor.open("/ws")
    await other.ask("LIST_SUBSCRIPTIONS")  # what came before it has been heard by now
    if not deaf:
        await eventually(lambda: filled(floor) == 1)
    floor.heal()
    assert (await stream.ask("ping"))["status"] == 200
    assert filled(floor) == (0 if deaf else 1)


@pytest.mark.parametrize(
    ("fault", "done"), [("ws_drop_before", 0), ("ws_drop_after", 1), ("ws_lose_ack", 1)]
)
async def test_a_request_whose_answer_never_comes(floor: Floor, fault: str, done: int) -> None:
    stream = await floor.account()
    floor.fault(fault, match="order.place", count=1)
    await stream.send("order.place", stream.signed(**MARKET))
    if fault == "ws_lose_ack":
        assert len(await stream.silence()) == 3, "the events come all the same"
    else:
        await stream.ended()
    assert filled(floor) == done


async def test_an_answer_may_come_after_what_it_caused(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_ack_last", match="order.place", count=1)
    await stream.ask_signed("order.place", **MARKET)
    assert len(stream.told) == 3


async def test_the_server_announces_that_it_goes(floor: Floor) -> None:
    api, raw, combined = (
        await floor.account(),
        await floor.open("/ws"),
        await floor.open("/stream"),
    )
    await raw.ask("LIST_SUBSCRIPTIONS")
    await combined.ask("LIST_SUBSCRIPTIONS")
    floor.fault("ws_shutdown")
    told = await api.frame()
    assert told["event"]["e"] == "serverShutdown"
    assert "subscriptionId" not in told
    assert (await raw.frame())["e"] == "serverShutdown"
    said = await combined.frame()
    assert (said["stream"], said["data"]["e"]) == ("!serverShutdown", "serverShutdown")
    floor.heal()
    await floor.desk.clock.advance(1)
    for stream in (api, raw, combined):
        assert await stream.ended() is None


async def test_a_subscription_is_ended_by_the_venue(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_terminate", count=1)
    (event,) = await stream.events("eventStreamTerminated")
    assert event.keys() == {"e", "E"}
    floor.desk.place("BUY", "0.01")
    assert await stream.silence() == []
    assert await stream.subscribe() == 1


async def test_errors_on_demand_over_the_socket(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("error_after", match="order.place", count=1)
    answer = await stream.ask_signed("order.place", **MARKET)
    assert (answer["status"], answer["error"]["code"]) == (504, -1007)
    assert filled(floor) == 1
    floor.fault("error", match="order.place", count=1, status=503, code=-1008, msg="Overloaded.")
    answer = await stream.ask_signed("order.place", **MARKET)
    assert (answer["status"], answer["error"]) == (503, {"code": -1008, "msg": "Overloaded."})
    assert filled(floor) == 1
