"""The last log lines, kept in memory for whoever asks in the chat or on the command line."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One record as it was shown, secrets taken out."""

    at: datetime
    level: int
    logger: str
    text: str
    correlation_id: str | None

    def line(self) -> str:
        """Return it as one entry of a list for people; a traceback makes it several lines."""
        tail = f" [{self.correlation_id}]" if self.correlation_id else ""
        level = logging.getLevelName(self.level)
        return f"{self.at:%Y-%m-%d %H:%M:%S} {level} {self.logger}: {self.text}{tail}"


class LogRing:
    """So many entries, the oldest forgotten first; safe to add to from any thread."""

    def __init__(self, *, capacity: int = 2000) -> None:
        """Start empty."""
        self._entries: deque[LogEntry] = deque(maxlen=capacity)

    def append(self, entry: LogEntry) -> None:
        """Add the newest."""
        self._entries.append(entry)

    def last(
        self, count: int, *, level: int = logging.NOTSET, containing: str | None = None
    ) -> tuple[LogEntry, ...]:
        """Return up to `count` entries, oldest first; `containing` also finds correlation ids."""
        wanted = [
            entry
            for entry in tuple(self._entries)
            if entry.level >= level and (containing is None or containing in entry.line())
        ]
        return tuple(wanted[-count:] if count > 0 else ())
