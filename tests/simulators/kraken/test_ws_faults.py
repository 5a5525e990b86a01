"""Everything that can go wrong with a stream goes wrong on demand, and only then."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.kraken.streams import Floor, Frame, open_floor
from tests.support.waiting import eventually

MARKET = {"order_type": "market", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD") as opened:
        yield opened


def sequences(frames: list[Frame], channel: str) -> list[int]:
    return [frame["sequence"] for frame in frames if frame.get("channel") == channel]


async def test_streams_are_cut_now_or_as_soon_as_there_is_one(floor: Floor) -> None:
    public, private = await floor.public(), await floor.account()
    floor.fault("ws_drop", count=1, match="private")
    assert await private.ended() is None, "no goodbye"
    assert (await public.ask("ping"))["method"] == "pong"
    floor.fault("ws_drop", count=1, match="private")
    assert await (await floor.private()).ended() is None
    stream = await floor.private()
    assert (await stream.ask("ping"))["method"] == "pong", "counted: it is over"
    floor.fault("ws_drop")
    assert [await each.ended() for each in (public, stream)] == [None, None]
    assert await (await floor.public()).ended() is None, "uncounted: until it is taken away"
    floor.heal()
    assert (await (await floor.public()).ask("ping"))["method"] == "pong"


@pytest.mark.parametrize("status", [429, 503, 403])
async def test_the_door_can_be_closed(floor: Floor, status: int) -> None:
    floor.fault("ws_refuse", count=1, match="private", status=status)
    await floor.public()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await floor.private()
    assert refused.value.status == status
    await floor.private()


async def test_a_venue_that_is_down_opens_no_streams(floor: Floor) -> None:
    floor.fault("http_5xx_before", status=502)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await floor.public()
    assert refused.value.status == 502


async def test_a_silent_stream_is_connected_and_nothing_more(floor: Floor) -> None:
    private, public = await floor.account(), await floor.public()
    await public.next()
    floor.fault("ws_silent", match="private")
    await private.send("ping")
    await private.send("add_order", MARKET)
    await private.socket.ping()
    floor.exchange.deposit("USD", Decimal(1))
    assert (await public.ask("ping"))["method"] == "pong"
    await floor.desk.clock.advance(30)
    with pytest.raises(TimeoutError):
        await private.socket.receive(timeout=0.05)
    assert floor.filled() == 0, "nobody read it"
    floor.heal()
    (deposit, late) = (Decimal(2), (await private.silence()))
    assert sequences(late, "balances") == []
    floor.exchange.deposit("USD", deposit)
    assert (await private.channel("balances"))["sequence"] == 3, "one was lost in the silence"


async def test_a_counted_silence_is_for_the_life_of_one_connection(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_silent", count=1, match="private", deaf=False)
    await stream.send("add_order", MARKET)
    await eventually(lambda: floor.filled() == 1, because="it was done, and never answered")
    with pytest.raises(TimeoutError):
        await stream.socket.receive(timeout=0.05)
    assert floor.desk.venue.faults.describe() == []
    again = await floor.account()
    assert (await again.ask("ping"))["method"] == "pong"
    with pytest.raises(TimeoutError):
        await stream.socket.receive(timeout=0.05)


async def test_one_channel_can_fall_silent_without_a_gap(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_silent_channel", count=2, match="balances")
    floor.desk.add("buy", "0.01")
    floor.desk.add("buy", "0.01")
    told = await stream.silence()
    assert sequences(told, "executions") == [2, 3, 4, 5, 6, 7, 8, 9]
    assert sequences(told, "balances") == [2, 3], "two of four were never said"


async def test_a_frame_can_be_lost_with_its_number(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_gap", count=1, match="executions.trade")
    floor.desk.add("buy", "0.01")
    rows = await stream.executions()
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "filled"]
    assert [row["number"] for row in rows] == [2, 3, 5]


async def test_a_frame_can_come_twice(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_duplicate", count=1, match="executions.trade")
    floor.desk.add("buy", "0.01")
    rows = await stream.executions()
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "trade", "trade", "filled"]
    assert rows[2] == rows[3]


@pytest.mark.parametrize(("numbers_stay", "numbers"), [(False, [5, 4]), (True, [4, 5])])
async def test_two_frames_can_change_places(
    floor: Floor, numbers_stay: bool, numbers: list[int]
) -> None:
    stream = await floor.account()
    floor.fault("ws_swap", count=1, match="executions.trade", numbers_stay=numbers_stay)
    floor.desk.add("buy", "0.01")
    rows = await stream.executions()
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "filled", "trade"]
    assert [row["number"] for row in rows[2:]] == numbers


async def test_a_frame_that_nothing_overtakes_comes_after_a_second(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_swap", count=1, match="balances")
    floor.exchange.deposit("USD", Decimal(1))
    assert sequences(await stream.silence(), "balances") == []
    await floor.desk.clock.advance(1.1)
    assert (await stream.channel("balances"))["sequence"] == 2


async def test_frames_break_off(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("ws_malformed", count=1, match="balances")
    floor.exchange.deposit("USD", Decimal(1))
    with pytest.raises(json.JSONDecodeError):
        json.loads(await stream.next_text())
    floor.fault("malformed_json", count=1, match="AddOrder")
    await stream.send("add_order", MARKET)
    with pytest.raises(json.JSONDecodeError):
        json.loads(await stream.next_text())
    assert floor.filled() == 1, "done, as over REST"


async def test_tokens_can_be_refused_and_taken_back(floor: Floor) -> None:
    floor.fault("ws_refuse_token", count=1)
    stream = await floor.private()
    assert (await stream.subscribe("balances"))["error"] == "EAPI:Invalid token"
    assert (await stream.subscribe("balances"))["success"] is True, "the token was never bad"
    floor.fault("ws_expire_token", count=1)
    for _ in range(2):
        answer = await stream.ask("add_order", **MARKET)
        assert answer["error"] == "ESession:Invalid session", "now it is, for ever"
    assert floor.filled() == 0
    stream.token = floor.new_token()
    assert (await stream.ask("add_order", **MARKET))["success"] is True


@pytest.mark.parametrize(
    ("spelling", "written"),
    [
        ("string", '"balance":"10000.00001"'),
        ("float", '"balance":10000.00001'),
        ("exponent", '"balance":1.000000001e+4'),
        ("exponent_string", '"balance":"1.000000001e+4"'),
    ],
)
async def test_numbers_can_be_spelled_differently(
    floor: Floor, spelling: str, written: str
) -> None:
    stream = await floor.account()
    floor.fault("spell_numbers", count=1, match="balances", spelling=spelling)
    floor.exchange.deposit("USD", Decimal("0.00001"))
    text = await stream.next_text()
    assert written in text
    assert f'"sequence":{2}' in text, "counts are counts"
    assert json.loads(text)


async def test_snapshots_of_balances_can_be_spoiled(floor: Floor) -> None:
    async def snapshot() -> set[str]:
        stream = await floor.private()
        await stream.subscribe("balances")
        return {row["asset"] for row in (await stream.channel("balances", "snapshot"))["data"]}

    floor.fault("empty_balances", count=1)
    assert await snapshot() == set()
    floor.fault("partial_balances", count=1, match="balances", assets=["USD"])
    assert await snapshot() == {"BTC", "ETH"}
    assert await snapshot() == {"USD", "BTC", "ETH"}
