"""Log lines are cleaned, complete, fit for their reader, and never block who writes them."""

import asyncio
import io
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.process.correlation import correlated, current_correlation
from handlers.process.log_ring import LogEntry, LogRing
from handlers.process.logs import Logs, LogStyle, render
from handlers.process.redaction import Redactor
from tests.support.waiting import eventually

_log = logging.getLogger("trading.orders")
AT = datetime(2026, 1, 5, 12, 30, 5, 250_000, tzinfo=UTC)


class Written:
    """Logs into memory, and what came of it."""

    def __init__(self, style: LogStyle = LogStyle.PLAIN, level: str = "info") -> None:
        self.stream = io.StringIO()
        self.ring = LogRing(capacity=50)
        self.redactor = Redactor(["hunter2-hunter2"])
        self.logs = Logs(
            level=level, redactor=self.redactor, ring=self.ring, stream=self.stream, style=style
        )

    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, which must be as it was when the test is over."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    yield root
    assert (root.level, root.handlers) == before


def entry(text: str, level: int = logging.INFO, correlation_id: str | None = "c-1") -> LogEntry:
    return LogEntry(
        at=AT, level=level, logger="trading.orders", text=text, correlation_id=correlation_id
    )


@pytest.mark.parametrize(
    ("style", "level", "line"),
    [
        (LogStyle.JOURNAL, logging.INFO, "<6>trading.orders: sent id=1 correlation=c-1\n"),
        (LogStyle.JOURNAL, logging.ERROR, "<3>trading.orders: sent id=1 correlation=c-1\n"),
        (LogStyle.JOURNAL, logging.DEBUG, "<7>trading.orders: sent id=1 correlation=c-1\n"),
        (
            LogStyle.PLAIN,
            logging.WARNING,
            "2026-01-05T12:30:05.250+00:00 WARNING trading.orders: sent id=1 correlation=c-1\n",
        ),
        (
            LogStyle.TERMINAL,
            logging.INFO,
            "12:30:05 INFO    trading.orders: sent id=1 correlation=c-1\n",
        ),
        (
            LogStyle.TERMINAL,
            logging.ERROR,
            "\x1b[31m12:30:05 ERROR   trading.orders: sent id=1 correlation=c-1\x1b[0m\n",
        ),
    ],
)
def test_a_line_is_fit_for_its_reader(style: LogStyle, level: int, line: str) -> None:
    assert render(entry("sent id=1", level), style) == line


def test_journald_gets_the_priority_on_each_line_of_a_traceback() -> None:
    text = render(entry("failed\nTraceback\n  File", logging.ERROR, None), LogStyle.JOURNAL)
    assert text.splitlines() == ["<3>trading.orders: failed", "<3>Traceback", "<3>  File"]


@pytest.mark.usefixtures("root_logger")
def test_records_reach_stream_and_ring_without_secrets() -> None:
    written = Written()
    with written.logs:
        _log.info("key accepted key=%s", "hunter2-hunter2")
        try:
            raise ValueError("the key hunter2-hunter2 is wrong")
        except ValueError:
            _log.exception("failed")
    assert "hunter2" not in written.text()
    assert "hunter2" not in "".join(each.line() for each in written.ring.last(10))
    assert "trading.orders: key accepted key=***" in written.text()
    assert "ValueError: the key *** is wrong" in written.text()
    assert "Traceback" in written.ring.last(1)[0].text


@pytest.mark.usefixtures("root_logger")
async def test_lines_carry_the_correlation_of_what_caused_them() -> None:
    written = Written()

    async def work(name: str) -> None:
        with correlated(name):
            await asyncio.to_thread(_log.info, "in a thread of %s", name)
            async with asyncio.TaskGroup() as group:
                group.create_task(_say(f"in a task of {name}"))

    async def _say(text: str) -> None:
        _log.info(text)

    with written.logs:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("c-1"))
            group.create_task(work("c-2"))
        _log.info("of nobody")
    found = {each.text: each.correlation_id for each in written.ring.last(10)}
    assert found == {
        "in a thread of c-1": "c-1",
        "in a thread of c-2": "c-2",
        "in a task of c-1": "c-1",
        "in a task of c-2": "c-2",
        "of nobody": None,
    }
    assert current_correlation() is None


@pytest.mark.usefixtures("root_logger")
def test_the_level_changes_at_once_and_talkative_libraries_stay_quiet() -> None:
    written = Written(level="warning")
    with written.logs:
        _log.info("hidden")
        written.logs.set_level("debug")
        _log.debug("shown")
        logging.getLogger("httpx").info("HTTP Request: POST https://host/bot1:x/getUpdates")
    assert [each.text for each in written.ring.last(10)] == ["shown"]


@pytest.mark.usefixtures("root_logger")
def test_python_warnings_are_logged() -> None:
    written = Written()
    with written.logs, warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("this is deprecated", DeprecationWarning, stacklevel=1)
    assert "this is deprecated" in written.text()


@pytest.mark.usefixtures("root_logger")
def test_a_bad_log_call_does_not_fail_its_caller(capsys: pytest.CaptureFixture[str]) -> None:
    written = Written()
    with written.logs:
        _log.info("two %s %s", "one")
        _log.info("goes on")
    assert [each.text for each in written.ring.last(10)] == ["goes on"]
    assert "Logging error" in capsys.readouterr().err


class Stalled(io.StringIO):
    """A reader that takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()

    def write(self, text: str, /) -> int:
        self.may_go_on.wait(10)
        return super().write(text)


@pytest.mark.usefixtures("root_logger")
def test_a_stalled_reader_costs_lines_and_never_the_caller() -> None:
    stream = Stalled()
    logs = Logs(level="info", redactor=Redactor(), ring=LogRing(), stream=stream)
    with logs:
        for number in range(10_100):
            _log.info("line %d", number)  # would block here if anything did
        stream.may_go_on.set()
    text = stream.getvalue()
    assert "line 0\n" in text
    assert "line 10099" not in text


@pytest.mark.usefixtures("root_logger")
def test_a_reader_that_is_gone_does_not_end_logging() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ring = LogRing()
    stream = os.fdopen(writing, "w", buffering=1, encoding="utf-8")
    with Logs(level="info", redactor=Redactor(), ring=ring, stream=stream):
        _log.info("first")
        _log.info("second")
    with pytest.raises(BrokenPipeError):
        stream.close()
    assert [each.text for each in ring.last(5)] == ["first", "second"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"count": 2}, ["sent b", "failed c"]),
        ({"count": 5, "level": logging.ERROR}, ["failed c"]),
        ({"count": 5, "containing": "sent"}, ["sent a", "sent b"]),
        ({"count": 5, "containing": "c-7"}, ["sent a"]),
        ({"count": 0}, []),
    ],
    ids=["count", "level", "text", "correlation", "none"],
)
def test_the_ring_finds_lines(wanted: dict[str, Any], found: list[str]) -> None:
    ring = LogRing(capacity=3)
    ring.append(entry("forgotten"))
    ring.append(entry("sent a", correlation_id="c-7"))
    ring.append(entry("sent b"))
    ring.append(entry("failed c", logging.ERROR))
    assert [each.text for each in ring.last(**wanted)] == found


def test_the_style_fits_the_stream() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    reading, writing = os.pipe()
    status = os.fstat(writing)
    journal = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        assert LogStyle.fit_for(pipe, journal) is LogStyle.JOURNAL
        assert LogStyle.fit_for(pipe, {"JOURNAL_STREAM": "1:2"}) is LogStyle.PLAIN
        assert LogStyle.fit_for(pipe, {}) is LogStyle.PLAIN
    os.close(reading)
    assert LogStyle.fit_for(Terminal(), journal) is LogStyle.TERMINAL
    assert LogStyle.fit_for(io.StringIO(), {}) is LogStyle.PLAIN


@pytest.mark.usefixtures("root_logger")
async def test_lost_lines_are_counted_and_told() -> None:
    stream = Stalled()
    with Logs(level="info", redactor=Redactor(), ring=LogRing(), stream=stream):
        for number in range(10_100):
            _log.info("line %d", number)
        stream.may_go_on.set()
        await eventually(lambda: "line 9999\n" in stream.getvalue())
        _log.info("heard again")
    assert "log lines were lost: the reader stalled\n" in stream.getvalue()
    assert stream.getvalue().endswith("heard again\n")
