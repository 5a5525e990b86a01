"""What is written to Kraken's socket is exact, and each question gets its own answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from tests.support.background import in_background
from tests.support.clock import START
from tests.support.shared import shared
from tests.trading.venues.kraken.samples import BTC_USD, KRAKEN
from trading.clock import SystemClock
from trading.venues.decoding import Row, decode_json
from trading.venues.kraken.stream_rows import objects, parse_quote
from trading.venues.kraken.stream_wire import KrakenSocket, NoAnswer, write_request
from trading.venues.quotes import Moment
from trading.venues.websocket import ConnectionEnded, NotSent, SocketLimits, open_websocket

Handler = Callable[[web.WebSocketResponse], Awaitable[None]]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_an_amount_is_a_json_number_digit_for_digit(amount: Decimal) -> None:
    text = write_request("m", {"qty": amount}, 1)
    read = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    assert read["params"]["qty"] == amount
    assert "e" not in text.partition('"qty":')[2].partition("}")[0].lower()


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_not_written(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write_request("m", {"qty": amount}, 1)


def test_words_are_quoted_and_lists_are_lists() -> None:
    text = write_request("m", {"a": 'say "x"', "b": ("1", "2"), "c": True, "d": 7}, 42)
    assert json.loads(text) == {
        "method": "m",
        "params": {"a": 'say "x"', "b": ["1", "2"], "c": True, "d": 7},
        "req_id": 42,
    }


@asynccontextmanager
async def connected(handler: Handler) -> AsyncIterator[tuple[KrakenSocket, list[Row]]]:
    """Connect to a server that does what `handler` does, and keep what is heard."""

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await handler(socket)
        return socket

    application = web.Application()
    application.router.add_get("/", answer)
    heard: list[Row] = []
    async with (
        TestServer(application) as server,
        open_websocket(
            str(server.make_url("/")).replace("http", "ws", 1),
            user_agent="test",
            limits=SocketLimits(),
            clock=SystemClock(),
        ) as websocket,
    ):
        yield KrakenSocket(socket=websocket, clock=SystemClock(), hear=heard.append), heard


async def run(socket: KrakenSocket, ends: list[str]) -> None:
    try:
        await socket.run()
    except ConnectionEnded as ended:
        ends.append(str(ended))


def answering(reply: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> Handler:
    async def handle(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            for frame in reply(json.loads(message.data)):
                await socket.send_json(frame)

    return handle


async def test_each_question_gets_its_own_answer_however_they_are_mixed() -> None:
    waiting: list[dict[str, Any]] = []

    def reversed_when_all_are_there(request: dict[str, Any]) -> list[dict[str, Any]]:
        waiting.append(request)
        if len(waiting) < 10:
            return [{"channel": "heartbeat"}]
        return [
            {"method": "m", "req_id": each["req_id"], "success": True, "result": each["params"]}
            for each in reversed(waiting)
        ]

    async with connected(answering(reversed_when_all_are_there)) as (socket, heard):
        async with in_background(run(socket, [])), asyncio.TaskGroup() as group:
            asked = [
                group.create_task(socket.ask("m", {"n": n}, timeout_seconds=5)) for n in range(10)
            ]
        assert [task.result().fields["result"]["n"] for task in asked] == list(range(10))
    assert [row.fields.get("channel") for row in heard].count("heartbeat") == 9


async def test_an_answer_that_does_not_come_in_time_is_none() -> None:
    async with connected(answering(lambda _: [])) as (socket, _), in_background(run(socket, [])):
        with pytest.raises(NoAnswer, match=r"within 0\.1 s"):
            await socket.ask("m", {}, timeout_seconds=0.1)


async def test_when_the_connection_ends_nobody_waits_on() -> None:
    async def hang_up(socket: web.WebSocketResponse) -> None:
        await socket.receive()
        await socket.close()

    ends: list[str] = []
    async with connected(hang_up) as (socket, _), in_background(run(socket, ends)) as running:
        with pytest.raises(NoAnswer):
            await socket.ask("m", {}, timeout_seconds=5)
        await running
        assert ends
        with pytest.raises(NotSent):
            await socket.ask("m", {}, timeout_seconds=5)
        assert not socket.is_open


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"a":NaN}', '{"a":1,"a":2}', ""])
async def test_a_frame_that_is_not_understood_ends_the_connection(text: str) -> None:
    async def speak(socket: web.WebSocketResponse) -> None:
        await socket.send_str(text)
        await socket.receive()

    ends: list[str] = []
    async with connected(speak) as (socket, heard):
        await run(socket, ends)
    assert heard == []
    assert "not understood" in ends[0]


@pytest.mark.parametrize(
    "name",
    ["ws_add_order_response_success", "ws_add_order_response_failure", "ws_subscribe_response",
     "ws_pong"],
)  # fmt: skip
async def test_recorded_answers_are_matched(name: str) -> None:
    recorded = json.loads(shared("data", "recorded", "kraken", f"{name}.json").read_text())
    number = recorded["req_id"]

    def reply(request: dict[str, Any]) -> list[dict[str, Any]]:
        return [recorded] if request["req_id"] == number else []

    async with connected(answering(reply)) as (socket, _), in_background(run(socket, [])):
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(_or_none(socket.ask("m", {}, timeout_seconds=0.3)))
                for _ in range(number)
            ]
        assert [task.result() is not None for task in asked] == [False] * (number - 1) + [True]
        last = asked[-1].result()
        assert last is not None
        assert last.fields["req_id"] == number


async def _or_none(answer: Awaitable[Row]) -> Row | None:
    try:
        return await answer
    except NoAnswer:
        return None


def test_a_recorded_ticker_is_a_price() -> None:
    text = shared("data", "recorded", "kraken", "ws_ticker_snapshot.json").read_bytes()
    frame = Row.of(decode_json(text), "a frame")
    (row,) = objects(frame)
    moment = Moment(at=START, monotonic=1.0)
    price = parse_quote(row, venue=KRAKEN, symbol=BTC_USD, moment=moment)
    assert price is not None
    assert price.value == Decimal("105944.25")


@pytest.mark.parametrize(
    ("bid", "ask"), [("0", "5"), ("5", "0"), ("5", "5"), ("6", "5"), (None, "5"), ("5", None)]
)
def test_a_market_without_two_sides_has_no_mid(bid: str | None, ask: str | None) -> None:
    row = Row.of({"symbol": "BTC/USD", "bid": bid, "ask": ask}, "ticker")
    moment = Moment(at=START, monotonic=1.0)
    assert parse_quote(row, venue=KRAKEN, symbol=BTC_USD, moment=moment) is None
