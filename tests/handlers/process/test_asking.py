"""A command goes to the running bot; without one, what can be done is done."""

import asyncio
import io
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from handlers.http.answers import Answer, CandleRequest, EmergencyRequest, Outcome
from handlers.http.control_client import ControlClient
from handlers.process.asking import ask, conclude
from handlers.process.asking_emergency import Door
from handlers.process.commands import (
    Asking,
    Backup,
    Candles,
    Halt,
    LogLines,
    Reload,
    Resume,
    Status,
)
from handlers.process.exit_codes import ExitCode
from tests.handlers.http.test_control import FakeDesk, serving
from trading.model.candles import CandleInterval

CONFIG = Path("config.toml")
STATUS = Status(config=CONFIG, is_json=False)
HALT = Halt(config=CONFIG, is_json=False, cancel_orders=False)
RESUME = Resume(config=CONFIG, is_json=False, is_confirmed=False)
RESUME_CONFIRMED = Resume(config=CONFIG, is_json=False, is_confirmed=True)
RELOAD = Reload(config=CONFIG, is_json=False)
BACKUP = Backup(config=CONFIG, is_json=False, file=Path("/a/copy.db"))
CANDLES = Candles(
    config=CONFIG,
    is_json=False,
    request=CandleRequest(
        symbol="BTC/USD", interval=CandleInterval.HOUR, venue=None, path=Path("/a/c.csv")
    ),
)
LOGS = LogLines(config=CONFIG, is_json=False, count=3, level="info", containing=None)


class FakeOffline:
    """Notes what was done without a bot."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def halt(self, *, by: str) -> Answer:
        return self._note(f"halt by {by}")

    async def resume(self, *, by: str) -> Answer:
        return self._note(f"resume by {by}")

    async def candles(self, request: CandleRequest) -> Answer:
        return self._note(f"candles to {request.path}")

    async def backup(self, *, path: Path) -> Answer:
        return self._note(f"backup to {path}")

    def emergency(
        self, request: EmergencyRequest, *, by: str
    ) -> AbstractAsyncContextManager[Door]:
        raise AssertionError((request, by))

    def _note(self, what: str) -> Answer:
        self.done.append(what)
        return Answer(outcome=Outcome.DONE, message=f"{what}, without the bot")


def yes(_: str) -> bool:
    return True


def no(_: str) -> bool:
    return False


async def asked(
    command: Asking, path: Path, offline: FakeOffline, confirm: Callable[[str], bool] = yes
) -> Answer:
    client = ControlClient(path=path, timeout_seconds=0.2)
    return await ask(command, client=client, offline=offline, confirm=confirm, by="uid 0")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (STATUS, "status"),
        (HALT, "halt"),
        (RESUME, "resume"),
        (RELOAD, "reload"),
        (BACKUP, "backup"),
        (CANDLES, "candles"),
        (LOGS, "logs"),
    ],
)
async def test_the_running_bot_is_asked(tmp_path: Path, command: Asking, name: str) -> None:
    desk, offline, path = FakeDesk(), FakeOffline(), tmp_path / "control.sock"
    async with serving(path, desk):
        assert await asked(command, path, offline) == desk.answer
    assert [asked_for for asked_for, _, _ in desk.asked] == [name]
    assert offline.done == []


@pytest.mark.parametrize(
    ("command", "done"),
    [
        (HALT, ["halt by uid 0"]),
        (RESUME_CONFIRMED, ["resume by uid 0"]),
        (BACKUP, ["backup to /a/copy.db"]),
        (CANDLES, ["candles to /a/c.csv"]),
        (STATUS, []),
        (RELOAD, []),
        (LOGS, []),
    ],
)
async def test_without_a_bot_what_can_be_done_is_done(
    tmp_path: Path, command: Asking, done: list[str]
) -> None:
    offline = FakeOffline()
    answer = await asked(command, tmp_path / "control.sock", offline)
    assert offline.done == done
    assert answer.outcome is (Outcome.DONE if done else Outcome.FAILED)
    assert done or "no bot is running" in answer.message


async def test_resuming_needs_a_yes(tmp_path: Path) -> None:
    desk, offline, path = FakeDesk(), FakeOffline(), tmp_path / "control.sock"
    async with serving(path, desk):
        refused = await asked(RESUME, path, offline, no)
        assert refused.outcome is Outcome.REFUSED
        assert desk.asked == []
        assert (await asked(RESUME_CONFIRMED, path, offline, no)).outcome is Outcome.DONE


async def test_a_silent_bot_is_halted_through_the_disk_and_never_gone_around(
    tmp_path: Path,
) -> None:
    desk, offline, path = FakeDesk(), FakeOffline(), tmp_path / "control.sock"
    desk.gate = asyncio.Event()
    async with serving(path, desk):
        halted = await asked(HALT, path, offline)
        backup = await asked(BACKUP, path, offline)
        desk.gate.set()
    assert offline.done == ["halt by uid 0"]
    assert halted.outcome is Outcome.DONE
    assert "did not answer" in halted.message
    assert backup.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.DONE, ExitCode.DONE),
        (Outcome.FAILED, ExitCode.FAILED),
        (Outcome.REFUSED, ExitCode.REFUSED),
    ],
)
def test_the_exit_code_says_what_the_answer_says(outcome: Outcome, code: ExitCode) -> None:
    answer = Answer(outcome=outcome, message="halted – now", details={"orders": 2})
    out = io.StringIO()
    assert conclude(answer, is_json=False, out=out) is code
    assert out.getvalue() == "halted – now\n"
    out = io.StringIO()
    assert conclude(answer, is_json=True, out=out) is code
    assert json.loads(out.getvalue()) == {
        "outcome": outcome.value,
        "message": "halted – now",
        "details": {"orders": 2},
    }
