"""What is said to one client: answers and events, and how faults garble them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulators.binance.faults import Faults
from simulators.exchange.connection import Connection

LONGEST_WAIT_FOR_A_SWAP = 1.0  # seconds an event is kept back for the next to overtake it

Frame = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Speech:
    """`door` is "api" or "market": where the client came to."""

    connection: Connection
    faults: Faults
    door: str
    _kept_back: Frame | None = None
    _waiting: list[tuple[Frame, tuple[str, ...]]] | None = None

    def answer(self, frame: Frame, *names: str) -> None:
        self._utter(frame, *names)

    def publish(self, frame: Frame, *names: str) -> None:
        """Say an event; `names` are what faults may call it."""
        if self._waiting is not None:
            self._waiting.append((frame, names))
            return
        faults = self.faults
        if faults.strike("ws_silent_channel", *names):
            return
        if fault := faults.strike("ws_late", *names):
            self.connection.later(fault.seconds(), lambda: self._utter(frame, *names))
            return
        if self._kept_back is None and faults.strike("ws_swap", *names):
            self._kept_back = frame
            self.connection.later(LONGEST_WAIT_FOR_A_SWAP, self._let_out)
            return
        self._utter(frame, *names)
        if faults.strike("ws_duplicate", *names):
            self._utter(frame, *names)
        self._let_out()

    @contextmanager
    def events_wait(self) -> Iterator[None]:
        """Hold back what is published inside the block, and publish it at its end."""
        self._waiting = []
        try:
            yield
        finally:
            waiting, self._waiting = self._waiting, None
            for frame, names in waiting:
                self.publish(frame, *names)

    def hears(self) -> bool:
        """Whether what the client sends is read and answered, at least by being done."""
        return not (self._silence() and self.connection.is_deaf)

    def speaks(self) -> bool:
        """Whether anything at all is sent."""
        return not self._silence()

    def _utter(self, frame: Frame, *names: str) -> None:
        if self._silence():
            return
        text = json.dumps(frame, separators=(",", ":"))
        if self.faults.strike("ws_malformed", *names):
            text = text[: len(text) // 2]
        self.connection.send(text)

    def _silence(self) -> bool:
        """Fall silent for good if a counted fault says so, or as long as an uncounted one does."""
        if self.connection.is_silent:
            return True
        fault = self.faults.strike("ws_silent", self.door)
        self.connection.is_deaf = fault is not None and bool(fault.parameters["deaf"])
        self.connection.is_silent = fault is not None and fault.left is not None
        return fault is not None

    def _let_out(self) -> None:
        """Say what was kept back, if anything was."""
        kept, self._kept_back = self._kept_back, None
        if kept is not None:
            self._utter(kept)
