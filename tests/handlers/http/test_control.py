"""A second process talks to the first through its control socket, and nobody else does."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from handlers.http.answers import (
    Answer,
    CandleRequest,
    EmergencyAction,
    EmergencyRequest,
    Outcome,
)
from handlers.http.control import ControlServer
from handlers.http.control_client import BotNotAnswering, BotNotRunning, ControlClient
from handlers.process.correlation import current_correlation
from tests.support.clock import FakeClock
from tests.support.waiting import PATIENCE_SECONDS
from trading.errors import StorageUnavailable
from trading.model.candles import CandleInterval

CANDLES = CandleRequest(
    symbol="BTC/USD", interval=CandleInterval.DAY, venue="kraken", path=Path("/a/candles.csv")
)
ANYWHERE = CandleRequest(
    symbol="BTC", interval=CandleInterval.HOUR, venue=None, path=Path("/a/more.csv")
)


class FakeDesk:
    """Notes what it is asked, in whose name and under which id; answers what it is given."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.answer = Answer(outcome=Outcome.DONE, message="fine", details={"nav": "12.50"})
        self.fault: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def _note(self, name: str, **arguments: Any) -> Answer:
        self.asked.append((name, arguments, current_correlation()))
        if self.gate is not None:
            await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return self.answer

    async def status(self) -> Answer:
        return await self._note("status")

    async def halt(self, *, by: str, cancel_orders: bool) -> Answer:
        return await self._note("halt", by=by, cancel_orders=cancel_orders)

    async def resume(self, *, by: str) -> Answer:
        return await self._note("resume", by=by)

    async def reload(self, *, by: str) -> Answer:
        return await self._note("reload", by=by)

    async def backup(self, *, path: str | None) -> Answer:
        return await self._note("backup", path=path)

    async def candles(self, request: CandleRequest) -> Answer:
        return await self._note("candles", request=request)

    async def emergency(self, request: EmergencyRequest, *, by: str) -> Answer:
        return await self._note("emergency", request=request, by=by)

    async def logs(self, *, count: int, level: str, containing: str | None) -> Answer:
        return await self._note("logs", count=count, level=level, containing=containing)


@asynccontextmanager
async def serving(path: Path, desk: FakeDesk) -> AsyncIterator[ControlClient]:
    ids = (f"c-{number}" for number in count(1))
    server = ControlServer(
        path=path, desk=desk, clock=FakeClock(), make_correlation_id=lambda: next(ids)
    )
    async with server:
        yield ControlClient(path=path, timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def test_every_call_reaches_the_desk_with_its_arguments(path: Path) -> None:
    desk = FakeDesk()
    async with serving(path, desk) as client:
        await client.status()
        await client.halt(cancel_orders=True)
        await client.halt(cancel_orders=False)
        await client.resume()
        await client.reload()
        await client.backup(path=Path("/a/copy.db"))
        await client.backup(path=None)
        await client.logs(count=5, level="warning", containing="a b&c")
        answer = await client.logs(count=10_000, level="info", containing=None)
        verify = EmergencyRequest(
            action=EmergencyAction.VERIFY, venue="kraken", asset="BTC", amount="0.5"
        )
        await client.emergency(verify)
        repair = EmergencyRequest(action=EmergencyAction.REPAIR)
        await client.emergency(repair)
        await client.candles(CANDLES)
        await client.candles(ANYWHERE)
    assert answer == desk.answer
    by = "command line"
    assert desk.asked == [
        ("status", {}, "c-1"),
        ("halt", {"by": by, "cancel_orders": True}, "c-2"),
        ("halt", {"by": by, "cancel_orders": False}, "c-3"),
        ("resume", {"by": by}, "c-4"),
        ("reload", {"by": by}, "c-5"),
        ("backup", {"path": "/a/copy.db"}, "c-6"),
        ("backup", {"path": None}, "c-7"),
        ("logs", {"count": 5, "level": "warning", "containing": "a b&c"}, "c-8"),
        ("logs", {"count": 2000, "level": "info", "containing": None}, "c-9"),
        ("emergency", {"request": verify, "by": by}, "c-11"),
        ("emergency", {"request": repair, "by": by}, "c-13"),
        ("candles", {"request": CANDLES}, "c-14"),
        ("candles", {"request": ANYWHERE}, "c-15"),
    ]


@pytest.mark.parametrize("outcome", Outcome)
async def test_an_answer_arrives_whole(path: Path, outcome: Outcome) -> None:
    desk = FakeDesk()
    desk.answer = Answer(outcome=outcome, message="words – and more", details={"rows": [1, None]})
    async with serving(path, desk) as client:
        assert await client.resume() == desk.answer


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (StorageUnavailable("the disk is full"), "StorageUnavailable: the disk is full"),
        (ZeroDivisionError("a defect"), "ZeroDivisionError: a defect"),
    ],
    ids=["expected", "defect"],
)
async def test_a_fault_is_an_answer_and_the_next_call_works(
    path: Path, fault: Exception, message: str
) -> None:
    desk = FakeDesk()
    desk.fault = fault
    async with serving(path, desk) as client:
        assert await client.halt(cancel_orders=False) == Answer(
            outcome=Outcome.FAILED, message=message
        )
        desk.fault = None
        assert (await client.status()).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{", "the body is not JSON"), (b"[1]", "the body is a JSON object")],
)
async def test_a_body_that_is_no_object_is_refused(path: Path, body: bytes, message: str) -> None:
    desk = FakeDesk()
    async with (
        serving(path, desk),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.post("http://steelyard/halt", data=body) as response,
    ):
        answer = await response.json()
    assert response.status == 422
    assert answer["message"].startswith(message)
    assert desk.asked == []


@pytest.mark.parametrize("query", ["count=many", "level=loud"])
async def test_wrong_arguments_are_refused(path: Path, query: str) -> None:
    async with (
        serving(path, FakeDesk()),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.get(f"http://steelyard/logs?{query}") as response,
    ):
        assert response.status == 422


async def test_only_its_owner_may_talk_to_the_bot(path: Path) -> None:
    async with serving(path, FakeDesk()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


async def test_a_socket_left_by_a_killed_process_is_replaced(path: Path) -> None:
    first = ControlServer(
        path=path, desk=FakeDesk(), clock=FakeClock(), make_correlation_id=lambda: "c"
    )
    await first.__aenter__()
    desk = FakeDesk()
    async with serving(path, desk) as client:
        await client.status()
        assert [name for name, _, _ in desk.asked] == ["status"]
    await first.__aexit__(None, None, None)


async def test_no_bot_is_told_from_a_silent_bot(path: Path) -> None:
    client = ControlClient(path=path, timeout_seconds=0.1)
    with pytest.raises(BotNotRunning, match="no bot is running"):
        await client.status()
    desk = FakeDesk()
    desk.gate = asyncio.Event()
    async with serving(path, desk):
        with pytest.raises(BotNotAnswering, match=r"within 0\.1 s"):
            await client.status()
        desk.gate.set()


async def test_a_stuck_bot_holds_nobody_up_who_wants_to_halt_it(path: Path) -> None:
    desk = FakeDesk()
    desk.gate = asyncio.Event()
    async with serving(path, desk):
        with pytest.raises(BotNotAnswering, match="within 5 s"):
            await ControlClient(path=path).halt(cancel_orders=False)
        desk.gate.set()


async def test_a_dead_socket_means_no_bot(path: Path) -> None:
    reader_only = await asyncio.start_unix_server(lambda _, __: None, path)
    reader_only.close()
    await reader_only.wait_closed()
    if not path.exists():  # newer Pythons remove the file on close
        path.touch()
    with pytest.raises(BotNotRunning):
        await ControlClient(path=path).status()


async def test_an_answer_that_breaks_off_is_not_taken_for_one(path: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_unix_server(hang_up, path):
        with pytest.raises(BotNotAnswering, match="broke off"):
            await ControlClient(path=path).halt(cancel_orders=False)


async def test_a_state_directory_may_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    desk = FakeDesk()
    async with serving(deep / "control.sock", desk) as client:
        assert (await client.status()).message == "fine"
    assert not (deep / "control.sock").exists()


async def test_a_hanging_request_does_not_hold_up_the_end(path: Path) -> None:
    desk = FakeDesk()
    desk.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group, serving(path, desk) as client:
        task = group.create_task(_outcome(client))
        while not desk.asked:
            await asyncio.wait([task], timeout=0.01)
    assert isinstance(task.result(), BotNotAnswering)


async def _outcome(client: ControlClient) -> Answer | Exception:
    try:
        return await client.halt(cancel_orders=False)
    except (BotNotRunning, BotNotAnswering) as error:
        return error
