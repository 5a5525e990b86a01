"""Logging that never blocks the loop: formatted and cleaned at once, written by a thread."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from enum import Enum
from types import TracebackType
from typing import Self, TextIO

from handlers.process.correlation import current_correlation
from handlers.process.log_ring import LogEntry, LogRing
from handlers.process.redaction import Redactor

_BACKLOG = 10_000
_FLUSH_SECONDS = 2.0
_WRITER = "log writer"
# They tell every request or tick; the first would also print every URL.
_TALKATIVE = ("httpx", "httpcore", "apscheduler", "aiosqlite", "aiohttp.access", "PIL", "alembic")
# sd-daemon(3): journald reads the priority from the head of each line.
_PRIORITIES = (
    (logging.CRITICAL, "<2>"),
    (logging.ERROR, "<3>"),
    (logging.WARNING, "<4>"),
    (logging.INFO, "<6>"),
    (logging.NOTSET, "<7>"),
)
_COLOURS = (
    (logging.ERROR, "\x1b[31m"),
    (logging.WARNING, "\x1b[33m"),
    (logging.INFO, ""),
    (logging.NOTSET, "\x1b[2m"),
)


class LogStyle(Enum):
    """For whom the lines are written."""

    JOURNAL = "journal"
    """journald: a priority on each line; it adds time and unit itself."""
    TERMINAL = "terminal"
    """A person watching: short times, colours."""
    PLAIN = "plain"
    """A file or another program: full times, no colours."""

    @classmethod
    def fit_for(cls, stream: TextIO, environment: Mapping[str, str]) -> LogStyle:
        """Return the style for a stream; systemd names the one it reads in $JOURNAL_STREAM."""
        if stream.isatty():
            return cls.TERMINAL
        named = environment.get("JOURNAL_STREAM", "")
        try:
            status = os.fstat(stream.fileno())
        except (OSError, ValueError):
            return cls.PLAIN
        is_journal = named == f"{status.st_dev}:{status.st_ino}"
        return cls.JOURNAL if is_journal else cls.PLAIN


class Logs:
    """Owns the root logger between entering and leaving; put back as found afterwards.

    A reader of the stream that stalls costs lines, which are counted and told, never the loop.
    """

    def __init__(
        self,
        *,
        level: str,
        redactor: Redactor,
        ring: LogRing,
        stream: TextIO = sys.stderr,
        style: LogStyle = LogStyle.PLAIN,
        timezone: tzinfo = UTC,
    ) -> None:
        """Take the parts; nothing happens before the block is entered."""
        self._level = level
        self._handler = _Intake(redactor=redactor, ring=ring, style=style, timezone=timezone)
        self._writer = _Writer(lines=self._handler.lines, stream=stream)
        self._found: tuple[int, list[logging.Handler]] = (logging.WARNING, [])

    def __enter__(self) -> Self:
        """Take over the root logger and Python's warnings."""
        root = logging.getLogger()
        self._found = (root.level, root.handlers[:])
        root.handlers[:] = [self._handler]
        self.set_level(self._level)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.captureWarnings(capture=True)
        self._writer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write what is left, for a bounded time, and put everything back."""
        logging.captureWarnings(capture=False)
        root = logging.getLogger()
        root.setLevel(self._found[0])
        root.handlers[:] = self._found[1]
        self._writer.stop()

    def set_level(self, level: str) -> None:
        """Log from this level up, by its word in the configuration; takes effect at once."""
        logging.getLogger().setLevel(level.upper())


class _Intake(logging.Handler):
    """Turns a record into its final text where it is made, so that no secret travels on."""

    def __init__(
        self, *, redactor: Redactor, ring: LogRing, style: LogStyle, timezone: tzinfo
    ) -> None:
        super().__init__()
        self.lines: queue.Queue[str | None] = queue.Queue(_BACKLOG)
        self._redactor = redactor
        self._ring = ring
        self._style = style
        self._timezone = timezone
        self._dropped = 0
        self._formatter = logging.Formatter("%(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            entry = self._entry(record)
            self._ring.append(entry)
            self._pass_on(render(entry, self._style))
        except Exception:  # noqa: BLE001 - a border: a bad log call must not fail its caller
            self.handleError(record)

    def _entry(self, record: logging.LogRecord) -> LogEntry:
        return LogEntry(
            at=datetime.fromtimestamp(record.created, self._timezone),
            level=record.levelno,
            logger=record.name,
            text=self._redactor.clean(self._formatter.format(record)),
            correlation_id=getattr(record, "correlation_id", None) or current_correlation(),
        )

    def _pass_on(self, line: str) -> None:
        try:
            if self._dropped:
                self.lines.put_nowait(f"{self._dropped} log lines were lost: the reader stalled\n")
                self._dropped = 0
            self.lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1


class _Writer:
    def __init__(self, *, lines: queue.Queue[str | None], stream: TextIO) -> None:
        self._lines = lines
        self._stream = stream
        self._thread = threading.Thread(target=self._write, name=_WRITER, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        try:
            self._lines.put(None, timeout=_FLUSH_SECONDS)
        except queue.Full:
            return
        self._thread.join(_FLUSH_SECONDS)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._stream.write(line)
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError):
                # The reader is gone or the disk is full: there is nowhere to say so, and the
                # ring in memory still has every line.
                continue


def render(entry: LogEntry, style: LogStyle) -> str:
    """Return an entry as it is written, line end included."""
    tail = f" correlation={entry.correlation_id}" if entry.correlation_id else ""
    first, *rest = entry.text.split("\n")
    body = [f"{entry.logger}: {first}{tail}", *rest]
    match style:
        case LogStyle.JOURNAL:
            priority = _at_least(entry.level, _PRIORITIES)
            return "".join(f"{priority}{line}\n" for line in body)
        case LogStyle.TERMINAL:
            colour = _at_least(entry.level, _COLOURS)
            head = f"{entry.at:%H:%M:%S} {logging.getLevelName(entry.level):<7} "
            text = "\n".join([head + body[0], *rest])
            return f"{colour}{text}\x1b[0m\n" if colour else f"{text}\n"
        case LogStyle.PLAIN:
            level = logging.getLevelName(entry.level)
            head = f"{entry.at.isoformat(timespec='milliseconds')} {level} "
            return "\n".join([head + body[0], *rest]) + "\n"


def _at_least(level: int, table: tuple[tuple[int, str], ...]) -> str:
    return next(value for floor, value in table if level >= floor)
