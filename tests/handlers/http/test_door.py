"""The HTTP door on real sockets: what it serves, and whom it suffers for how long."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvloop
from aiohttp import ClientError, web

from handlers.http.access import DoorRules
from handlers.http.application import build_application
from handlers.http.door import DoorLimits, HttpDoor, Port
from handlers.process.correlation import current_correlation
from tests.support.background import in_background
from tests.support.clock import FakeClock
from tests.support.http_door import ask, free_port
from tests.support.waiting import eventually
from trading.errors import BalanceUnknown, DoorNotOpened

TOKEN = "a-token-that-nobody-guesses"
LIMITS = DoorLimits(connection_seconds=15.0, connections=3)
LARGE = "x" * 20_000_000
"""More than the sockets' buffers hold."""


on_both_loops = pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
Loop = Callable[[], asyncio.AbstractEventLoop]


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Read until the other side ends the connection, in whatever way."""
    got = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(60):
            while more := await reader.read(2**20):
                got += more
    return got


async def _hello(_: web.Request) -> web.Response:
    return web.json_response({"correlation": current_correlation()})


async def _large(_: web.Request) -> web.Response:
    return web.Response(text=LARGE)


async def _broken(_: web.Request) -> web.Response:
    raise RuntimeError("a secret detail")


async def _unknown(_: web.Request) -> web.Response:
    raise BalanceUnknown("nothing is known yet")


class Opened:
    """A door that is open."""

    def __init__(self, place: Port | Path, rules: DoorRules | None = None) -> None:
        self.clock = FakeClock()
        self.place = place
        self.door = HttpDoor(
            build=lambda: build_application(
                {
                    ("GET", "/hello"): _hello,
                    ("GET", "/large"): _large,
                    ("GET", "/broken"): _broken,
                    ("GET", "/unknown"): _unknown,
                },
                rules=rules or DoorRules(),
                clock=self.clock,
                make_correlation_id=lambda: "http-1",
            ),
            place=place,
            clock=self.clock,
            limits=LIMITS,
        )

    @property
    def address(self) -> int | Path:
        return self.place.number if isinstance(self.place, Port) else self.place

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert isinstance(self.place, Port)
        return await asyncio.open_connection(self.place.host, self.place.number)


@asynccontextmanager
async def opened(
    place: Port | Path | None = None, rules: DoorRules | None = None
) -> AsyncIterator[Opened]:
    found = Opened(place or Port(host="127.0.0.1", number=free_port()), rules)
    async with in_background(found.door.run()):
        await eventually(lambda: found.clock.sleepers == 1, because="the door is open")
        yield found


async def test_an_answer_ends_its_connection_and_is_kept_nowhere() -> None:
    async with opened() as door:
        got = await ask(door.address, "/hello")
    assert got.status == 200
    assert got.json == {"correlation": "http-1"}
    assert got.headers["Connection"] == "close"
    assert got.headers["Cache-Control"] == "no-store"


async def test_what_is_not_there_is_said_in_json() -> None:
    async with opened() as door:
        lost = await ask(door.address, "/nothing")
        wrong = await ask(door.address, "/hello", method="POST")
        broken = await ask(door.address, "/broken")
        unknown = await ask(door.address, "/unknown")
    assert (lost.status, lost.json["outcome"]) == (404, "refused")
    assert "/hello" in lost.json["message"]
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET")
    assert wrong.json["message"] == "this takes GET"
    assert (broken.status, broken.json["outcome"]) == (500, "failed")
    assert "secret" not in broken.text
    assert (unknown.status, unknown.json["message"]) == (503, "nothing is known yet")


async def test_a_page_of_another_name_reads_nothing() -> None:
    async with opened() as door:
        got = await ask(door.address, "/hello", headers={"Host": "evil.example"})
        lost = await ask(door.address, "/nothing", headers={"Host": "evil.example"})
    assert (got.status, lost.status) == (403, 403)
    assert "correlation" not in got.text
    assert "/hello" not in lost.text


async def test_without_the_token_nobody_learns_even_what_there_is() -> None:
    async with opened(rules=DoorRules(token=TOKEN)) as door:
        none = await ask(door.address, "/hello")
        wrong = await ask(door.address, "/nothing", headers={"Authorization": "Bearer no"})
        right = await ask(door.address, "/hello", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (none.status, wrong.status, right.status) == (401, 401, 200)
    assert none.headers["WWW-Authenticate"] == "Bearer"
    assert "/hello" not in wrong.text


async def test_a_socket_in_the_file_system_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    async with opened(path) as door:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await ask(door.address, "/hello")).status == 200
    assert not path.exists()
    async with opened(path) as door:
        assert (await ask(door.address, "/hello")).status == 200


async def test_nothing_of_others_is_taken_away_for_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "http.sock"
    path.write_text("somebody's")
    with pytest.raises(DoorNotOpened, match="something else"):
        await Opened(path).door.run()
    assert path.read_text() == "somebody's"
    path.unlink()
    async with opened(path) as door:
        with pytest.raises(DoorNotOpened, match="another program"):
            await Opened(path).door.run()
        assert (await ask(door.address, "/hello")).status == 200


async def test_a_port_that_is_taken_is_said_and_can_be_had_later() -> None:
    async with opened() as first:
        second = Opened(first.place)
        with pytest.raises(DoorNotOpened, match=r"cannot listen on 127\.0\.0\.1:\d+"):
            await second.door.run()
    async with in_background(second.door.run()):
        await eventually(lambda: second.clock.sleepers == 1)
        assert (await ask(second.address, "/hello")).status == 200


@on_both_loops
@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /hello HTTP/1.1\r\n", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: "],
    ids=["nothing", "one line", "half a header"],
)
def test_who_does_not_finish_his_request_is_sent_away(loop: Loop, sent: bytes) -> None:
    async def scene() -> None:
        async with opened() as door:
            reader, writer = await door.connect()
            writer.write(sent)
            assert (await ask(door.address, "/hello")).status == 200
            await door.clock.advance(14.0)
            assert not reader.at_eof()
            await door.clock.advance(3.0)
            assert await rest_of(reader) == b""
            writer.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


@on_both_loops
def test_who_does_not_read_his_answer_is_sent_away(loop: Loop) -> None:
    async def scene() -> None:
        async with opened() as door:
            reader, writer = await door.connect()
            writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await door.clock.advance(20.0)
            assert len(await rest_of(reader)) < len(LARGE)
            writer.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


@on_both_loops
def test_a_crowd_is_turned_away_and_nobody_else_after_it(loop: Loop) -> None:
    async def scene() -> None:
        async with opened() as door:
            crowd = [await door.connect() for _ in range(3)]

            async def is_served() -> bool:
                try:
                    return (await ask(door.address, "/hello")).status == 200
                except (OSError, ClientError):
                    return False

            async def is_turned_away() -> bool:
                return not await is_served()

            await eventually(is_turned_away)
            for _, writer in crowd:
                writer.close()
            await eventually(is_served)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize(
    "head",
    [
        b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=["header", "path", "no HTTP at all"],
)
async def test_a_monstrous_request_is_refused_and_harms_nobody(head: bytes) -> None:
    async with opened() as door:
        reader, writer = await door.connect()
        writer.write(head)
        answer = await rest_of(reader)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        writer.close()
        assert (await ask(door.address, "/hello")).status == 200


async def test_a_body_that_nobody_wants_is_not_waited_for() -> None:
    async with opened() as door:
        reader, writer = await door.connect()
        writer.write(
            b"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\nx"
        )
        answer = await rest_of(reader)
        assert answer.startswith(b"HTTP/1.1 405")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["outcome"] == "refused"
        writer.close()
