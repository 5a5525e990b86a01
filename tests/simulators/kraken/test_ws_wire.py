"""The socket itself: greeting, ping, heartbeats, latency, and who is sent away."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from simulators.exchange.connection import MOST_WAITING, Connection, Way
from tests.simulators.kraken.streams import Floor, Stream, open_floor
from tests.simulators.shapes import differences
from tests.support.shared import shared
from tests.support.waiting import eventually


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD") as opened:
        yield opened


async def test_the_state_of_the_venue_is_said_first(floor: Floor) -> None:
    greetings = [await (await floor.public()).next() for _ in range(2)]
    for greeting in greetings:
        assert (greeting["channel"], greeting["type"]) == ("status", "update")
        (status,) = greeting["data"]
        assert (status["system"], status["api_version"]) == ("online", "v2")
        assert 2**63 <= status["connection_id"] < 2**64, "no double holds such an id exactly"
    assert greetings[0]["data"] != greetings[1]["data"]


async def test_a_ping_is_answered_as_recorded(floor: Floor) -> None:
    stream = await floor.public()
    pong = await stream.ask("ping")
    theirs = json.loads(shared("data", "recorded", "kraken", "ws_pong.json").read_text())
    assert differences(pong, theirs, optional=frozenset()) == []
    await stream.socket.send_str('{"method": "ping"}')
    assert "req_id" not in await stream.next()


async def test_a_ping_of_the_protocol_is_answered_too(floor: Floor) -> None:
    stream = await floor.public()
    await stream.next()
    await stream.socket.ping(b"there?")
    message = await stream.socket.receive(timeout=5)
    assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"there?")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no json", id="text"),
        pytest.param("[1]", id="list"),
        pytest.param('{"params": {}}', id="no method"),
        pytest.param('{"method": "ping", "params": []}', id="params are no object"),
        pytest.param('{"method": "ping", "req_id": "seven"}', id="a number in words"),
        pytest.param('{"method": "ping", "req_id": 1.5}', id="half a number"),
        pytest.param('{"method": "ping", "params": {"a": NaN}}', id="not a number"),
    ],
)
async def test_what_is_no_request_is_told_so(floor: Floor, text: str) -> None:
    stream = await floor.public()
    await stream.next()
    await stream.socket.send_str(text)
    answer = await stream.next()
    assert (answer["success"], answer["error"]) == (False, "Malformed request")
    assert (await stream.ask("ping"))["method"] == "pong"


async def test_an_unknown_method_is_refused(floor: Floor) -> None:
    answer = await (await floor.public()).ask("sing")
    assert (answer["success"], answer["error"]) == (False, "Method not supported")


async def test_each_address_refuses_what_belongs_to_the_other(floor: Floor) -> None:
    """In the venue's own words, as recorded from it."""
    public, private = await floor.public(), await floor.private()
    answer = await public.subscribe("executions")
    assert answer["error"].endswith("unavailable on this endpoint. Try ws-auth.kraken.com")
    assert "result" not in answer
    answer = await public.ask("add_order", symbol="BTC/USD")
    assert answer["error"].endswith("Try ws-auth.kraken.com")
    answer = await private.subscribe("ticker", symbol=["BTC/USD"])
    assert answer["error"].endswith("unavailable on this endpoint. Try ws.kraken.com")


async def test_heartbeats_fill_the_pauses_once_something_is_subscribed(floor: Floor) -> None:
    clock, stream = floor.desk.clock, await floor.public()
    await stream.next()
    await clock.advance(3)
    assert await stream.silence() == [], "nothing is subscribed yet"
    await stream.subscribe("trade", symbol=["BTC/USD"], snapshot=False)
    await clock.advance(0.25)
    for _ in range(3):
        assert await stream.next() == {"channel": "heartbeat"}
        await clock.advance(1)
    assert await stream.silence() == [{"channel": "heartbeat"}]
    await clock.advance(0.75)
    floor.desk.add("buy", "0.001")
    assert (await stream.next())["channel"] == "trade"
    await clock.advance(0.75)
    assert await stream.silence() == [], "a word of a channel is as good as a heartbeat"
    await clock.advance(0.25)
    assert await stream.silence() == [{"channel": "heartbeat"}]


async def test_who_asks_for_nothing_is_sent_away_after_a_minute(floor: Floor) -> None:
    clock = floor.desk.clock
    idle, listening = await floor.private(), await floor.public()
    await listening.subscribe("trade", symbol=["BTC/USD"], snapshot=False)
    await idle.next()
    for _ in range(58):
        await clock.advance(1)
    assert (await idle.ask("ping"))["method"] == "pong", "a ping is no subscription"
    await clock.advance(3)
    assert await idle.ended() == 1000
    assert (await listening.ask("ping"))["method"] == "pong"
    await listening.ask("unsubscribe", channel="trade", symbol=["BTC/USD"])
    await clock.advance(59)
    assert (await listening.ask("ping"))["method"] == "pong"
    await clock.advance(2)
    assert await listening.ended() == 1000


async def test_half_of_the_latency_is_spent_each_way_and_nobody_waits_for_another(
    tmp_path: Path,
) -> None:
    async with open_floor(tmp_path, "--pairs", "BTC/USD", "--latency-ms", "200") as floor:
        clock, stream = floor.desk.clock, await floor.private()
        await clock.advance(0.1)
        await stream.next()
        numbers = [
            await stream.send(
                "add_order",
                {
                    "order_type": "limit",
                    "side": "buy",
                    "order_qty": 0.001,
                    "limit_price": 1000 + number,
                    "symbol": "BTC/USD",
                },
            )
            for number in range(10)
        ]
        assert not floor.exchange.open_orders
        start = clock.monotonic()

        async def have_arrived() -> bool:
            await clock.advance(0.005)
            return len(floor.exchange.open_orders) == len(numbers)

        await eventually(have_arrived)
        assert 0.09 <= clock.monotonic() - start <= 0.15, "all ten in one half of a round trip"
        await clock.advance(0.1)
        answers = [await stream.next() for _ in numbers]
        assert [answer["req_id"] for answer in answers] == numbers, "in their order"


async def test_the_venue_says_goodbye_when_it_goes_down(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor:
        stream = await floor.public()
        await stream.next()
        async with asyncio.TaskGroup() as group:
            ending = group.create_task(stream.ended())
            await floor.desk.venue.streams.close(aiohttp.web.Application())
        assert ending.result() == aiohttp.WSCloseCode.GOING_AWAY


async def test_a_browserless_request_is_told_what_this_door_is_for(floor: Floor) -> None:
    async with floor.session.get(f"{floor.url}/v2") as response:
        assert response.status == 426


async def test_clients_are_counted(floor: Floor) -> None:
    streams: list[Stream] = [await floor.public(), await floor.private(), await floor.private()]
    for stream in streams:
        await stream.next()
    assert floor.desk.venue.streams.count() == {"public": 1, "private": 2}
    await streams[1].socket.close()
    await eventually(lambda: floor.desk.venue.streams.count()["private"] == 1)


class Line(asyncio.Transport):
    """A line that only knows whether it was cut."""

    is_cut = False

    def abort(self) -> None:
        self.is_cut = True


async def test_who_reads_too_slowly_is_dropped(floor: Floor) -> None:
    line = Line()
    way = Way(clock=floor.desk.clock, now=floor.exchange.now, latency=lambda: 0.0)
    socket = aiohttp.web.WebSocketResponse()
    connection = Connection(identifier=1, socket=socket, transport=line, way=way)
    for _ in range(MOST_WAITING):
        connection.send("news")
    assert not line.is_cut
    connection.send("one too many")
    assert line.is_cut
