"""The emergency tool: through the bot, without it, and never around one that hangs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from handlers.http.answers import Answer, CandleRequest, EmergencyAction, EmergencyRequest, Outcome
from handlers.http.control_client import ControlClient
from handlers.process.asking import ask
from handlers.process.asking_emergency import Door
from handlers.process.commands import Asking, Emergency, Halt
from tests.handlers.http.test_control import FakeDesk, serving
from trading.errors import StateDirectoryLocked, StorageUnavailable

CONFIG = Path("config.toml")
HALT_AND_CANCEL = Halt(config=CONFIG, is_json=False, cancel_orders=True)


def command(action: EmergencyAction, *, is_confirmed: bool = False) -> Emergency:
    return Emergency(
        config=CONFIG,
        is_json=False,
        is_confirmed=is_confirmed,
        request=EmergencyRequest(action=action),
    )


class LoneDoor:
    def __init__(self, done: list[str], answers: dict[EmergencyAction, Answer]) -> None:
        self._done = done
        self._answers = answers

    async def emergency(self, request: EmergencyRequest) -> Answer:
        self._done.append(request.action.value)
        fine = Answer(outcome=Outcome.DONE, message=f"{request.action} done alone")
        return self._answers.get(request.action, fine)


class FakeOffline:
    """Notes what was done without a bot."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.done: list[str] = []
        self.answers: dict[EmergencyAction, Answer] = {}
        self._fault = fault

    async def halt(self, *, by: str) -> Answer:
        self.done.append(f"halt by {by}")
        return Answer(outcome=Outcome.DONE, message="HALT is written")

    async def resume(self, *, by: str) -> Answer:
        raise AssertionError(by)

    async def backup(self, *, path: Path) -> Answer:
        raise AssertionError(path)

    async def candles(self, request: CandleRequest) -> Answer:
        raise AssertionError(request)

    @asynccontextmanager
    async def emergency(self, request: EmergencyRequest, *, by: str) -> AsyncIterator[Door]:
        if self._fault is not None:
            raise self._fault
        self.done.append(f"lock for {request.action} by {by}")
        yield LoneDoor(self.done, self.answers)
        self.done.append("unlock")


class Person:
    """Answers as told, and remembers what was asked."""

    def __init__(self, *, says: bool) -> None:
        self.questions: list[str] = []
        self._says = says

    def __call__(self, question: str) -> bool:
        self.questions.append(question)
        return self._says


async def asked(
    given: Asking, path: Path, offline: FakeOffline, confirm: Callable[[str], bool]
) -> Answer:
    client = ControlClient(path=path, timeout_seconds=0.2)
    return await ask(given, client=client, offline=offline, confirm=confirm, by="uid 0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.mark.parametrize("action", [EmergencyAction.REPAIR, EmergencyAction.REFRESH])
async def test_what_trades_nothing_goes_to_the_bot_unasked(
    path: Path, action: EmergencyAction
) -> None:
    desk, offline, person = FakeDesk(), FakeOffline(), Person(says=False)
    async with serving(path, desk):
        assert await asked(command(action), path, offline, person) == desk.answer
    ((name, arguments, _),) = desk.asked
    assert name == "emergency"
    assert arguments["request"].action is action
    assert (person.questions, offline.done) == ([], [])


async def test_selling_shows_what_and_asks_first(path: Path) -> None:
    desk, offline, person = FakeDesk(), FakeOffline(), Person(says=True)
    desk.answer = Answer(outcome=Outcome.DONE, message="sells 1 BTC")
    async with serving(path, desk):
        await asked(command(EmergencyAction.CLOSE_ALL), path, offline, person)
    assert [arguments["request"].action for _, arguments, _ in desk.asked] == [
        EmergencyAction.PREVIEW_CLOSE_ALL,
        EmergencyAction.CLOSE_ALL,
    ]
    (question,) = person.questions
    assert question.startswith("sells 1 BTC")
    assert "SELL EVERYTHING" in question


@pytest.mark.parametrize("action", [EmergencyAction.CANCEL_ALL, EmergencyAction.CLOSE_ALL])
async def test_a_no_is_a_no_and_yes_beforehand_is_not_asked(
    path: Path, action: EmergencyAction
) -> None:
    desk, offline, person = FakeDesk(), FakeOffline(), Person(says=False)
    async with serving(path, desk):
        answer = await asked(command(action), path, offline, person)
        assert answer.outcome is Outcome.REFUSED
        assert action not in [arguments["request"].action for _, arguments, _ in desk.asked]
        person.questions.clear()
        confirmed = command(action, is_confirmed=True)
        assert await asked(confirmed, path, offline, person) == desk.answer
    assert person.questions == []


async def test_without_a_bot_the_work_is_done_here(path: Path) -> None:
    offline, person = FakeOffline(), Person(says=True)
    answer = await asked(command(EmergencyAction.CLOSE_ALL), path, offline, person)
    assert answer.message == "close-all done alone"
    assert offline.done == [
        "lock for close-all by uid 0",
        "preview-close-all",
        "close-all",
        "unlock",
    ]


async def test_what_the_preview_refuses_is_not_even_asked(path: Path) -> None:
    offline, person = FakeOffline(), Person(says=True)
    refused = Answer(outcome=Outcome.REFUSED, message="trading_enabled is false")
    offline.answers[EmergencyAction.PREVIEW_CLOSE_ALL] = refused
    answer = await asked(command(EmergencyAction.CLOSE_ALL), path, offline, person)
    assert answer == refused
    assert (person.questions, offline.done[1:]) == ([], ["preview-close-all", "unlock"])


@pytest.mark.parametrize(
    ("action", "halts"),
    [
        (EmergencyAction.CLOSE_ALL, True),
        (EmergencyAction.CANCEL_ALL, True),
        (EmergencyAction.REPAIR, False),
        (EmergencyAction.REFRESH, False),
    ],
)
async def test_a_hanging_bot_is_never_gone_around(
    path: Path, action: EmergencyAction, halts: bool
) -> None:
    desk, offline, person = FakeDesk(), FakeOffline(), Person(says=True)
    async with serving(path, desk):
        desk.gate = asyncio.Event()
        answer = await asked(command(action, is_confirmed=True), path, offline, person)
        desk.gate.set()
    assert answer.outcome is Outcome.FAILED
    assert "kill" in answer.message
    assert offline.done == (["halt by uid 0"] if halts else [])


async def test_a_directory_that_somebody_holds_is_left_to_him(path: Path) -> None:
    """The socket is gone and the process is not: it is starting, ending, or hanging."""
    offline = FakeOffline(StateDirectoryLocked("in use by process 4711"))
    cancel = command(EmergencyAction.CANCEL_ALL, is_confirmed=True)
    answer = await asked(cancel, path, offline, Person(says=True))
    assert answer.outcome is Outcome.FAILED
    assert "4711" in answer.message
    assert offline.done == ["halt by uid 0"]


async def test_a_database_that_cannot_be_opened_is_said(path: Path) -> None:
    offline = FakeOffline(StorageUnavailable("the disk is full"))
    answer = await asked(command(EmergencyAction.REPAIR), path, offline, Person(says=True))
    assert (answer.outcome, answer.message) == (Outcome.FAILED, "the disk is full")


async def test_halting_with_cancelling_cancels_without_a_bot_too(path: Path) -> None:
    offline = FakeOffline()
    answer = await asked(HALT_AND_CANCEL, path, offline, Person(says=False))
    assert answer.outcome is Outcome.DONE
    assert offline.done[1] == "cancel-all"
